package plan

import (
	"bytes"
	"encoding/json"
)

// MarshalJSON writes the document with 1a's keys in 1a's order (DEC-17); what has its default is left out. It is what a version is
// stored as, and the API's answer.
func (d Document) MarshalJSON() ([]byte, error) {
	w := &objectWriter{}
	w.put("tactus", 1)
	w.put("plan", d.Name)
	w.put("kind", d.Kind)
	w.text("description", d.Description)
	w.text("source", d.Source)
	w.text("stage", d.Stage)
	if d.Date != nil {
		w.put("date", d.Date.String())
	}
	w.flag("yearly", d.Yearly)
	w.text("event", d.Event)
	w.text("date_field", d.DateField)
	w.text("next_plan", d.NextPlan)
	w.text("again", d.Again.String())
	if len(d.StartOn) > 0 {
		w.put("start_on", d.StartOn)
	}
	if len(d.PauseOn) > 0 {
		w.put("pause_on", d.PauseOn)
	}
	w.text("pause_scope", string(d.PauseScope))
	if d.PauseOnFail {
		w.put("on_failure", "pause")
	}
	if d.At != nil {
		w.put("at", d.At.String())
	}
	steps := d.Steps
	if steps == nil {
		steps = []Step{}
	}
	w.put("steps", steps)
	return w.end()
}

// MarshalJSON writes the step flat: the action's own fields stand beside the others.
func (s Step) MarshalJSON() ([]byte, error) {
	w := &objectWriter{}
	w.text("id", s.ID)
	w.text("name", s.Name)
	w.text("milestone", s.Milestone)
	w.text("action", s.Action)
	w.text("when", s.When.String())
	if config := bytes.TrimSpace(s.Config); len(config) > 2 {
		w.comma()
		w.out.Write(config[1 : len(config)-1])
	}
	w.text("only_if", s.OnlyIf)
	w.flag("notify", s.Notify)
	w.flag("business_hours", s.BusinessHours)
	return w.end()
}

// objectWriter writes a JSON object key by key.
type objectWriter struct {
	out bytes.Buffer
	err error
}

func (w *objectWriter) comma() {
	if w.out.Len() == 0 {
		w.out.WriteByte('{')
	} else {
		w.out.WriteByte(',')
	}
}

func (w *objectWriter) put(key string, value any) {
	w.comma()
	w.out.WriteByte('"')
	w.out.WriteString(key)
	w.out.WriteString(`":`)
	raw, err := json.Marshal(value)
	if err != nil && w.err == nil {
		w.err = err
	}
	w.out.Write(raw)
}

func (w *objectWriter) text(key, value string) {
	if value != "" {
		w.put(key, value)
	}
}

func (w *objectWriter) flag(key string, value bool) {
	if value {
		w.put(key, true)
	}
}

func (w *objectWriter) end() ([]byte, error) {
	if w.out.Len() == 0 {
		w.out.WriteByte('{')
	}
	w.out.WriteByte('}')
	return w.out.Bytes(), w.err
}
