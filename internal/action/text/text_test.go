package text_test

import (
	"reflect"
	"testing"

	"tactus/internal/action"
	"tactus/internal/action/actiontest"
	"tactus/internal/action/text"
)

func TestValidate(t *testing.T) {
	t.Parallel()
	actiontest.CheckFaults(t, text.Send{}, map[string][]string{
		`{"text": "Hi {{ name }}"}`: nil,
		`{"texts": ["one", "two"]}`: nil,
		`{"texts": "one"}`:          nil,
		`{"text": "Look", "media": "https://example.com/house.jpg"}`: nil,
		`{}`:            {"text"},
		`{"texts": []}`: {"text"},
		`{"media": ["https://example.com/house.jpg"]}`:                        {"text"},
		`{"text": "Hi", "texts": ["one"]}`:                                    {"texts"},
		`{"texts": ["one", " ", ""]}`:                                         {"texts[1]", "texts[2]"},
		`{"text": "Look", "media": ["house.jpg", "", "ftp://example.com/a"]}`: {"media[0]", "media[1]", "media[2]"},
	})
}

// PLAN-12: a dynamic step sends the next text each round, over runs, then wraps; a static one always the same.
func TestContent(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		config string
		want   []string
	}{
		{`{"text": "one"}`, []string{"one", "one", "one"}},
		{`{"texts": ["one", "two"]}`, []string{"one", "two", "one", "two", "one"}},
	} {
		content, ok := actiontest.Decode(t, text.Send{}, c.config).(action.Content)
		if !ok {
			t.Fatal("a text has no content")
		}
		for n, want := range c.want {
			if got := content.Content(n).Text; got != want {
				t.Errorf("%s: sending %d is %q, want %q", c.config, n, got, want)
			}
		}
	}
}

func TestTexts(t *testing.T) {
	t.Parallel()
	r := action.NewRegistry(text.Send{})
	for config, want := range map[string]map[string]string{
		`{"text": "one"}`:           {"text": "one"},
		`{"texts": ["one", "two"]}`: {"texts[0]": "one", "texts[1]": "two"},
	} {
		if got := r.Texts("send_sms", []byte(config)); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %v, want %v", config, got, want)
		}
	}
}

func TestDo(t *testing.T) {
	t.Parallel()
	if !(text.Send{}).Info().Planned {
		t.Error("its channel is not built yet")
	}
	actiontest.CheckDeeds(t, text.Send{}, []actiontest.Deed{
		{Name: "text", Config: `{"text": "Hi"}`, Want: action.Doing(action.SendMessage{Channel: "sms"})},
	})
}
