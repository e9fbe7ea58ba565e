package planbook_test

import (
	"context"
	"sync"
	"testing"

	"tactus/internal/account"
	"tactus/internal/app/apptest"
	"tactus/internal/fault"
	"tactus/internal/message"
	"tactus/internal/plan"
	"tactus/internal/planbook"
	"tactus/internal/store/pgtest"
	"tactus/internal/store/storetest"
)

// PLAN-2, PLAN-20: what a plan names that is being saved cannot be deleted meanwhile.
func TestDeleteWaitsForAPlanThatIsSaved(t *testing.T) {
	t.Parallel()
	type deleted struct {
		step   string
		remove func(ctx context.Context, o *apptest.Office) error
	}
	for name, d := range map[string]deleted{
		"tag": {"action: add_tags, tags: [Hot]", func(ctx context.Context, o *apptest.Office) error {
			ids, err := o.Accounts.FindLabels(ctx, o.ID, account.Tag, []string{"Hot"})
			o.OK(err)
			return o.Accounts.DeleteLabel(ctx, o.ID, ids["Hot"])
		}},
		"user": {"action: assign_user, user: sam@example.com", func(ctx context.Context, o *apptest.Office) error {
			u, err := o.DB.UserByEmail(ctx, "sam@example.com")
			o.OK(err)
			return o.Accounts.RemoveMember(ctx, o.ID, u.ID)
		}},
		"partner": {`action: create_task, title: Call, assignee: "partner:pat@example.com"`, func(ctx context.Context, o *apptest.Office) error {
			all, err := o.Accounts.Partners(ctx, o.ID)
			o.OK(err)
			return o.Accounts.DeletePartner(ctx, o.ID, all[0].ID)
		}},
		"template": {"action: send_email, template: Welcome", func(ctx context.Context, o *apptest.Office) error {
			all, err := o.Template.List(ctx, o.ID, "email")
			o.OK(err)
			return o.Template.Delete(ctx, o.ID, all[0].ID)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := storetest.Postgres(t)
			o, see := apptest.New(t, storetest.Open(t, address)), pgtest.Connect(t, address)
			_, err := o.Accounts.EnsureLabels(t.Context(), o.ID, account.Tag, []string{"Hot"})
			o.OK(err)
			_, err = o.Accounts.AddMember(t.Context(), account.Member{User: account.User{Email: "sam@example.com"}, AccountID: o.ID, Role: account.Agent})
			o.OK(err)
			_, err = o.Accounts.CreatePartner(t.Context(), account.Partner{AccountID: o.ID, Name: "Pat", Email: "pat@example.com"})
			o.OK(err)
			_, err = o.Template.Create(t.Context(), message.Template{AccountID: o.ID, Name: "Welcome", Channel: "email", Subject: "Hi", Body: "Hello"})
			o.OK(err)
			f, problems := plan.Load("plan.yaml", []byte("tactus: 1\nplan: A\nsteps:\n  - {name: Step, when: immediately, "+d.step+"}\n"), o.Actions)
			for _, p := range problems {
				t.Fatal(p)
			}

			saved, released := make(chan struct{}), make(chan struct{})
			release := sync.OnceFunc(func() { close(released) })
			t.Cleanup(release)
			save := background(func() error {
				return o.DB.InTx(context.WithoutCancel(t.Context()), func(ctx context.Context) error {
					applied, err := o.Plans.Apply(ctx, o.ID, []*plan.File{f}, planbook.ApplyOptions{Author: "test"})
					if err == nil && len(applied.Problems) > 0 {
						err = fault.New(fault.Internal, "%v", applied.Problems)
					}
					close(saved)
					<-released
					return err
				})
			})
			<-saved
			remove := background(func() error { return d.remove(context.WithoutCancel(t.Context()), o) })
			pgtest.Until(t, see, `SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')`)
			release()
			o.OK(<-save)
			if err := <-remove; !fault.Is(err, fault.Conflict) {
				t.Errorf("what the plan names was deleted: %v", err)
			}
		})
	}
}
