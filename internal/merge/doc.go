// Package merge is Tactus's own Liquid-core language for merge fields and conditions (TPL-1).
//
// The language in short:
//
//	{{ contact.first_name | default: "there" }}       output, with filters
//	{% assign x = contact.city | upcase %}            a variable
//	{% capture x %}…{% endcapture %}                  a variable made of rendered text
//	{% if a == "x" and b contains "y" %}…{% elsif … %}…{% else %}…{% endif %}, unless
//	{% case a %}{% when "x", "y" %}…{% else %}…{% endcase %}
//	{% for t in contact.tags limit: 3 offset: 1 reversed %}…{% else %}…{% endfor %}
//	{% break %} {% continue %} {% echo a %} {% raw %}…{% endraw %} {% comment %}…{% endcomment %}
//
// A dash inside the braces ({{- -}}, {%- -%}) removes the white space on that side. "and" and "or" have no
// precedence and group from the right, as in Liquid. There is no include and no way to files, network or code.
// Where Liquid leaves a choice: default also replaces white space alone, empty {{ }} is an error, so is a division by
// 0.0, and newline_to_br and escape give finished HTML where HTML is rendered, so that nothing is escaped twice.
//
// Values are a closed union: nil, bool, int, int64, float64, json.Number, string, SafeHTML, SafeMarkdown, time.Time,
// []any, []string, map[string]any and Ordered. A day without a time of day is passed as the string "2006-01-02":
// it is read in Options.Zone and so never shifts to its neighbour.
//
// Templates and conditions are immutable after Parse and safe for concurrent use. Work, memory and output are
// bounded by Limits counted in steps and bytes, not by a clock, so that a render is deterministic; the package
// never panics and never uses reflection.
package merge
