package gate_test

import (
	"strings"
	"testing"

	"tactus/internal/fault"
	"tactus/internal/gate"
)

// 1a: --quiet-hours.
func TestParseHours(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"08:00-21:00":     "08:00-21:00",
		" 8:00 – 21:30 ":  "08:00-21:30",
		"21:00-06:00":     "21:00-06:00",
		"00:00-24:00":     "00:00-24:00",
		"22:00-00:00":     "22:00-00:00",
		"OFF":             "off",
		"":                "no hours given",
		"08:00":           "not a span",
		"8-21":            `"8" is not a time of day`,
		"08:00-25:00":     "the last is 24:00",
		"08:00-24:01":     "the last is 24:00",
		"08:60-21:00":     `"08:60" is not`,
		"24:00-06:00":     "begins at 24:00",
		"09:00-09:00":     "a whole day is",
		"09:00-+9:00":     "not a time of day",
		"08:00-12:00-3:0": "not a time of day",
		"008:00-12:00":    "not a time of day",
	} {
		h, err := gate.ParseHours(in)
		if err != nil {
			if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), want) {
				t.Errorf("%q: %v, want %s", in, err, want)
			}
		} else if h.String() != want {
			t.Errorf("%q = %s, want %s", in, h, want)
		}
	}
}

// 1a: --business-hours.
func TestParseWeeklyHours(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"mon-wed 09:00-17:00, sat 10:00-14:00": "mon 09:00-17:00, tue 09:00-17:00, wed 09:00-17:00, sat 10:00-14:00",
		"Fri - Mon 9:00 - 17:00":               "mon 09:00-17:00, fri 09:00-17:00, sat 09:00-17:00, sun 09:00-17:00",
		"tuesday 9:00-12:00 13:00-17:00":       "tue 09:00-12:00 13:00-17:00",
		"mon,wed 9:00-17:00":                   "mon 09:00-17:00, wed 09:00-17:00",
		"thu 22:00-02:00, thurs 9:00-10:00":    "thu 22:00-02:00 09:00-10:00",
		"sun 9:00-10:00, sun 9:00-10:00":       "sun 09:00-10:00",
		"off":                                  "off",
		"":                                     "without days and hours",
		"mon 9:00-17:00,":                      "without days and hours",
		"mon 9:00-17:00, sat":                  "days without hours",
		"09:00-17:00":                          "not a day of the week",
		"mo 09:00-17:00":                       "not a day of the week",
		"mon-xyz 09:00-17:00":                  `"xyz" is not a day`,
		"mon 09:00":                            "not a span of hours",
		"mon 09:00-09:00":                      "begins when it ends",
	} {
		w, err := gate.ParseWeeklyHours(in)
		if err != nil {
			if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), want) {
				t.Errorf("%q: %v, want %s", in, err, want)
			}
		} else if w.String() != want {
			t.Errorf("%q = %s, want %s", in, w, want)
		}
	}
}

func FuzzParseHours(f *testing.F) {
	for _, s := range []string{"08:00-21:00", "off", "21:00 – 6:00", "24:00-00:00", "-", "1:00-2:00-3:00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		h, err := gate.ParseHours(s)
		if err != nil {
			return
		}
		if again, err := gate.ParseHours(h.String()); err != nil || again != h {
			t.Fatalf("%q: %s came back as %s, %v", s, h, again, err)
		}
	})
}

func FuzzParseWeeklyHours(f *testing.F) {
	for _, s := range []string{"mon-fri 09:00-17:00, sat 10:00-14:00", "off", "fri-mon 22:00-2:00", "mon,tue 1:00-2:00 3:00-4:00", ",", "mon"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		w, err := gate.ParseWeeklyHours(s)
		if err != nil {
			return
		}
		again, err := gate.ParseWeeklyHours(w.String())
		if err != nil || again.String() != w.String() {
			t.Fatalf("%q: %s came back as %s, %v", s, w, again, err)
		}
	})
}
