package smtp

import (
	"bytes"
	"encoding/json"
	"net"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"tactus/internal/fault"
	"tactus/internal/form"
	"tactus/internal/mail"
)

// How the dialogue is encrypted; stored for ever.
const (
	startTLS    = "starttls"
	implicitTLS = "tls"
	noTLS       = "none"
)

// settings are one account's, checked.
type settings struct {
	host        string
	port        int
	security    string
	username    string
	password    string
	connections int
	helo        string
	timeout     time.Duration
	dkim        *mail.DKIM
}

func (s settings) addr() string { return net.JoinHostPort(s.host, strconv.Itoa(s.port)) }

// decode checks everything and reports all problems at once. No message quotes a value: it may be a secret.
func decode(raw json.RawMessage) (settings, error) {
	d := decoder{}
	if len(bytes.TrimSpace(raw)) > 0 {
		if err := json.Unmarshal(raw, &d.values); err != nil {
			return settings{}, fault.New(fault.Invalid, "the settings are not a JSON object")
		}
	}
	d.refuseUnknown((&Kind{}).Fields())
	s := settings{
		host:        strings.TrimSpace(d.text("host", "")),
		security:    d.text("security", startTLS),
		username:    d.text("username", ""),
		password:    d.text("password", ""),
		connections: d.number("connections", 8, 1, 100),
		helo:        strings.TrimSpace(d.text("helo", "")),
		timeout:     d.duration("timeout", 30*time.Second, time.Second, 10*time.Minute),
	}
	switch s.security {
	case startTLS, implicitTLS, noTLS:
	default:
		d.problem("security", "must be starttls, tls or none")
	}
	s.port = d.number("port", map[string]int{startTLS: 587, implicitTLS: 465, noTLS: 25}[s.security], 1, 65535)
	d.checkServer(&s)
	s.dkim = d.dkim()
	if err := fault.InvalidFields(d.bad); err != nil {
		return settings{}, err
	}
	return s, nil
}

func (d *decoder) checkServer(s *settings) {
	switch {
	case s.host == "":
		d.problem("host", "is missing")
	case net.ParseIP(s.host) == nil && !hostName.MatchString(s.host):
		d.problem("host", "is not a host name or IP address; the port has a field of its own")
	}
	if s.helo == "" {
		s.helo = "localhost"
		if name, err := os.Hostname(); err == nil && hostName.MatchString(name) {
			s.helo = name
		}
	} else if !hostName.MatchString(s.helo) && !addressLiteral.MatchString(s.helo) {
		d.problem("helo", "is not a host name or an address in square brackets")
	}
	if s.password != "" && s.username == "" {
		d.problem("username", "is missing, but there is a password")
	}
	if s.username != "" && s.security == noTLS && !isLoopback(s.host) {
		d.problem("security", "must not be none: the password would be sent in the clear")
	}
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// decoder takes settings apart field by field, so that every problem has the field's name.
type decoder struct {
	values map[string]json.RawMessage
	bad    []fault.Field
}

func (d *decoder) problem(name, message string) {
	d.bad = append(d.bad, fault.Field{Name: name, Message: message})
}

func (d *decoder) refuseUnknown(fields []form.Field) {
	var unknown []string
	for name := range d.values {
		if !slices.ContainsFunc(fields, func(f form.Field) bool { return f.Name == name }) {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	for _, name := range unknown {
		d.problem(name, "is not a setting of SMTP")
	}
}

// value decodes the field into p and reports whether it is there: null is as good as absent.
func (d *decoder) value(name string, p any, mustBe string) bool {
	raw, ok := d.values[name]
	if !ok || string(raw) == "null" {
		return false
	}
	if err := json.Unmarshal(raw, p); err != nil {
		d.problem(name, "must be "+mustBe)
		return false
	}
	return true
}

func (d *decoder) text(name, fallback string) string {
	var s string
	if d.value(name, &s, "a text") && s != "" {
		return s
	}
	return fallback
}

func (d *decoder) number(name string, fallback, least, most int) int {
	var n int
	if !d.value(name, &n, "a whole number") {
		return fallback
	}
	if n < least || n > most {
		d.problem(name, "must be between "+strconv.Itoa(least)+" and "+strconv.Itoa(most))
	}
	return n
}

func (d *decoder) duration(name string, fallback, least, most time.Duration) time.Duration {
	s := d.text(name, "")
	if s == "" {
		return fallback
	}
	v, err := time.ParseDuration(s)
	if err != nil || v < least || v > most {
		d.problem(name, "must be a duration between "+least.String()+" and "+most.String()+", such as 30s")
	}
	return v
}

var (
	hostName       = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?)*\.?$`)
	addressLiteral = regexp.MustCompile(`^\[[0-9A-Fa-f:.IPvV]{3,64}\]$`)
)
