package serve

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"tactus/internal/account"
	"tactus/internal/app"
	"tactus/internal/fault"
)

// Local is what the command line finds beside the database (DEC-14).
type Local struct {
	URL string `json:"url"`
	Key string `json:"key"`
	PID int    `json:"pid"`
}

func (s *Server) localKey(ctx context.Context) error {
	path := s.Config.Beside(".server")
	if old, err := ReadLocal(path); err == nil {
		if _, err := s.Accounts.Authenticate(ctx, old.Key); err == nil {
			s.Key = old.Key
		}
	}
	if s.Key == "" {
		_, token, err := s.Accounts.CreateKey(ctx, account.Key{
			AccountID: s.Account.ID, Name: "command line of this machine", UserID: s.Account.OwnerID, Scopes: []account.Scope{account.All},
		})
		if err != nil {
			return err
		}
		s.Key = token
	}
	data, err := json.Marshal(Local{URL: s.URL, Key: s.Key, PID: os.Getpid()})
	if err != nil {
		return err
	}
	if err := app.WriteWhole(path, append(data, '\n'), os.Rename); err != nil {
		return fault.Wrap(fault.Internal, err, "address and key for the command line cannot be kept; name another place with --state-dir")
	}
	return nil
}

// ReadLocal reads what a running server wrote.
func ReadLocal(path string) (Local, error) {
	var l Local
	data, err := os.ReadFile(path)
	if err != nil {
		return l, err
	}
	if err := json.Unmarshal(data, &l); err != nil {
		return l, fmt.Errorf("%s: %w", path, err)
	}
	return l, nil
}
