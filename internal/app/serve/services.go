package serve

import (
	"tactus/internal/api"
	"tactus/internal/history"
)

// services are what the API translates for.
func (a *Server) services() api.Services {
	return api.Services{
		Store: a.DB, Accounts: a.Accounts, Contacts: a.Contacts, History: history.NewService(a.DB), Plans: a.Plans, Runs: a.Runs,
	}
}
