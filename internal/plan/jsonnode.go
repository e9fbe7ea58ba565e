package plan

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"

	"go.yaml.in/yaml/v3"
)

// maxDepth bounds how deep JSON values nest; a plan needs five.
const maxDepth = 100

// parseJSON reads a JSON text into the nodes that a YAML file is read into, with lines. YAML's own reader would do for most of it,
// but not for surrogate pairs ("\ud83d\ude00"), which other programs write.
func parseJSON(data []byte) (*yaml.Node, error) {
	p := &jsonParser{data: data, decoder: json.NewDecoder(bytes.NewReader(data)), line: 1}
	p.decoder.UseNumber()
	n, err := p.value(0)
	if err != nil {
		return nil, err
	}
	if _, err := p.decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, wrong("there is more after the JSON value")
	}
	return n, nil
}

type jsonParser struct {
	data    []byte
	decoder *json.Decoder
	counted int // bytes whose line breaks are in line
	line    int
}

func (p *jsonParser) value(depth int) (*yaml.Node, error) {
	token, err := p.decoder.Token()
	if err != nil {
		return nil, err
	}
	if depth > maxDepth {
		return nil, wrong("the values nest deeper than %d", maxDepth)
	}
	end := int(p.decoder.InputOffset())
	p.line += bytes.Count(p.data[p.counted:end], []byte("\n"))
	p.counted = end
	n := &yaml.Node{Kind: yaml.ScalarNode, Line: p.line}
	switch v := token.(type) {
	case json.Delim:
		n.Kind, n.Tag = yaml.MappingNode, "!!map"
		if v == '[' {
			n.Kind, n.Tag = yaml.SequenceNode, "!!seq"
		}
		for p.decoder.More() {
			child, err := p.value(depth + 1)
			if err != nil {
				return nil, err
			}
			n.Content = append(n.Content, child)
		}
		_, err = p.decoder.Token() // the closing bracket
	case string:
		n.Tag, n.Value, n.Style = "!!str", v, yaml.DoubleQuotedStyle
	case json.Number:
		n.Tag, n.Value = "!!float", v.String()
		if _, e := strconv.ParseInt(v.String(), 10, 64); e == nil {
			n.Tag = "!!int"
		}
	case bool:
		n.Tag, n.Value = "!!bool", strconv.FormatBool(v)
	case nil:
		n.Tag, n.Value = "!!null", "null"
	}
	return n, err
}

// jsonErrorLine is the line of the text that is no JSON.
func jsonErrorLine(data []byte, err error) int {
	end := len(bytes.TrimSpace(data))
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) && int(syntax.Offset) < end {
		end = max(int(syntax.Offset)-1, 0)
	}
	return 1 + bytes.Count(data[:end], []byte("\n"))
}
