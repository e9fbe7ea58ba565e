package plan

import (
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

// NewFile makes a file of a document that is not one, so that Check can compare it with others; its problems have paths, and line 1.
func NewFile(d *Document, actions Actions) *File {
	return &File{Name: d.Name, Document: d, actions: actions}
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
		if slices.Contains(planKeys(), e.key) || e.key == "template" || r.full() {
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
