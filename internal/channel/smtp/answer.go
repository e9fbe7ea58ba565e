package smtp

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/emersion/go-smtp"

	"tactus/internal/channel"
)

// stage is how far a dialogue got; it decides what a failure means.
type stage int

const (
	connecting stage = iota + 1 // connect, TLS, greeting, sign-in
	mailFrom
	rcptTo
	content   // DATA and the content, before the final dot
	finalDot  // the dot may have been written, the answer has not been read
	completed // accepted
)

// answer is what became of one transaction.
type answer struct {
	stage stage
	err   error  // nil when completed
	text  string // the server's words when completed
}

// reply returns the server's reply, or nil when the connection failed instead.
func (a answer) reply() *smtp.SMTPError {
	var reply *smtp.SMTPError
	if errors.As(a.err, &reply) {
		return reply
	}
	return nil
}

// broken reports whether the connection can serve no further transaction.
func (a answer) broken() bool {
	var unsupported *unsupportedError
	if a.err == nil || errors.As(a.err, &unsupported) {
		return false
	}
	reply := a.reply()
	return reply == nil || reply.Code == 421
}

// receipt gives the answer its meaning (ENG-4, ENG-5, ENG-7).
func (a answer) receipt() channel.Receipt {
	if a.err == nil {
		return channel.Receipt{Result: channel.Accepted, Code: "250", Text: a.text, CarrierID: queueID(a.text)}
	}
	reply := a.reply()
	if reply == nil {
		return a.lost()
	}
	r := channel.Receipt{Code: code(reply), Text: reply.Message}
	switch class := reply.Code / 100; {
	case a.stage == finalDot && class == 2: // accepted in other words than 250
		r.Result, r.CarrierID = channel.Accepted, queueID(reply.Message)
	case a.stage == finalDot && class != 4 && class != 5: // not an answer to the dot
		r.Result = channel.InDoubt
	case a.stage == connecting || reply.Code == 421 || isSignIn(reply.Code):
		r.Result, r.Down = channel.Retry, true
	case class != 5:
		r.Result = channel.Retry
	case a.stage != mailFrom && isDeadAddress(reply.EnhancedCode):
		r.Result, r.Reason, r.BadAddress = channel.Refused, "bad_email", true
	default:
		r.Result, r.Reason = channel.Refused, "refused"
	}
	return r
}

// lost is the meaning of a connection that failed.
func (a answer) lost() channel.Receipt {
	r := channel.Receipt{Result: channel.Retry, Text: a.err.Error(), Down: true}
	var cancelled *cancelledError
	var unsupported *unsupportedError
	switch {
	case errors.As(a.err, &unsupported):
		r.Result, r.Reason, r.Down = channel.Refused, "refused", false
	case a.stage == finalDot:
		r.Result, r.Down = channel.InDoubt, false
	case errors.As(a.err, &cancelled):
		r.Down = false // we gave up, not the server
	}
	return r
}

// isSignIn tells refusals that are about our settings from those that are about the message (RFC 4954, 6).
func isSignIn(code int) bool {
	return code == 530 || code == 534 || code == 535 || code == 538
}

// isDeadAddress keeps to the codes that say so of the recipient (RFC 3463, 3.2 and 3.3; RFC
// 7505). 5.1.0, 5.1.7 and 5.1.8 are also, or only, said of the sender and must not
// suppress a contact's address; 5.2.2 is a full mailbox, 5.7.x a policy.
func isDeadAddress(c smtp.EnhancedCode) bool {
	switch c {
	case smtp.EnhancedCode{5, 1, 1}, smtp.EnhancedCode{5, 1, 2}, smtp.EnhancedCode{5, 1, 3}, smtp.EnhancedCode{5, 1, 6},
		smtp.EnhancedCode{5, 1, 10}, smtp.EnhancedCode{5, 2, 1}:
		return true
	}
	return false
}

func code(e *smtp.SMTPError) string {
	if e.EnhancedCode == (smtp.EnhancedCode{}) {
		return fmt.Sprint(e.Code)
	}
	return fmt.Sprintf("%d %d.%d.%d", e.Code, e.EnhancedCode[0], e.EnhancedCode[1], e.EnhancedCode[2])
}

// queueID finds the server's id of the message in the usual wording; it is for people who read logs, nothing depends on it.
func queueID(text string) string {
	if m := queuedAs.FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return ""
}

var queuedAs = regexp.MustCompile(`(?i)queued as ([A-Za-z0-9._-]+)`)

// cancelledError is a dialogue that ended because the caller's context did.
type cancelledError struct{ cause error }

func (e *cancelledError) Error() string { return "given up: " + e.cause.Error() }
func (e *cancelledError) Unwrap() error { return e.cause }

// unsupportedError is something this message needs and the server will not learn by waiting.
type unsupportedError struct{ message string }

func (e *unsupportedError) Error() string { return e.message }
