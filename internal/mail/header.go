package mail

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"tactus/internal/channel"
	"tactus/internal/fault"
)

// maxReferences caps the thread's chain: the first message and the last ones are what clients thread by.
const maxReferences = 20

// header is the checked header of one message, but for the MIME fields, which belong to the body.
type header struct {
	date, subject     string
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
		date:        d.Date.UTC().Format(dateFormat),
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

// lines renders the fields in the order in which people read them.
func (h header) lines() string {
	var b strings.Builder
	add := func(name, value string) {
		if value != "" {
			b.WriteString(fold(name, value))
		}
	}
	add("Date", h.date)
	add("From", h.from.format("From"))
	add("To", h.to.format("To"))
	add("Reply-To", h.replyTo.format("Reply-To"))
	add("Subject", encodeText("Subject", h.subject))
	add("Message-ID", h.messageID)
	add("In-Reply-To", h.inReplyTo)
	add("References", strings.Join(h.references, " "))
	if h.unsubscribe != "" {
		// On one line: downstream signers have been seen to break it when folded (research, 2.1).
		b.WriteString("List-Unsubscribe: <" + h.unsubscribe + ">\r\n")
	}
	if h.oneClick {
		b.WriteString("List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n")
	}
	return b.String()
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

// checkUnsubscribe also says whether the link may be announced for one click: RFC 8058 wants HTTPS.
func checkUnsubscribe(link string) (oneClick bool, message string) {
	if link == "" {
		return false, ""
	}
	u, err := url.Parse(link)
	switch {
	case err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http"):
		return false, "must be a web address"
	case len(link) > maxWord || strings.ContainsAny(link, "<>, ") || !isPrintableASCII(link):
		return false, "must be a percent-encoded web address of at most 900 characters"
	}
	return u.Scheme == "https", ""
}

var (
	seed      = regexp.MustCompile(`^[A-Za-z0-9_-]([A-Za-z0-9._-]{0,62}[A-Za-z0-9_-])?$`)
	messageID = regexp.MustCompile(`^<[!-;=?-~]{1,900}>$`)
)
