package api_test

import (
	"context"
	"errors"
	"net"
	"testing"

	"tactus/internal/store"
	"tactus/internal/store/storetest"
)

// noNames is a machine without a network.
type noNames struct{}

func (noNames) LookupMX(context.Context, string) ([]*net.MX, error) {
	return nil, errors.New("no network")
}

func (noNames) LookupTXT(context.Context, string) ([]string, error) {
	return nil, errors.New("no network")
}

func TestDoctor(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		k := newKit(t, db)
		up, err := k.Doctor(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(up.Checks) < 10 || up.Checks[0].Section != "Database" || up.Checks[0].Status != "ok" {
			t.Errorf("%+v", up)
		}
	})
}
