package mail

import (
	"bytes"
	"encoding/base64"
	netmail "net/mail"
	"slices"
	"strings"

	gomail "github.com/wneessen/go-mail"

	"tactus/internal/fault"
)

// message builds the unsigned bytes: the header and the two alternatives, the plainest first (RFC 2046, 5.1.4).
func message(h header, text, page string) ([]byte, error) {
	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	m.SetDateWithValue(h.date)
	m.SetMessageIDWithValue(strings.Trim(h.messageID, "<>"))
	setMailbox(m, gomail.HeaderFrom, h.from)
	setMailbox(m, gomail.HeaderTo, h.to)
	if h.replyTo.addr != "" {
		setMailbox(m, gomail.HeaderReplyTo, h.replyTo)
	}
	if misread(h.subject) {
		m.Subject(encodedWords(h.subject, " "))
	} else if h.subject != "" {
		m.Subject(h.subject)
	}
	if h.inReplyTo != "" {
		m.SetGenHeader(gomail.HeaderInReplyTo, h.inReplyTo)
	}
	if len(h.references) > 0 {
		m.SetGenHeader(gomail.HeaderReferences, strings.Join(h.references, " "))
	}
	// On one line each, which these two keep to: downstream signers have been seen to break them when folded (research, 2.1).
	if h.unsubscribe != "" {
		m.SetListUnsubscribe(h.unsubscribe)
	}
	if h.oneClick {
		m.SetListUnsubscribePost()
	}
	m.SetBodyString(gomail.TypeTextPlain, text)
	m.AddAlternativeString(gomail.TypeTextHTML, page)

	var raw bytes.Buffer
	raw.Grow(1024 + 2*(len(text)+len(page)))
	if _, err := m.WriteTo(&raw); err != nil {
		return nil, fault.Wrap(fault.Internal, err, "cannot build the message")
	}
	return raw.Bytes(), nil
}

func setMailbox(m *gomail.Msg, field gomail.AddrHeader, a address) {
	if misread(a.name) {
		m.SetGenHeaderPreformatted(gomail.Header(field), encodedWords(a.name, "\r\n ")+"\r\n <"+a.addr+">")
		return
	}
	m.SetAddrHeaderFromMailAddress(field, &netmail.Address{Name: a.name, Address: a.addr})
}

// misread reports whether a value is ASCII, which encoders leave as it is, and yet would not
// arrive as it was written: it looks encoded, folding would lose its spaces, or it cannot be folded at all.
func misread(s string) bool {
	if !isPrintableASCII(s) {
		return false
	}
	return strings.Contains(s, "=?") || strings.Contains(s, "  ") ||
		len(s) > maxWord && slices.ContainsFunc(strings.Split(s, " "), func(word string) bool { return len(word) > maxWord })
}

// encodedWords puts ASCII into encoded words (RFC 2047) of at most 60 octets, whether it needs them or not.
func encodedWords(ascii, separator string) string {
	var words []string
	for chunk := range slices.Chunk([]byte(ascii), 36) {
		words = append(words, "=?utf-8?b?"+base64.StdEncoding.EncodeToString(chunk)+"?=")
	}
	return strings.Join(words, separator)
}

// maxWord is what cannot be folded: it must stay well under the 998 octets of a line (RFC 5322, 2.1.1), quoted or not.
const maxWord = 450
