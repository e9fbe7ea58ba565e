package doctor

import (
	"context"
	"encoding/base64"
	"errors"
	"net"
	"slices"
	"strings"
	"time"

	"tactus/internal/account"
	"tactus/internal/channel"
)

// Names looks names up; *net.Resolver does.
type Names interface {
	LookupMX(ctx context.Context, name string) ([]*net.MX, error)
	LookupTXT(ctx context.Context, name string) ([]string, error)
}

// Resolver asks the server at an address, HOST:PORT; "" = those of the machine.
func Resolver(address string) Names {
	if address == "" {
		return net.DefaultResolver
	}
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, address)
	}}
}

// lookTime is how long one domain's names may take.
const lookTime = 10 * time.Second

// senders looks at the domains that the account's email leaves from: whether the world lets it in is decided by their DNS.
func (s *Service) senders(ctx context.Context, l *list, a account.Account, keys []channel.SigningKey) {
	domains := a.Settings.Verified()
	if len(domains) == 0 {
		owner, err := s.accounts.Member(ctx, a.ID, a.OwnerID)
		if err != nil || owner.Email == "" {
			l.add(Fail, "owner", "has no address", "Give the owner one, or set sender_address: nobody could answer.")
			return
		}
		domains = []string{domainOf(owner.Email)}
	}
	for _, k := range keys {
		if !slices.Contains(domains, k.Domain) {
			domains = append(domains, k.Domain)
		}
	}
	for _, d := range domains {
		s.domain(ctx, l, d, keys)
	}
}

func domainOf(address string) string {
	_, d, _ := strings.Cut(address, "@")
	return strings.ToLower(d)
}

func (s *Service) domain(ctx context.Context, l *list, d string, keys []channel.SigningKey) {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	mx, err := s.names.LookupMX(ctx, d)
	switch {
	case unknown(err):
		l.add(Warn, d, "could not be looked up: "+err.Error(), "Look at this machine's network and resolver, then ask again.")
		return
	case len(mx) == 0 || len(mx) == 1 && mx[0].Host == ".":
		l.add(Warn, d+" MX", "there is none", "Answers and bounces cannot come back to this domain.")
	default:
		l.ok(d+" MX", strings.TrimSuffix(mx[0].Host, "."))
	}
	s.spf(ctx, l, d)
	for _, k := range keys {
		if k.Domain == d {
			s.dkim(ctx, l, k)
		}
	}
	policy, err := s.texts(ctx, "_dmarc."+d, "v=DMARC1")
	one(l, d+" DMARC", policy, err, Warn, "Publish one at _dmarc."+d+", at least: v=DMARC1; p=none. Large mailboxes want it.", func(string) string { return "" })
}

func (s *Service) spf(ctx context.Context, l *list, d string) {
	records, err := s.texts(ctx, d, "v=spf1")
	one(l, d+" SPF", records, err, Warn, "Publish who may send for the domain: v=spf1 include:YOUR-MAIL-SERVER -all.", func(r string) string {
		switch words := strings.Fields(strings.ToLower(r)); {
		case slices.Contains(words, "+all"), slices.Contains(words, "all"):
			return "It lets everybody send as you: end it with -all."
		case !slices.ContainsFunc(words, func(w string) bool { return strings.HasSuffix(w, "all") || strings.HasPrefix(w, "redirect=") }):
			return "It says nothing of all others: end it with -all or ~all."
		}
		return ""
	})
}

// dkim holds the published key against the one that we sign with.
func (s *Service) dkim(ctx context.Context, l *list, k channel.SigningKey) {
	name := k.Selector + "._domainkey." + k.Domain
	records, err := s.texts(ctx, name, "")
	records = slices.DeleteFunc(records, func(r string) bool { return !strings.Contains(r, "p=") })
	one(l, k.Domain+" DKIM", records, err, Fail, "Publish the key at "+name+": v=DKIM1; k="+k.Algorithm+"; p="+base64.StdEncoding.EncodeToString(k.Public), func(r string) string {
		for tag := range strings.SplitSeq(r, ";") {
			if value, ok := strings.CutPrefix(strings.TrimSpace(tag), "p="); ok && strings.Join(strings.Fields(value), "") == base64.StdEncoding.EncodeToString(k.Public) {
				return ""
			}
		}
		return "It is another key than the one that signs: every signature fails. Publish p=" + base64.StdEncoding.EncodeToString(k.Public)
	})
}

// one reports a record of which there must be exactly one; wrong says what is wrong with it, "" = nothing.
func one(l *list, name string, records []string, err error, bad Status, missing string, wrong func(string) string) {
	switch {
	case unknown(err):
		l.add(Warn, name, "could not be looked up: "+err.Error(), "Look at this machine's network and resolver, then ask again.")
	case len(records) == 0:
		l.add(bad, name, "there is none", missing)
	case len(records) > 1:
		l.add(Fail, name, "there are several, so none counts", "Leave one.")
	default:
		if advice := wrong(records[0]); advice != "" {
			l.add(Fail, name, records[0], advice)
			return
		}
		l.ok(name, records[0])
	}
}

// texts are the TXT records of a name that begin with a word.
func (s *Service) texts(ctx context.Context, name, begin string) ([]string, error) {
	all, err := s.names.LookupTXT(ctx, name)
	return slices.DeleteFunc(all, func(r string) bool { return !strings.HasPrefix(strings.ToLower(r), strings.ToLower(begin)) }), err
}

// unknown tells a name that could not be looked up from one that does not exist.
func unknown(err error) bool {
	var dns *net.DNSError
	return err != nil && !(errors.As(err, &dns) && dns.IsNotFound)
}
