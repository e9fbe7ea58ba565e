package client

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// Problem is a refusal (RFC 9457), with every field at fault.
type Problem struct { //nolint:errname // the word of RFC 9457
	Type    string  `json:"type" doc:"about:blank; code says what kind of problem it is"`
	Title   string  `json:"title"`
	Status  int     `json:"status"`
	Code    string  `json:"code" doc:"for programs" enum:"invalid,not_found,conflict,forbidden,unauthenticated,too_many,unavailable,internal,stale,precondition_required,bad_request,method_not_allowed,too_large,unsupported"`
	Detail  string  `json:"detail,omitempty" doc:"for people: what is wrong and what to do"`
	Fields  []Field `json:"fields,omitempty" doc:"every field at fault"`
	Request string  `json:"request,omitempty" doc:"names this request in the server's log"`
	// State is where the enrollment stood that a command was refused for.
	State string `json:"state,omitempty" doc:"the state that a refused command found"`
}

// Field is one problem of one input field.
type Field struct {
	Name    string `json:"name" doc:"the path as written: steps[2].when"`
	Message string `json:"message"`
}

// Error lists the detail and the fields.
func (p *Problem) Error() string {
	var b strings.Builder
	b.WriteString(p.Detail)
	if p.Detail == "" {
		fmt.Fprintf(&b, "%d %s", p.Status, p.Title)
	}
	for i, f := range p.Fields {
		sep := "; "
		if i == 0 {
			sep = ": "
		}
		b.WriteString(sep + f.Name + ": " + f.Message)
	}
	return b.String()
}

// GetStatus is the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders are the headers that go with the refusal: when to try again.
func (p *Problem) GetHeaders() http.Header {
	if p.Status != http.StatusServiceUnavailable {
		return nil
	}
	return http.Header{"Retry-After": {"1"}}
}

// ContentType is what problems are sent as.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// IsCode reports whether err is a problem of that code.
func IsCode(err error, code string) bool {
	var p *Problem
	return errors.As(err, &p) && p.Code == code
}
