package main

import (
	"strings"
	"testing"
)

func TestSummarize(t *testing.T) {
	t.Parallel()
	const passing = `{"Action":"output","Package":"p","Test":"TestA","Output":"=== RUN   TestA\n"}
{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Output":"PASS\n"}
{"Action":"output","Package":"p","Output":"ok  \tp\t0.1s\n"}
{"Action":"pass","Package":"p"}
`
	cases := []struct {
		name, in string
		ok       bool
		want     []string
	}{
		{"passing", passing, true, []string{"ok  \tp\t0.1s", "1 passed, 0 failed"}},
		{"nothing ran", `{"Action":"skip","Package":"p"}`, false, []string{"no test ran", "0 passed, 0 failed"}},
		{"failing", passing + `{"Action":"output","Package":"q","Test":"TestB","Output":"    b_test.go:1: wrong\n"}
{"Action":"fail","Package":"q","Test":"TestB"}
{"Action":"output","Package":"q","Output":"FAIL\tq\t0.1s\n"}
{"Action":"fail","Package":"q"}`, false, []string{"b_test.go:1: wrong", "FAIL\tq", "1 passed, 1 failed"}},
		{"not building", passing + `{"Action":"build-output","ImportPath":"q","Output":"q.go:1: no\n"}
{"Action":"build-fail","ImportPath":"q"}
{"Action":"fail","Package":"q"}`, false, []string{"q.go:1: no", "1 passed, 1 failed"}},
		{"died while a test ran", passing + `{"Action":"output","Package":"q","Test":"TestB","Output":"panic: x\n"}
{"Action":"fail","Package":"q"}`, false, []string{"panic: x", "1 passed, 1 failed"}},
		{"skipping", passing + `{"Action":"output","Package":"q","Test":"TestB","Output":"    b_test.go:1: no server\n"}
{"Action":"skip","Package":"q","Test":"TestB"}`, false, []string{"q TestB: b_test.go:1: no server", "1 passed, 1 failed"}},
		{"the go command's own words", "go: no such module\n" + passing, true, []string{"go: no such module"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var out strings.Builder
			ok, err := summarize(strings.NewReader(c.in), &out)
			if err != nil || ok != c.ok {
				t.Errorf("got %v, %v; want %v", ok, err, c.ok)
			}
			for _, want := range c.want {
				if !strings.Contains(out.String(), want) {
					t.Errorf("the output lacks %q:\n%s", want, out.String())
				}
			}
			if lines := strings.Split(strings.TrimSpace(out.String()), "\n"); !strings.Contains(lines[len(lines)-1], " passed, ") {
				t.Errorf("the last line is %q", lines[len(lines)-1])
			}
		})
	}
}
