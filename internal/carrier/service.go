package carrier

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"tactus/internal/channel"
	"tactus/internal/clock"
	"tactus/internal/fault"
	"tactus/internal/form"
)

// Kinds are the carriers that the program has, and those that are open.
type Kinds interface {
	// Kinds returns every kind, by name.
	Kinds() []channel.Kind
	// For returns the carrier in use and the name of its kind.
	For(ctx context.Context, account int64, channel string) (channel.Carrier, string, error)
	// Usual is the kind of accounts that chose none; "" = nothing carries the channel.
	Usual(channel string) string
}

// Choice is what carries a channel. Secrets are never in it, only their names.
type Choice struct {
	Channel  string
	Kind     string // "" = nothing carries the channel
	Chosen   bool   // else it is the installation's usual one
	Settings map[string]json.RawMessage
	Secrets  []string // that are set
	Kinds    []channel.Kind
	Down     Down
}

// Service shows and changes choices. Safe for concurrent use.
type Service struct {
	store Store
	kinds Kinds
	clock clock.Clock
}

// NewService makes the service; store is a Vault.
func NewService(store *Vault, kinds Kinds, c clock.Clock) *Service { return &Service{store, kinds, c} }

// All returns the choice of every channel that there is a carrier for.
func (s *Service) All(ctx context.Context, account int64) ([]Choice, error) {
	var names []string
	for _, k := range s.kinds.Kinds() {
		names = append(names, k.Info().Channel)
	}
	slices.Sort(names)
	var out []Choice
	for _, name := range slices.Compact(names) {
		c, err := s.Get(ctx, account, name)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

// Get returns the choice of one channel; fault.NotFound when there is no carrier for it.
func (s *Service) Get(ctx context.Context, account int64, ch string) (Choice, error) {
	c := Choice{Channel: ch}
	for _, k := range s.kinds.Kinds() {
		if k.Info().Channel == ch {
			c.Kinds = append(c.Kinds, k)
		}
	}
	if len(c.Kinds) == 0 {
		return c, fault.New(fault.NotFound, "there is no carrier for such a channel")
	}
	var err error
	if c.Down, err = s.store.CarrierDown(ctx, account, ch); err != nil {
		return c, err
	}
	kind, settings, err := s.store.CarrierSettings(ctx, account, ch)
	switch {
	case fault.Is(err, fault.NotFound):
		c.Kind = s.kinds.Usual(ch)
		return c, nil
	case fault.Is(err, fault.Unavailable): // sealed with another secret: it can be entered again
		c.Kind, c.Chosen = kind, true
		return c, nil
	case err != nil:
		return c, err
	}
	c.Kind, c.Chosen = kind, true
	if err := json.Unmarshal(settings, &c.Settings); err != nil {
		return c, fault.Wrap(fault.Internal, err, "the settings of a carrier cannot be read")
	}
	k := c.find(kind)
	if k == nil {
		c.Settings = nil // of a kind that is gone, nothing is known to be no secret
		return c, nil
	}
	for _, name := range secrets(k) {
		if v, ok := c.Settings[name]; ok && given(v) {
			c.Secrets = append(c.Secrets, name)
		}
		delete(c.Settings, name)
	}
	return c, nil
}

func (c Choice) find(kind string) channel.Kind {
	for _, k := range c.Kinds {
		if k.Info().Name == kind {
			return k
		}
	}
	return nil
}

// secrets are the names of a kind's fields that nobody is shown.
func secrets(k channel.Kind) []string {
	var out []string
	for _, f := range k.Fields() {
		if f.Type == form.Secret {
			out = append(out, f.Name)
		}
	}
	return out
}

// given says that a value is neither null nor empty.
func given(v json.RawMessage) bool {
	text := string(v)
	return text != "" && text != "null" && text != `""`
}

// Set makes a kind the account's choice. A secret that is absent stays as it is, if the kind does and the server too; an empty one is
// taken out.
func (s *Service) Set(ctx context.Context, account int64, ch, kind string, settings map[string]json.RawMessage) (Choice, error) {
	c, err := s.Get(ctx, account, ch)
	if err != nil {
		return c, err
	}
	k := c.find(kind)
	if k == nil {
		return c, fault.InvalidFields([]fault.Field{{Name: "kind", Message: "there is no such carrier for " + ch}})
	}
	all := map[string]json.RawMessage{}
	for name, v := range settings {
		all[name] = v
	}
	if err := s.keep(ctx, account, c, k, all); err != nil {
		return c, err
	}
	raw, err := json.Marshal(all)
	if err != nil {
		return c, fault.Wrap(fault.Invalid, err, "the settings are no JSON")
	}
	opened, err := k.Open(raw)
	if err != nil {
		return c, under("settings.", err)
	}
	if err := opened.Close(); err != nil {
		return c, err
	}
	if err := s.store.SetCarrier(ctx, account, ch, kind, raw, s.clock.Now()); err != nil {
		return c, err
	}
	return s.Get(ctx, account, ch)
}

// keep brings secrets along that a change leaves out. They go to the server that they were entered for and to no other: whoever may
// change settings but does not know the password must not have it sent to a machine of his own.
func (s *Service) keep(ctx context.Context, account int64, c Choice, k channel.Kind, all map[string]json.RawMessage) error {
	if !c.Chosen || c.Kind != k.Info().Name || string(c.Settings["host"]) != string(all["host"]) {
		return nil
	}
	_, old, err := s.store.CarrierSettings(ctx, account, c.Channel)
	if err != nil {
		return nil //nolint:nilerr // sealed with another secret: there is nothing to bring along
	}
	var was map[string]json.RawMessage
	if err := json.Unmarshal(old, &was); err != nil {
		return fault.Wrap(fault.Internal, err, "the settings of a carrier cannot be read")
	}
	for _, name := range secrets(k) {
		if _, ok := all[name]; !ok && given(was[name]) {
			all[name] = was[name]
		}
	}
	return nil
}

// under names the fields at fault as they stand in the request.
func under(prefix string, err error) error {
	var f *fault.Error
	if !errors.As(err, &f) {
		return err
	}
	out := *f
	out.Fields = slices.Clone(f.Fields)
	for i := range out.Fields {
		out.Fields[i].Name = prefix + out.Fields[i].Name
	}
	return &out
}

// Drop goes back to the usual carrier.
func (s *Service) Drop(ctx context.Context, account int64, ch string) error {
	if _, err := s.Get(ctx, account, ch); err != nil {
		return err
	}
	return s.store.DropCarrier(ctx, account, ch)
}

// checkTime is how long a check may take.
const checkTime = 20 * time.Second

// Check connects with the settings in use and sends nothing. The problem is what the service said; "" = all is well.
func (s *Service) Check(ctx context.Context, account int64, ch string) (problem string, err error) {
	if _, err := s.Get(ctx, account, ch); err != nil {
		return "", err
	}
	c, _, err := s.kinds.For(ctx, account, ch)
	if err != nil {
		return "", err
	}
	if _, err := examine(ctx, c); err != nil {
		return err.Error(), nil //nolint:nilerr // what the service says is the answer
	}
	return "", nil
}

// Examine is Check for the doctor: what the carrier says of itself, and its problem as an error.
func (s *Service) Examine(ctx context.Context, account int64, ch string) (channel.Examination, error) {
	c, _, err := s.kinds.For(ctx, account, ch)
	if err != nil {
		return channel.Examination{}, err
	}
	return examine(ctx, c)
}

func examine(ctx context.Context, c channel.Carrier) (channel.Examination, error) {
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	switch c := c.(type) {
	case channel.Examiner:
		return c.Examine(ctx)
	case channel.Checker:
		return channel.Examination{}, c.Check(ctx)
	}
	return channel.Examination{}, nil
}
