package mail

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"tactus/internal/channel"
	"tactus/internal/fault"
)

// maxReferences caps the thread's chain: the first message and the last ones are what clients thread by.
const maxReferences = 20

// header is the checked header of one message, but for the MIME fields, which belong to the body.
type header struct {
	date              time.Time
	subject           string
	from, to, replyTo address
	messageID         string
	inReplyTo         string
	references        []string
	unsubscribe       string
	oneClick          bool
}

// newHeader checks everything of the draft that goes into the header and reports all problems at once.
func newHeader(d channel.Draft) (header, error) {
	h := header{
		date:        d.Date.UTC(),
		subject:     oneLine(d.Content.Subject),
		inReplyTo:   d.InReplyTo,
		unsubscribe: d.Unsubscribe,
	}
	var bad []fault.Field
	problem := func(name, message string) {
		if message != "" {
			bad = append(bad, fault.Field{Name: name, Message: message})
		}
	}
	var message string
	h.from, message = parseMailbox(d.From)
	problem("from", message)
	h.to, message = parseMailbox(d.To)
	problem("to", message)
	if d.ReplyTo != (channel.Mailbox{}) {
		h.replyTo, message = parseMailbox(d.ReplyTo)
		problem("reply_to", message)
	}
	problem("subject", checkLine(h.subject))
	if d.Date.IsZero() {
		problem("date", "is missing")
	}
	if !seed.MatchString(d.Random) {
		problem("random", "must be 1 to 64 letters, digits, dots, dashes or underscores")
	}
	h.references, message = thread(d.InReplyTo, d.References)
	problem("references", message)
	h.oneClick, message = checkUnsubscribe(d.Unsubscribe)
	problem("unsubscribe", message)
	if err := fault.InvalidFields(bad); err != nil {
		return header{}, err
	}
	h.messageID = fmt.Sprintf("<%d.%s@%s>", d.MessageID, d.Random, h.from.asciiDomain())
	return h, nil
}

// thread checks the message ids of a thread and ends the chain with the message that is answered.
func thread(inReplyTo string, references []string) ([]string, string) {
	refs := slices.Clone(references)
	if inReplyTo != "" && !slices.Contains(refs, inReplyTo) {
		refs = append(refs, inReplyTo)
	}
	for _, id := range refs {
		if !messageID.MatchString(id) {
			return nil, "is not a message id in angle brackets"
		}
	}
	if len(refs) > maxReferences {
		refs = append(refs[:1], refs[len(refs)-maxReferences+1:]...)
	}
	return refs, ""
}

// maxLink leaves room on the one line of List-Unsubscribe (998 octets; RFC 5322, 2.1.1).
const maxLink = 900

// checkUnsubscribe also says whether the link may be announced for one click: RFC 8058 wants HTTPS.
func checkUnsubscribe(link string) (oneClick bool, message string) {
	if link == "" {
		return false, ""
	}
	u, err := url.Parse(link)
	switch {
	case err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http"):
		return false, "must be a web address"
	case len(link) > maxLink || strings.ContainsAny(link, "<>, ") || !isPrintableASCII(link):
		return false, "must be a percent-encoded web address of at most 900 characters"
	}
	return u.Scheme == "https", ""
}

// oneLine drops what is harmless around and inside a line: outer space, tabs, broken UTF-8.
func oneLine(s string) string {
	return strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\t", " "))
}

// nameLine is a name fit for a header. What people are called is not written with the message: a line break in it, which came with an
// import, must not stop every message to them.
func nameLine(s string) string {
	return oneLine(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, s))
}

// checkLine says what keeps a value out of a header line, or "". A line break would let an author write header fields.
func checkLine(s string) string {
	for _, r := range s {
		if r == '\r' || r == '\n' {
			return "must be a single line"
		}
		if r < ' ' || r == 0x7f {
			return "must not contain control characters"
		}
	}
	return ""
}

func isPrintableASCII(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

var (
	seed      = regexp.MustCompile(`^[A-Za-z0-9_-]([A-Za-z0-9._-]{0,62}[A-Za-z0-9_-])?$`)
	messageID = regexp.MustCompile(`^<[!-;=?-~]{1,900}>$`)
)
