package merge_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"testing"

	"tactus/internal/merge"
)

// stricter lists the cases where Tactus differs from Liquid on purpose, with the reason.
func stricter() map[string]string {
	return map[string]string{}
}

type acceptanceCase struct {
	Name     string          `json:"name"`
	Template string          `json:"template"`
	Data     json.RawMessage `json:"data"`
	Result   *string         `json:"result"`
	Results  []string        `json:"results"`
	Invalid  bool            `json:"invalid"`
}

// TestAcceptance holds the language against the cases that others wrote (TPL-1); HTML escaping is off.
func TestAcceptance(t *testing.T) {
	t.Parallel()
	var file struct{ Tests []acceptanceCase }
	if err := json.Unmarshal(acceptanceFile(t), &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Tests) == 0 {
		t.Fatal("the file holds no cases")
	}
	passed, reasons := 0, stricter()
	for _, c := range file.Tests {
		problem := c.run(t)
		reason, differs := reasons[c.Name]
		switch {
		case problem == "" && differs:
			t.Errorf("%s: agrees with Liquid; take it off the list (%s)", c.Name, reason)
		case problem != "" && !differs:
			t.Errorf("%s: %s\n\ttemplate %q data %s", c.Name, problem, c.Template, c.Data)
		case problem == "":
			passed++
		}
		delete(reasons, c.Name)
	}
	for name := range reasons {
		t.Errorf("no case is named %q", name)
	}
	t.Logf("%d of %d cases agree, %d are stricter on purpose", passed, len(file.Tests), len(stricter()))
}

func acceptanceFile(t *testing.T) []byte {
	t.Helper()
	path, given := os.LookupEnv("TACTUS_ACCEPTANCE")
	if !given {
		path = "../../../shared/acceptance/liquid-core.json"
	}
	data, err := os.ReadFile(path)
	if !given && errors.Is(err, os.ErrNotExist) {
		t.Logf("%s is not there: running the committed copy", path)
		data, err = os.ReadFile("testdata/liquid-core.json")
	}
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// run returns what is wrong, "" when the case agrees.
func (c acceptanceCase) run(t *testing.T) string {
	t.Helper()
	data := map[string]any{}
	for _, entry := range orderedJSON(t, c.Data) {
		data[entry.Key] = entry.Value
	}
	tpl, err := merge.Parse(c.Template)
	var got merge.Result
	if err == nil {
		got, err = tpl.Render(data, merge.Options{})
	}
	switch {
	case c.Invalid && err == nil:
		return fmt.Sprintf("got %q, want an error", got.Text)
	case c.Invalid:
		return ""
	case err != nil:
		return "unexpected error: " + err.Error()
	case c.Result != nil && got.Text != *c.Result:
		return fmt.Sprintf("got %q, want %q", got.Text, *c.Result)
	case c.Result == nil && !slices.Contains(c.Results, got.Text):
		return fmt.Sprintf("got %q, want one of %q", got.Text, c.Results)
	}
	return ""
}

// orderedJSON reads an object with its keys in the order of the file, which the cases rely on.
func orderedJSON(t *testing.T, raw json.RawMessage) merge.Ordered {
	t.Helper()
	if len(raw) == 0 {
		return nil
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	v, err := orderedValue(dec)
	if err != nil {
		t.Fatal(err)
	}
	object, ok := v.(merge.Ordered)
	if !ok {
		t.Fatalf("data is not an object: %s", raw)
	}
	return object
}

func orderedValue(dec *json.Decoder) (any, error) {
	token, err := dec.Token()
	if err != nil {
		return nil, err
	}
	delim, ok := token.(json.Delim)
	if !ok {
		return token, nil
	}
	object, list := merge.Ordered{}, []any{}
	for dec.More() {
		entry := merge.Entry{}
		if delim == '{' {
			key, err := dec.Token()
			if err != nil {
				return nil, err
			}
			entry.Key = fmt.Sprint(key)
		}
		if entry.Value, err = orderedValue(dec); err != nil {
			return nil, err
		}
		object, list = append(object, entry), append(list, entry.Value)
	}
	_, err = dec.Token()
	if delim == '{' {
		return object, err
	}
	return list, err
}
