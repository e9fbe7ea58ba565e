package channeltest

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"testing"

	"tactus/internal/channel"
	"tactus/internal/fault"
)

// values are the working settings, taken apart.
func (s Setup) values(t *testing.T) map[string]json.RawMessage {
	t.Helper()
	values := map[string]json.RawMessage{}
	if err := json.Unmarshal(s.Settings, &values); err != nil {
		t.Fatal(err)
	}
	return values
}

// with returns a copy with one value changed; nil leaves it out.
func with(values map[string]json.RawMessage, key string, value json.RawMessage) map[string]json.RawMessage {
	changed := maps.Clone(values)
	if value == nil {
		delete(changed, key)
	} else {
		changed[key] = value
	}
	return changed
}

func encode(t *testing.T, values map[string]json.RawMessage) json.RawMessage {
	t.Helper()
	raw, err := json.Marshal(values)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// accepts opens a carrier that lives as long as the test.
func (s Setup) accepts(t *testing.T, values map[string]json.RawMessage) channel.Carrier {
	t.Helper()
	c, err := s.Kind.Open(encode(t, values))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// refuses expects the changed setting to be named.
func (s Setup) refuses(t *testing.T, values map[string]json.RawMessage, key string, value json.RawMessage) {
	t.Helper()
	_, err := s.Kind.Open(encode(t, with(values, key, value)))
	var f *fault.Error
	if !errors.As(err, &f) || f.Code != fault.Invalid ||
		!slices.ContainsFunc(f.Fields, func(f fault.Field) bool { return f.Name == key }) {
		t.Errorf("%s = %s is not refused by name: %v", key, value, err)
	}
}
