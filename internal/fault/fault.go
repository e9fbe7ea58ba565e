// Package fault is the one error type that crosses package borders: a code for
// programs, a message and named fields for people, a wrapped cause for operators.
package fault

import (
	"errors"
	"fmt"
	"strings"
)

// Code says what kind of failure it is; each face maps it once (HTTP status, page, exit code).
type Code string

// The closed set of codes.
const (
	Invalid         Code = "invalid"         // the input is wrong; Fields say where
	NotFound        Code = "not_found"       // no such object in this account
	Conflict        Code = "conflict"        // the state found forbids it (HTTP 409)
	Forbidden       Code = "forbidden"       // signed in, not allowed
	Unauthenticated Code = "unauthenticated" // not signed in
	TooMany         Code = "too_many"        // a rate or size limit
	Unavailable     Code = "unavailable"     // try again later: a carrier or database is away
	Internal        Code = "internal"        // a bug or a broken machine; the message is for the log
)

// Field is one problem of one input field; Name is the path as the person wrote it ("steps[2].when").
type Field struct {
	Name    string `json:"name"`
	Message string `json:"message"`
}

// Error carries a code, a message that says what to do, and the fields at fault.
type Error struct {
	Code    Code
	Message string
	Fields  []Field
	cause   error
}

// New makes an error with a formatted message; a %w verb keeps its operand as the cause.
func New(code Code, format string, args ...any) *Error {
	err := fmt.Errorf(format, args...)
	return &Error{Code: code, Message: err.Error(), cause: errors.Unwrap(err)}
}

// Wrap attaches a code and a message for people to a cause for operators.
func Wrap(code Code, cause error, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...), cause: cause}
}

// InvalidFields makes an Invalid error that names every field at fault, or nil when there is none.
func InvalidFields(fields []Field) error {
	if len(fields) == 0 {
		return nil
	}
	return &Error{Code: Invalid, Message: "the input is not valid", Fields: fields}
}

// Error lists the message, the fields and the cause.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Message)
	for i, f := range e.Fields {
		sep := "; "
		if i == 0 {
			sep = ": "
		}
		b.WriteString(sep + f.Name + ": " + f.Message)
	}
	if e.cause != nil && !strings.Contains(e.Message, e.cause.Error()) {
		b.WriteString(": " + e.cause.Error())
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.cause }

// CodeOf returns the code of the first fault in err's chain, Internal for any other error, "" for nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	var f *Error
	if errors.As(err, &f) {
		return f.Code
	}
	return Internal
}

// Is reports whether err carries the code.
func Is(err error, code Code) bool { return err != nil && CodeOf(err) == code }
