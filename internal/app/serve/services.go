package serve

import (
	"context"
	"io"

	"tactus/internal/api"
	"tactus/internal/app/restore"
	"tactus/internal/delivery"
	"tactus/internal/enroll"
	"tactus/internal/history"
	"tactus/internal/message"
)

// services are what the API translates for.
func (s *Server) services() api.Services {
	return api.Services{
		Store: s.DB, Accounts: s.Accounts, Contacts: s.Contacts, History: history.NewService(s.DB), Plans: s.Plans, Actions: s.Actions,
		Runs: s.Runs, Views: enroll.NewViews(s.Runs, s.DB), Bulk: s.Bulk, Work: s.Jobs, Tasks: s.Tasks, Events: s.Events,
		Content: s.Template, Messages: message.NewLog(s.DB), Settle: delivery.NewSettle(s.DB, s.Clock), Imports: s.Imports,
		Carriers: s.Carrying, Desk: s.Desk, Hold: delivery.NewHold(s.DB), Retain: s.Retain, Doctor: s.Doctor(s.Config, nil),
		Backup: func(ctx context.Context, w io.Writer) error {
			return restore.Dump(ctx, s.DB, w, s.version, s.Clock.Now(), nil)
		},
	}
}
