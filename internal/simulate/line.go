package simulate

import (
	"bytes"
	"encoding/json"
	"time"
)

// Line is one step's end or one change of status, in the order of firing (1a).
type Line struct {
	At     time.Time
	Local  time.Time // At in the contact's zone
	Plan   string
	Run    int
	Status string // of a change of status; then the fields of steps are empty
	Reason string

	Due     time.Time
	Round   int
	Step    int // from 1, in the order shown in the file
	Name    string
	Action  string
	Outcome string
	Subject string
	Text    string
}

// MarshalJSON writes the public format: steps and changes of status have keys of their own.
func (l Line) MarshalJSON() ([]byte, error) {
	if l.Status != "" {
		return plainJSON(struct {
			At     string `json:"at"`
			Local  string `json:"local"`
			Plan   string `json:"plan"`
			Run    int    `json:"run"`
			Status string `json:"status"`
			Reason string `json:"reason"`
		}{stamp(l.At.UTC()), stamp(l.Local), l.Plan, l.Run, l.Status, l.Reason})
	}
	return plainJSON(struct {
		At      string `json:"at"`
		Local   string `json:"local"`
		Due     string `json:"due"`
		Plan    string `json:"plan"`
		Run     int    `json:"run"`
		Round   int    `json:"round"`
		Step    int    `json:"step"`
		Name    string `json:"name"`
		Action  string `json:"action"`
		Outcome string `json:"outcome"`
		Reason  string `json:"reason"`
		Subject string `json:"subject"`
		Text    string `json:"text"`
	}{
		stamp(l.At.UTC()), stamp(l.Local), stamp(l.Due.UTC()), l.Plan, l.Run, l.Round, l.Step, l.Name, l.Action,
		l.Outcome, l.Reason, l.Subject, l.Text,
	})
}

// plainJSON leaves <, > and & as they are.
func plainJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return b.Bytes(), err
}

func stamp(t time.Time) string { return t.Format(time.RFC3339Nano) }
