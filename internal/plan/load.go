package plan

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// File is what one plan file holds: a plan or a template, and where its keys stand.
type File struct {
	Name     string
	Document *Document // nil when the file holds no plan; what could be read when it has problems
	Template *Template // nil when the file holds no template
	actions  Actions
	claimed  string         // the plan's name in a file that can't be read, as far as one can see
	places   map[string]int // line of each key by its path
	doubtful map[int]bool   // steps whose action or timing is not known, by index: they make no circle
}

// Template is a template file (DEC-9): reusable content for messages.
type Template struct {
	Name    string
	Channel string // email, sms, letter, postcard, task, note
	Subject string
	Body    string // Markdown
	HTML    string // "" = made from Body
}

// Line is the line of a key by its path ("next_plan", "steps[2].plan"), or of the nearest key around it.
func (f *File) Line(path string) int {
	for path != "" {
		if line, ok := f.places[path]; ok {
			return line
		}
		path = path[:max(strings.LastIndexAny(path, ".["), 0)]
	}
	return 1
}

// Load reads a plan file or template file, YAML or JSON, and checks everything that the file alone can tell (1a). All problems are
// returned at once, by line. What lies between files is Check's.
func Load(name string, data []byte, actions Actions) (*File, []Problem) {
	r := &reader{name: name, actions: actions, places: map[string]int{}}
	f := &File{Name: name, actions: actions, places: r.places, doubtful: map[int]bool{}}
	if root := r.parseFile(data); root != nil {
		r.root(root, f)
	} else {
		f.claimed = r.claimedName()
	}
	return f, sorted(r.problems)
}

// Source is a file to load.
type Source struct {
	Name string
	Data []byte
}

// LoadAll loads files and checks them together: all problems in the order of the files, by line. A file that is named twice is read once.
func LoadAll(sources []Source, actions Actions, known Names) ([]*File, []Problem) {
	var files []*File
	byFile := map[string][]Problem{}
	for _, s := range sources {
		if _, double := byFile[s.Name]; double {
			continue
		}
		f, problems := Load(s.Name, s.Data, actions)
		files, byFile[s.Name] = append(files, f), problems
	}
	for _, p := range Check(files, known) {
		byFile[p.File] = append(byFile[p.File], p)
	}
	var all []Problem
	for _, f := range files {
		all = append(all, sorted(byFile[f.Name])...)
	}
	return files, all
}

// claimedName is the plan's name in a file that is no YAML, so that others that name it are not blamed for it.
func (r *reader) claimedName() string {
	for _, line := range r.lines {
		if name, ok := strings.CutPrefix(line, "plan:"); ok {
			return strings.Trim(strings.TrimSpace(name), `"'`)
		}
	}
	return ""
}

func planKeys() []string {
	return []string{
		"tactus", "plan", "kind", "description", "source", "stage", "date", "yearly", "event", "date_field",
		"next_plan", "again", "start_on", "pause_on", "pause_scope", "on_failure", "at", "steps",
	}
}

func templateKeys() []string {
	return []string{"tactus", "template", "channel", "subject", "body", "html"}
}

func stepKeys() []string {
	return []string{"id", "name", "milestone", "action", "when", "notify", "business_hours", "only_if"}
}

func (r *reader) root(root *yaml.Node, f *File) {
	o, ok := r.object(root, spot{}, `a plan file holds keys like "plan: NAME" and "steps:"`)
	if !ok {
		return
	}
	r.version(o)
	isPlan, isTemplate := o.has("plan"), o.has("template")
	switch {
	case isPlan && isTemplate:
		r.add(o.lineOf("template"), spot{path: "template"}, Conflicting, "a file holds a plan or a template, not both; write two files")
	case isTemplate && !o.has("steps"):
		f.Template = r.template(o)
		return
	}
	f.Document = r.document(o, f)
}

func (r *reader) version(o object) {
	n := o.get("tactus")
	switch {
	case n == nil:
		r.add(o.line, spot{path: "tactus"}, MissingKey, `"tactus: 1" is missing; it names the format's version`)
	case n.Kind != yaml.ScalarNode || n.Value != "1":
		r.add(n.Line, spot{path: "tactus"}, BadVersion, "this program reads format version 1, not %s; write \"tactus: 1\"", valueOf(n))
	}
}

func (r *reader) document(o object, f *File) *Document {
	d := &Document{Name: r.line(o, "plan", spot{}), Kind: General}
	if d.Name == "" && !r.reported("plan") {
		r.add(o.lineOf("plan"), spot{path: "plan"}, MissingKey, `the plan's name is missing; write "plan: NAME"`)
	}
	r.unknownPlanKeys(o)
	choose(r, o, "kind", spot{}, []Kind{Connection, Conversion, Retention, Event, Seasonal, General}, &d.Kind)
	if n := o.get("description"); n != nil {
		d.Description, _ = r.text(n, spot{path: "description"})
	}
	d.Source = r.line(o, "source", spot{})
	d.Stage = r.line(o, "stage", spot{})
	d.NextPlan = r.line(o, "next_plan", spot{})
	dated := r.dates(o, d)
	if n := o.get("again"); n != nil {
		parse(r, n, spot{path: "again"}, BadValue, ParseAgain, &d.Again)
	}
	if n := o.get("at"); n != nil {
		time, ok := parse(r, n, spot{path: "at"}, BadTime, ParseTimeOfDay, nil)
		if ok {
			d.At = &time
		}
	}
	d.StartOn = r.startRules(o)
	r.signals(o, d)
	choose(r, o, "pause_scope", spot{}, []Scope{ScopePlan, ScopeChannel, ScopeAll}, &d.PauseScope)
	onFailure := "continue"
	choose(r, o, "on_failure", spot{}, []string{"continue", "pause"}, &onFailure)
	d.PauseOnFail = onFailure == "pause"
	r.steps(o, d, f, dated)
	return d
}

// reported tells whether a path has a problem already, so that one cause stays one problem.
func (r *reader) reported(path string) bool {
	return slices.ContainsFunc(r.problems, func(p Problem) bool { return p.Path == path })
}

func (r *reader) unknownPlanKeys(o object) {
	for _, e := range o.entries {
		if slices.Contains(planKeys(), e.key) || e.key == "template" {
			continue
		}
		if slices.Contains(stepKeys(), e.key) {
			r.add(e.line, spot{path: e.key}, ForeignKey, "%q belongs to a step, not to the plan", e.key)
			continue
		}
		r.add(e.line, spot{path: e.key}, UnknownKey, "a plan has no key %q%s", e.key, didYouMeanOr(e.key, planKeys()))
	}
}

// didYouMeanOr suggests a key, or else lists all.
func didYouMeanOr(key string, known []string) string {
	if s := didYouMean(key, known); s != "" {
		return s
	}
	return "; there are " + strings.Join(known, ", ")
}

// dates reads what dates the plan; true when the plan is meant to have a date, even if it can't be read.
func (r *reader) dates(o object, d *Document) bool {
	d.Event, d.DateField = r.line(o, "event", spot{}), r.line(o, "date_field", spot{})
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

// choose reads a key that takes one of some words; to keeps its value when the key is absent or wrong.
func choose[T ~string](r *reader, o object, key string, a spot, words []T, to *T) {
	if n := o.get(key); n != nil {
		chosen(r, n, a.key(key), words, to)
	}
}

func chosen[T ~string](r *reader, n *yaml.Node, a spot, words []T, to *T) bool {
	s, ok := r.text(n, a)
	if !ok {
		return false
	}
	known := make([]string, len(words))
	for i, w := range words {
		if known[i] = string(w); strings.EqualFold(strings.TrimSpace(s), known[i]) {
			*to = w
			return true
		}
	}
	r.add(n.Line, a, BadValue, "%s: %s is not possible%s; write %s", last(a.path), valueOf(n), didYouMean(s, known), oneOf(known))
	return false
}

// parse reads a text by a parser of this package; its message is the problem.
func parse[T any](r *reader, n *yaml.Node, a spot, code Code, parser func(string) (T, error), to *T) (T, bool) {
	var none T
	s, ok := r.text(n, a)
	if !ok {
		return none, false
	}
	v, err := parser(s)
	if err != nil {
		r.add(n.Line, a, code, "%s: %v", last(a.path), err)
		return none, false
	}
	if to != nil {
		*to = v
	}
	return v, true
}

// oneOf lists words as "a, b or c".
func oneOf(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return fmt.Sprintf("%s or %s", strings.Join(words[:len(words)-1], ", "), words[len(words)-1])
}
