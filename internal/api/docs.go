package api

import (
	"bytes"
	"html/template"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// docsPolicy lets the page use nothing but its own style.
const docsPolicy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// docsPage is the readable description: one page, no scripts.
func docsPage(o *huma.OpenAPI) []byte {
	var out bytes.Buffer
	if err := template.Must(template.New("docs").Parse(docsTemplate)).Execute(&out, newDocs(o)); err != nil {
		panic("api: " + err.Error()) // a template of ours on data of ours
	}
	return out.Bytes()
}

type docs struct {
	Title, Version string
	About          []string
	Chapters       []chapter
	Schemas        []schemaDocs
}

type chapter struct {
	Name string
	Ops  []opDocs
}

type opDocs struct {
	ID, Method, Path, Summary, About string
	Params                           []fieldDocs
	Body, Answer                     *typeDocs
	Status                           string
	order                            int
}

type typeDocs struct{ Text, Ref string }

type schemaDocs struct {
	Name   string
	Fields []fieldDocs
}

type fieldDocs struct {
	Name, About, Where string
	Type               typeDocs
	Required           bool
}

func newDocs(o *huma.OpenAPI) docs {
	d := docs{Title: o.Info.Title, Version: o.Info.Version, About: strings.Split(o.Info.Description, "\n\n")}
	by := map[string][]opDocs{}
	for _, path := range slices.Sorted(maps.Keys(o.Paths)) {
		item := o.Paths[path]
		for i, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if op != nil && len(op.Tags) > 0 {
				by[op.Tags[0]] = append(by[op.Tags[0]], newOpDocs(op, i))
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(by)) {
		slices.SortStableFunc(by[name], func(a, b opDocs) int {
			if a.Path != b.Path {
				return strings.Compare(a.Path, b.Path)
			}
			return a.order - b.order
		})
		d.Chapters = append(d.Chapters, chapter{Name: name, Ops: by[name]})
	}
	schemas := o.Components.Schemas.Map()
	for _, name := range slices.Sorted(maps.Keys(schemas)) {
		d.Schemas = append(d.Schemas, schemaDocs{Name: name, Fields: fieldsOf(schemas[name])})
	}
	return d
}

func newOpDocs(op *huma.Operation, order int) opDocs {
	d := opDocs{ID: op.OperationID, Method: op.Method, Path: op.Path, Summary: op.Summary, About: op.Description, order: order}
	for _, p := range op.Parameters {
		about := p.Description
		if about == "" && p.Schema != nil {
			about = p.Schema.Description
		}
		d.Params = append(d.Params, fieldDocs{Name: p.Name, Where: p.In, About: about, Type: typeOf(p.Schema), Required: p.Required})
	}
	if op.RequestBody != nil {
		d.Body = contentOf(op.RequestBody.Content)
	}
	for _, code := range slices.Sorted(maps.Keys(op.Responses)) {
		if n, err := strconv.Atoi(code); err == nil && n < 300 {
			d.Status, d.Answer = code, contentOf(op.Responses[code].Content)
			break
		}
	}
	return d
}

func contentOf(content map[string]*huma.MediaType) *typeDocs {
	if len(content) == 0 {
		return nil
	}
	ctype := slices.Min(slices.Collect(maps.Keys(content)))
	t := typeOf(content[ctype].Schema)
	if ctype != "application/json" {
		t.Text = ctype
	}
	return &t
}

func fieldsOf(s *huma.Schema) []fieldDocs {
	var out []fieldDocs
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		p := s.Properties[name]
		out = append(out, fieldDocs{Name: name, About: p.Description, Type: typeOf(p), Required: slices.Contains(s.Required, name)})
	}
	return out
}

func typeOf(s *huma.Schema) typeDocs {
	switch {
	case s == nil:
		return typeDocs{}
	case s.Ref != "":
		name := s.Ref[strings.LastIndexByte(s.Ref, '/')+1:]
		return typeDocs{Text: name, Ref: name}
	case s.Type == huma.TypeArray:
		t := typeOf(s.Items)
		return typeDocs{Text: "list of " + t.Text, Ref: t.Ref}
	case len(s.Enum) > 0:
		words := make([]string, 0, len(s.Enum))
		for _, e := range s.Enum {
			if w, ok := e.(string); ok {
				words = append(words, w)
			}
		}
		return typeDocs{Text: strings.Join(words, " | ")}
	case s.Format == "date-time":
		return typeDocs{Text: "time"}
	case s.Type == huma.TypeObject && s.AdditionalProperties != nil:
		return typeDocs{Text: "object"}
	case s.Type == "":
		return typeDocs{Text: "any"}
	}
	return typeDocs{Text: s.Type}
}

const docsTemplate = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{.Title}} API</title>
<style>
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 18%, transparent); --soft: color-mix(in srgb, currentColor 6%, transparent) }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem; overflow-wrap: anywhere }
h1, h2, h3 { line-height: 1.2 } h2 { margin-top: 3rem; border-bottom: 1px solid var(--line) } h3 { margin-top: 2rem }
code, .method { font-family: ui-monospace, monospace; font-size: .9em } .method { font-weight: 700; margin-right: .5em }
table { border-collapse: collapse; width: 100% } th, td { text-align: left; vertical-align: top; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid var(--line) }
nav ul { columns: 14rem; padding-left: 1rem } section { scroll-margin-top: 1rem } .op { background: var(--soft); padding: .1rem 1rem 1rem; margin: 1rem 0; border-radius: .5rem }
</style>
<h1>{{.Title}} API <small>{{.Version}}</small></h1>
{{range .About}}<p>{{.}}</p>{{end}}
<p>For programs: <a href="/api/v1/openapi.json">openapi.json</a>, <a href="/api/v1/openapi.yaml">openapi.yaml</a>.</p>
<nav aria-label="Chapters"><ul>{{range .Chapters}}<li><a href="#{{.Name}}">{{.Name}}</a>{{end}}<li><a href="#schemas">Objects</a></ul></nav>
<main>
{{range .Chapters}}<section id="{{.Name}}"><h2>{{.Name}}</h2>
{{range .Ops}}<div class="op" id="op-{{.ID}}"><h3><span class="method">{{.Method}}</span><code>{{.Path}}</code></h3>
<p>{{.Summary}}</p>{{with .About}}<p>{{.}}</p>{{end}}
{{with .Params}}<table><thead><tr><th>Parameter<th>In<th>Type<th></tr></thead>{{range .}}<tr><td><code>{{.Name}}</code>{{if .Required}} *{{end}}<td>{{.Where}}<td>{{.Type.Text}}<td>{{.About}}</tr>{{end}}</table>{{end}}
{{with .Body}}<p>Body: {{if .Ref}}<a href="#schema-{{.Ref}}">{{.Text}}</a>{{else}}{{.Text}}{{end}}</p>{{end}}
<p>Answer {{.Status}}{{with .Answer}}: {{if .Ref}}<a href="#schema-{{.Ref}}">{{.Text}}</a>{{else}}{{.Text}}{{end}}{{end}}</p></div>
{{end}}</section>{{end}}
<section id="schemas"><h2>Objects</h2>
{{range .Schemas}}<h3 id="schema-{{.Name}}">{{.Name}}</h3>
<table>{{range .Fields}}<tr><td><code>{{.Name}}</code>{{if .Required}} *{{end}}<td>{{if .Type.Ref}}<a href="#schema-{{.Type.Ref}}">{{.Type.Text}}</a>{{else}}{{.Type.Text}}{{end}}<td>{{.About}}</tr>{{end}}</table>
{{end}}</section>
</main>
</html>
`
