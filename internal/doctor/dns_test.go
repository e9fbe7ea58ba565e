package doctor_test

import (
	"net"
	"strings"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// dns is a real DNS server on this machine that knows these records: "name TXT" or "name MX" to their values. What begins with "!" fails.
func dns(t *testing.T, records map[string][]string) string {
	t.Helper()
	conn, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { _ = conn.Close(); <-done })
	go func() {
		defer close(done)
		buffer := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buffer)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(buffer[:n]) != nil || len(m.Questions) != 1 {
				continue
			}
			reply(&m, records)
			if data, err := m.Pack(); err == nil {
				_, _ = conn.WriteTo(data, from)
			}
		}
	}()
	return conn.LocalAddr().String()
}

func reply(m *dnsmessage.Message, records map[string][]string) {
	q := m.Questions[0]
	m.Response, m.RecursionAvailable, m.Additionals = true, true, nil
	kind := map[dnsmessage.Type]string{dnsmessage.TypeTXT: "TXT", dnsmessage.TypeMX: "MX"}[q.Type]
	values := records[strings.TrimSuffix(q.Name.String(), ".")+" "+kind]
	if len(values) == 0 {
		m.RCode = dnsmessage.RCodeNameError
	}
	for _, v := range values {
		head := dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class, TTL: 1}
		switch {
		case v == "!":
			m.RCode = dnsmessage.RCodeServerFailure
		case q.Type == dnsmessage.TypeMX:
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: head, Body: &dnsmessage.MXResource{Pref: 1, MX: dnsmessage.MustNewName(v)}})
		default:
			var parts []string
			for ; len(v) > 255; v = v[255:] {
				parts = append(parts, v[:255])
			}
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: head, Body: &dnsmessage.TXTResource{TXT: append(parts, v)}})
		}
	}
}
