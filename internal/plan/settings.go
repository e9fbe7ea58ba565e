package plan

import (
	"slices"

	"go.yaml.in/yaml/v3"
)

// dates reads what dates the plan; true when the plan is meant to have a date, even if it can't be read.
func (r *reader) dates(o object, d *Document) bool {
	d.Event, d.DateField = r.line(o, "event", spot{}), dateField(r.line(o, "date_field", spot{}))
	if n := o.get("date"); n != nil {
		if date, ok := parse(r, n, spot{path: "date"}, BadDate, ParseDate, nil); ok {
			d.Date = &date
		}
	}
	if n := o.get("yearly"); n != nil {
		d.Yearly, _ = r.boolean(n, spot{path: "yearly"})
	}
	var given []entry
	for _, e := range o.entries {
		if slices.Contains([]string{"date", "event", "date_field"}, e.key) && (e.value.Kind != yaml.ScalarNode || !isNull(e.value) && e.value.Value != "") {
			given = append(given, e)
		}
	}
	slices.SortFunc(given, func(a, b entry) int { return a.line - b.line })
	if len(given) > 1 {
		r.add(given[1].line, spot{path: given[1].key}, TwoDates,
			"the plan has two dates, %q (line %d) and %q; keep one of date, event and date_field", given[0].key, given[0].line, given[1].key)
	}
	if d.Yearly && o.get("date") == nil && len(given) < 2 {
		advice := `; give the plan a "date"`
		if d.DateField != "" {
			advice = "; birthdays repeat every year by themselves"
		}
		r.add(o.lineOf("yearly"), spot{path: "yearly"}, Conflicting, `"yearly" repeats the plan's own "date", and there is none%s`, advice)
	}
	if d.NextPlan != "" && len(given) == 1 && (d.Yearly && given[0].key == "date" || d.RepeatsYearly() && !d.Yearly) {
		r.add(o.get("next_plan").Line, spot{path: "next_plan"}, Conflicting, "a plan that repeats every year has no next plan; its next run begins by itself")
	}
	return len(given) > 0
}

func (r *reader) startRules(o object) []StartRule {
	n := o.get("start_on")
	if n == nil {
		return nil
	}
	var rules []StartRule
	for i, item := range r.list(n) {
		a := spot{path: "start_on"}.item(i)
		rule, ok := r.object(item, a, `a start rule is written like {tag: Hot}`)
		if !ok {
			continue
		}
		var got StartRule
		fields := map[string]*string{"tag": &got.Tag, "stage": &got.Stage, "group": &got.Group, "event": &got.Event}
		known := []string{"tag", "stage", "group", "event"}
		bad := false
		for _, e := range rule.entries {
			field := fields[e.key]
			switch {
			case e.key == "source":
				r.add(e.line, a, ForeignKey, `"source" is a key of the plan itself: write "source: …" beside "plan:"`)
			case field == nil:
				r.add(e.line, a, UnknownKey, "a start rule has no key %q%s", e.key, didYouMeanOr(e.key, known))
			default:
				*field = r.line(rule, e.key, a)
				if *field == "" && !r.reported(a.key(e.key).path) {
					r.add(e.line, a, BadValue, "the start rule's %s has no name", e.key)
				}
				bad = bad || *field == ""
				continue
			}
			bad = true
		}
		switch {
		case bad:
		case len(rule.entries) != 1:
			r.add(item.Line, a, BadValue, "a start rule has one of tag, stage, group and event; write a rule for each: [{tag: Hot}, {stage: Offer}]")
		default:
			rules = append(rules, got)
		}
	}
	return rules
}

func (r *reader) signals(o object, d *Document) {
	n := o.get("pause_on")
	if n == nil {
		return
	}
	for i, item := range r.list(n) {
		var s Signal
		if chosen(r, item, spot{path: "pause_on"}.item(i), []Signal{EmailReply, SMSReply, AnsweredCall}, &s) && !slices.Contains(d.PauseOn, s) {
			d.PauseOn = append(d.PauseOn, s)
		}
	}
}
