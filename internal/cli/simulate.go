package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tactus/internal/gate"
	"tactus/internal/simulate"
)

// simulateFlags are the flags of plan simulate as typed.
type simulateFlags struct {
	start, zone, accountZone, event string
	contact                         string
	set                             []string
	happenings                      []simulate.Happening
	quiet, business, until          string
	rounds                          int
	asJSON                          bool
}

// happening is a repeatable flag; flags of one moment happen in the order of the command line.
type happening struct {
	verb simulate.Verb
	into *[]simulate.Happening
}

func (h happening) String() string { return "" }

func (h happening) Type() string {
	switch h.verb {
	case simulate.MoveEvent:
		return "AT=TO"
	case simulate.OptOut:
		return "CHANNEL@TIME"
	case simulate.Reply:
		return "[CHANNEL@]TIME"
	default:
		return "TIME"
	}
}

func (h happening) Set(text string) error {
	got, err := simulate.ParseHappening(h.verb, text)
	if err != nil {
		return err
	}
	*h.into = append(*h.into, got)
	return nil
}

func newPlanSimulate(std IO) *cobra.Command {
	var f simulateFlags
	cmd := &cobra.Command{
		Use:   "simulate FILE [FILE…]",
		Short: "Show what a plan does for one contact, to the end",
		Long: `Runs the plan of the first FILE for one contact on a virtual clock and shows every step with its exact moment, its content,
and what moved or stopped it. It is the real engine, with the real gates. Plans that the plan names are looked up among the
further FILEs. Moments are RFC 3339, like 2026-03-08T09:00:00-05:00.

Exit codes: 0 the simulation ran to its end, 1 a plan has problems, 2 wrong usage.`,
		Example: `  tactus plan simulate plans/new-lead.yaml --zone America/New_York
  tactus plan simulate closing.yaml --event 2026-06-01T15:00:00Z --set first_name=Kim --json
  tactus plan simulate lead.yaml --start 2026-03-01T10:00:00Z --reply 2026-03-04T12:00:00Z --resume 2026-03-09T08:00:00Z`,
		Args: arguments(1, -1, "name the plan file to simulate"),
		RunE: run(func(cmd *cobra.Command, args []string) error {
			opt, err := f.options()
			if err != nil {
				return usageError{err}
			}
			files, problems, err := loadPlans(args)
			if err != nil {
				return err
			}
			if len(problems) > 0 {
				if err := writeLines(std.Err, problems); err != nil {
					return err
				}
				return quiet(exitProblem)
			}
			res, err := simulate.Run(cmd.Context(), files, opt)
			var wrong *simulate.UsageError
			if errors.As(err, &wrong) {
				return usageError{err}
			}
			if err != nil {
				return err
			}
			if f.asJSON {
				enc := json.NewEncoder(std.Out)
				enc.SetEscapeHTML(false)
				for _, l := range res.Lines {
					if err := enc.Encode(l); err != nil {
						return err
					}
				}
				return nil
			}
			return writeCalendar(std.Out, res)
		}),
	}
	fl := cmd.Flags()
	fl.SortFlags = false
	fl.StringVar(&f.start, "start", "", "when the contact is assigned (default now)")
	fl.StringVar(&f.zone, "zone", "", "the contact's time zone, IANA (default the account's)")
	fl.StringVar(&f.accountZone, "account-zone", "UTC", "the account's time zone, IANA")
	fl.StringVar(&f.event, "event", "", "the date of a dated plan, whatever the file says")
	fl.StringVar(&f.contact, "contact", "", "a contact as a JSON file (default: made up, with consent to every channel)")
	fl.StringArrayVar(&f.set, "set", nil, "set a field of the contact, KEY=VALUE; KEY= empties it (repeatable)")
	for _, h := range []struct {
		verb simulate.Verb
		help string
	}{
		{simulate.Reply, "the contact replies, by email or sms (repeatable)"},
		{simulate.Pause, "the plan is paused by hand (repeatable)"},
		{simulate.Resume, "the plan is resumed by hand (repeatable)"},
		{simulate.Stop, "the plan is stopped by hand (repeatable)"},
		{simulate.Restart, "the plan is restarted by hand (repeatable)"},
		{simulate.MoveEvent, "at a moment the plan's date moves to another (repeatable)"},
		{simulate.OptOut, "the contact opts out of a channel (repeatable)"},
	} {
		fl.Var(happening{h.verb, &f.happenings}, string(h.verb), h.help)
	}
	fl.StringVar(&f.quiet, "quiet-hours", "", "hours in which messages may go, in the contact's zone, like 08:00-21:00, or off (default: email any time, texts and calls by law)")
	fl.StringVar(&f.business, "business-hours", "off", "like 'mon-fri 09:00-17:00, sat 10:00-14:00', in the account's zone, or off")
	fl.StringVar(&f.until, "until", "", "end here, this moment included")
	fl.IntVar(&f.rounds, "rounds", 3, "cut endless repeats after so many rounds")
	fl.BoolVar(&f.asJSON, "json", false, "print one JSON object a line")
	return cmd
}

func (f *simulateFlags) options() (simulate.Options, error) {
	opt := simulate.Options{
		Zone: f.zone, AccountZone: f.accountZone, Happenings: f.happenings, Rounds: f.rounds, Start: time.Time{},
	}
	var err error
	for _, m := range []struct {
		name, text string
		into       *time.Time
	}{{"start", f.start, &opt.Start}, {"event", f.event, &opt.Event}, {"until", f.until, &opt.Until}} {
		if m.text == "" {
			continue
		}
		if *m.into, err = simulate.ParseMoment(m.text); err != nil {
			return opt, fmt.Errorf("--%s: %w", m.name, err)
		}
	}
	if f.rounds < 1 {
		return opt, fmt.Errorf("--rounds must be at least 1")
	}
	if err := f.hours(&opt); err != nil {
		return opt, err
	}
	opt.Contact, err = f.person()
	return opt, err
}

func (f *simulateFlags) hours(opt *simulate.Options) error {
	switch strings.ToLower(strings.TrimSpace(f.quiet)) {
	case "":
	case "off":
		opt.HoursOff = true
	default:
		h, err := gate.ParseHours(f.quiet)
		if err != nil {
			return fmt.Errorf("--quiet-hours: %w", err)
		}
		opt.Hours = &h
	}
	b, err := gate.ParseWeeklyHours(f.business)
	if err != nil {
		return fmt.Errorf("--business-hours: %w", err)
	}
	opt.Business = b
	return nil
}

// person reads --contact, or makes one up, and lays --set over it.
func (f *simulateFlags) person() (map[string]any, error) {
	c := simulate.MadeUp()
	if f.contact != "" {
		data, err := os.ReadFile(f.contact)
		if err != nil {
			return nil, fmt.Errorf("--contact: %w", unreadable(f.contact, err))
		}
		c = map[string]any{}
		if err := json.Unmarshal(data, &c); err != nil {
			return nil, fmt.Errorf("--contact: %s is not a JSON object: %w", f.contact, err)
		}
	}
	for _, pair := range f.set {
		if err := simulate.Set(c, pair); err != nil {
			return nil, fmt.Errorf("--set: %w", err)
		}
	}
	return c, nil
}
