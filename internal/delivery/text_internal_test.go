package delivery

import (
	"testing"
	"time"

	"tactus/internal/contact"
	"tactus/internal/enroll"
)

func TestNoticeOfNamesInLines(t *testing.T) { // PLAN-7: what a step or contact is called stops no notice
	t.Parallel()
	j := &job{a: &enroll.Account{Owner: 1, Users: map[int64]enroll.User{1: {Email: "olivia@acme.example", Active: true}}}}
	made, err := notice(j, &contact.Contact{FirstName: "Ann\r\nLee"}, &Message{Step: "Call\nthem\x00", CreatedAt: time.Unix(0, 0)}, nil)
	if err != nil || made.Draft.Content.Subject != "Ann Lee: Call them" {
		t.Errorf("%q %v", made.Draft.Content.Subject, err)
	}
}
