package plan

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"tactus/internal/fault"
)

// YAML writes the document as a plan file (PLAN-24): Load reads it back as the same document. With ids, so that steps keep
// their identity when they are renamed (DEC-8).
func (d *Document) YAML(withIDs bool) ([]byte, error) {
	data, err := json.Marshal(d)
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "the plan %q cannot be written", d.Name)
	}
	root, err := parseJSON(data)
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "the plan %q cannot be written", d.Name)
	}
	style(root, "")
	if steps := value(root, "steps"); steps != nil {
		for _, step := range steps.Content {
			arrange(step, withIDs)
		}
	}
	return encodeYAML(root)
}

// YAML writes the template as a template file (DEC-9).
func (t *Template) YAML() ([]byte, error) {
	root := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	put := func(key, tag, value string) {
		if value != "" {
			root.Content = append(root.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: key},
				&yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: value})
		}
	}
	put("tactus", "!!int", "1")
	put("template", "!!str", t.Name)
	put("channel", "!!str", t.Channel)
	put("subject", "!!str", t.Subject)
	put("body", "!!str", t.Body)
	put("html", "!!str", t.HTML)
	style(root, "")
	return encodeYAML(root)
}

func encodeYAML(root *yaml.Node) ([]byte, error) {
	var out bytes.Buffer
	e := yaml.NewEncoder(&out)
	e.SetIndent(2)
	if err := e.Encode(root); err != nil {
		return nil, fault.Wrap(fault.Internal, err, "the file cannot be written")
	}
	return out.Bytes(), e.Close()
}

// value is the value of a mapping's key, nil when there is none.
func value(n *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

// arrange puts a step's name before its id, or takes the id out.
func arrange(step *yaml.Node, withIDs bool) {
	i := slices.IndexFunc(step.Content, func(n *yaml.Node) bool { return n.Value == "id" })
	if i != 0 {
		return
	}
	id := slices.Clone(step.Content[:2])
	step.Content = step.Content[2:]
	if !withIDs {
		return
	}
	after := 0
	if value(step, "name") != nil {
		after = 2
	}
	step.Content = slices.Insert(step.Content, after, id...)
}

// style chooses how each value is written: texts of several lines as blocks, short lists in one line, times in quotes.
func style(n *yaml.Node, key string) {
	n.Style = 0
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			n.Content[i].Style = 0
			style(n.Content[i+1], n.Content[i].Value)
		}
		if key == "start_on" {
			n.Style = yaml.FlowStyle
		}
	case yaml.SequenceNode:
		length := 0
		for _, item := range n.Content {
			style(item, key)
			length += len(item.Value)
			if item.Style&yaml.LiteralStyle != 0 {
				length += 100
			}
		}
		if key != "steps" && length < 80 {
			n.Style = yaml.FlowStyle
		}
	case yaml.ScalarNode:
		if n.Tag == "!!str" {
			n.Style = textStyle(n.Value, key)
		}
	case yaml.DocumentNode, yaml.AliasNode: // not in what is made from JSON
	}
}

func textStyle(s, key string) yaml.Style {
	switch {
	case key == "at":
		return yaml.DoubleQuotedStyle
	case !strings.Contains(s, "\n"):
		if needsQuotes(s) {
			return yaml.DoubleQuotedStyle
		}
		return 0
	case blockSafe(s):
		return yaml.LiteralStyle
	}
	return yaml.DoubleQuotedStyle
}

// blockSafe reports whether a literal block keeps the text as it is.
func blockSafe(s string) bool {
	if strings.TrimLeft(s, " \n\t") != s || strings.TrimSpace(s) == "" {
		return false
	}
	for _, c := range s {
		if c != '\n' && (c < ' ' || !strconv.IsPrint(c) && c != 0xa0) {
			return false
		}
	}
	for line := range strings.SplitSeq(s, "\n") {
		if strings.TrimRight(line, " ") != line {
			return false
		}
	}
	return true
}

// needsQuotes reports texts that this program's YAML reads as text without quotes, and other programs' may not.
func needsQuotes(s string) bool {
	switch strings.ToLower(s) {
	case "y", "n", "yes", "no", "on", "off", "true", "false", "null", "~", "":
		return true
	}
	for _, c := range s {
		if c < ' ' || !strconv.IsPrint(c) {
			return true
		}
	}
	return strings.TrimSpace(s) != s || strings.Trim(s, "0123456789.:_-+") == ""
}
