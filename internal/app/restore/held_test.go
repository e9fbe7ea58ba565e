package restore_test

import (
	"slices"
	"testing"
	"time"

	"tactus/internal/app/restore"
	"tactus/internal/delivery"
	"tactus/internal/message"
)

// DEC-18: a message that a gate held back at the moment of the backup was due all the same. What opened the gate later is not in the backup, so it may
// have left; a person's "send again" lets it go, once, and what people write after the restore leaves by itself.
func TestWhatAGateHeldBackMayHaveLeft(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			o := office(t, fresh(t, kind), now().Add(-time.Hour))
			acct, err := o.Accounts.Account(t.Context(), o.ID)
			must(t, err)
			from := o.Clock.Now().Add(-2 * time.Hour)
			acct.Settings.QuietHours = map[string]string{"email": from.Add(-time.Hour).Format("15:04") + "-" + from.Format("15:04")} // open again in 21 hours
			must(t, o.Accounts.Update(t.Context(), acct, "test"))
			o.Assign(o.Plan(next), o.Lead("night@example.com"))
			o.Settle()
			if sent := o.Wire.Sent(); len(sent) > 0 {
				t.Fatal("the quiet hours do not hold: ", sent)
			}
			path, address := take(t, o), fresh(t, kind)
			report, err := restore.Restore(t.Context(), settings(t, address), path, restore.Options{})
			must(t, err)
			after := office(t, address, report.Until.Add(time.Minute))
			must(t, delivery.NewHold(after.DB).Release(t.Context()))
			spread(after, report.Until.Add(2*day))
			if sent, doubt := after.Wire.Sent(), uncertain(t, after); len(sent) > 0 || !slices.Equal(doubt, []string{"night@example.com three"}) {
				t.Fatalf("sent %v, uncertain %v", sent, doubt)
			}
			list, err := after.DB.ListMessages(t.Context(), after.ID, message.LogQuery{Status: []string{"uncertain"}, Limit: 9})
			must(t, err)
			must(t, delivery.NewSettle(after.DB, after.Clock).SendAgain(t.Context(), after.ID, list[0].ID, "test"))
			_, err = after.Desk.Write(t.Context(), after.ID, delivery.Letter{
				Contact: after.Lead("other@example.com"), Subject: "a letter", Text: "x", Sender: after.Owner, At: report.Until.Add(-day),
			})
			must(t, err)
			spread(after, report.Until.Add(3*day))
			sent := after.Wire.Sent()
			slices.Sort(sent)
			if want := []string{"night@example.com three", "other@example.com a letter"}; !slices.Equal(sent, want) {
				t.Errorf("sent %v, want %v", sent, want)
			}
		})
	}
}

// Ids that were given in the lost time are in links and headers outside: they never name something else.
func TestIdsOfTheLostTimeAreNotGivenAgain(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			o := office(t, fresh(t, kind), now().Add(-day))
			o.Leads(2)
			writer := o.Lead("writer@example.com")
			_, err := o.Desk.Write(t.Context(), o.ID, delivery.Letter{Contact: writer, Subject: "x", Text: "x", Sender: o.Owner, At: o.Clock.Now().Add(time.Hour)})
			must(t, err)
			o.Assign(o.Plan(next+"  - {name: Soon, action: send_email, when: 1 hour after start, subject: soon, body: x}\n"), writer)
			path, address := take(t, o), fresh(t, kind)
			lost := o.Leads(50)
			_, err = restore.Restore(t.Context(), settings(t, address), path, restore.Options{})
			must(t, err)
			after := office(t, address, now())
			list, err := after.DB.ListMessages(t.Context(), after.ID, message.LogQuery{Status: []string{"uncertain"}, Limit: 9})
			must(t, err)
			for _, m := range list {
				if m.Step != "" && m.ID < 1000 { // it came into being while the lost time was lived through
					t.Errorf("message %d may bear the number of another that left", m.ID)
				}
			}
			if id := after.Lead("new@example.com"); id <= lost[len(lost)-1]+1000 {
				t.Errorf("a new contact has the id %d; %d was given before", id, lost[len(lost)-1])
			}
		})
	}
}
