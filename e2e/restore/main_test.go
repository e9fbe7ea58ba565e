// Package restore takes backups of real servers under load, kills restores, and lets restored databases live on beside a real SMTP server that
// remembers their first life: nothing leaves twice (DEC-18, 9-quality "backup").
package restore_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	_ "time/tzdata"

	"tactus/e2e/process"
	"tactus/internal/channel/smtptest"
)

// asServer makes this test binary the tactus command.
const asServer = "TACTUS_RESTORE_AS_SERVER"

func TestMain(m *testing.M) {
	if os.Getenv(asServer) != "" {
		process.Main(nil)
	}
	os.Exit(m.Run())
}

// connections is how many messages one server hands over at once.
const connections = 8

// texts is how many emails every lead gets, in this order.
const texts = 3

// lead is the plan under load: emails and database steps, all due at once.
const lead = `tactus: 1
plan: Lead
source: Zillow
steps:
  - {name: One, action: send_email, when: immediately, subject: "1 {{ contact.id }}", body: One.}
  - {name: Tag, action: add_tags, when: immediately, tags: [Seen]}
  - {name: Two, action: send_email, when: immediately, subject: "2 {{ contact.id }}", body: Two.}
  - {name: Note, action: add_note, when: immediately, text: Noted}
  - {name: Three, action: send_email, when: immediately, subject: "3 {{ contact.id }}", body: Three.}
`

// truth is what the mail server took, held against what the database says.
type truth struct{ sent, duplicates, lost, outOfOrder, inDoubt int }

func (f *fleet) count(ctx context.Context, t *testing.T, mail *smtptest.Server, leads int) truth {
	r := truth{sent: mail.Counts().Accepted, duplicates: mail.Counts().Duplicates}
	taken, last := map[string]int{}, map[string]string{}
	for _, m := range mail.Messages() {
		to, which := m.To[0], subject(m.Raw)
		if taken[to+which]++; taken[to+which] > 1 {
			t.Logf("twice: %s %s", to, which)
			r.duplicates++
		}
		if which < last[to] {
			t.Logf("%s got %s after %s", to, which, last[to])
			r.outOfOrder++
		}
		last[to] = which
	}
	doubt := map[string]bool{}
	for _, m := range f.messages(ctx, t, "uncertain") {
		doubt[m.Address+m.Subject[:1]] = true
		r.inDoubt++
	}
	for i := range leads {
		for n := 1; n <= texts; n++ {
			if key := fmt.Sprintf("%s%d", address(i), n); taken[key] == 0 && !doubt[key] {
				t.Logf("lost: %s", key)
				r.lost++
			}
		}
	}
	return r
}

func subject(raw []byte) string {
	_, rest, _ := strings.Cut(string(raw), "\nSubject: ")
	return rest[:1]
}

func address(i int) string { return fmt.Sprintf("lead%d@example.com", i) }
