package app

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
)

// smtpSettings turns the installation's SMTP URL into the carrier's settings.
func smtpSettings(text string) (json.RawMessage, error) {
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" {
		return nil, fmt.Errorf("write it as smtp://USER:PASSWORD@HOST:587, smtps://… for TLS, smtp+plain://… for neither")
	}
	s := map[string]any{"host": u.Hostname()}
	port := 587
	switch u.Scheme {
	case "smtp":
		s["security"] = "starttls"
	case "smtps":
		s["security"], port = "tls", 465
	case "smtp+plain":
		s["security"], port = "none", 25
	default:
		return nil, fmt.Errorf("the scheme %q is none of smtp (STARTTLS), smtps (TLS), smtp+plain (neither)", u.Scheme)
	}
	if p := u.Port(); p != "" {
		if port, err = strconv.Atoi(p); err != nil {
			return nil, fmt.Errorf("%q is not a port", p)
		}
	}
	s["port"] = port
	if u.User != nil {
		s["username"] = u.User.Username()
		if pw, ok := u.User.Password(); ok {
			s["password"] = pw
		}
	}
	if n := u.Query().Get("connections"); n != "" {
		c, err := strconv.Atoi(n)
		if err != nil {
			return nil, fmt.Errorf("connections=%q is not a number", n)
		}
		s["connections"] = c
	}
	return json.Marshal(s)
}
