// Command testsum reads one or more streams of `go test -json` and prints what a person and a build
// server want: the line of each package, the whole output of what failed, and as its last line
// "N passed, N failed". It exits with 1 when anything failed or was skipped, or nothing ran:
// a test that is skipped proves nothing (HOUSE-4).
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

func main() {
	ok, err := summarize(os.Stdin, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "testsum:", err)
	}
	if err != nil || !ok {
		os.Exit(1)
	}
}

// event is one line of `go test -json` (go doc test2json).
type event struct {
	Action     string
	Package    string
	ImportPath string // of a failed build
	Test       string
	Output     string
}

type key struct{ pkg, test string }

type summary struct {
	out     io.Writer
	pending map[key]*strings.Builder // output of what has not ended; test "" is the package
	passed  int
	failed  int
	skipped []string
	broken  bool // a package failed: to build, in TestMain, or by its tests
}

func summarize(in io.Reader, out io.Writer) (ok bool, err error) {
	s := &summary{out: out, pending: map[key]*strings.Builder{}}
	reader := bufio.NewReader(in)
	for {
		line, readErr := reader.ReadString('\n')
		if text := strings.TrimSpace(line); text != "" {
			var e event
			if json.Unmarshal([]byte(text), &e) == nil && e.Action != "" {
				s.take(e)
			} else {
				fmt.Fprintln(out, text) // what the go command says outside its stream
			}
		}
		if errors.Is(readErr, io.EOF) {
			break
		}
		if readErr != nil {
			return false, readErr
		}
	}
	for _, line := range s.skipped {
		fmt.Fprintln(out, "SKIPPED, which counts as a failure:", line)
	}
	failed := s.failed + len(s.skipped)
	if s.broken && failed == 0 {
		failed = 1
	}
	if s.passed+failed == 0 {
		fmt.Fprintln(out, "no test ran")
	}
	fmt.Fprintf(out, "%d passed, %d failed\n", s.passed, failed)
	return failed == 0 && s.passed > 0, nil
}

func (s *summary) take(e event) {
	k := key{e.Package, e.Test}
	switch e.Action {
	case "output":
		if s.pending[k] == nil {
			s.pending[k] = &strings.Builder{}
		}
		s.pending[k].WriteString(e.Output)
	case "build-output":
		fmt.Fprint(s.out, e.Output)
	case "build-fail":
		s.broken = true
	case "pass":
		s.pass(k)
	case "fail":
		s.fail(k)
	case "skip":
		s.skip(k)
	}
}

func (s *summary) pass(k key) {
	if k.test != "" {
		s.passed++
	} else {
		s.printLines(k, "ok ")
	}
	delete(s.pending, k)
}

func (s *summary) fail(k key) {
	if k.test != "" {
		s.failed++
		s.print(k)
		return
	}
	s.broken = true
	for other := range s.pending { // tests that were running when the process died
		if other.pkg == k.pkg && other.test != "" {
			s.failed++
			s.print(other)
		}
	}
	s.print(k)
}

func (s *summary) skip(k key) {
	if k.test == "" { // a package without tests
		delete(s.pending, k)
		return
	}
	s.skipped = append(s.skipped, k.pkg+" "+k.test+": "+s.last(k))
	delete(s.pending, k)
}

func (s *summary) print(k key) {
	if b := s.pending[k]; b != nil {
		fmt.Fprint(s.out, b.String())
	}
	delete(s.pending, k)
}

func (s *summary) printLines(k key, prefix string) {
	b := s.pending[k]
	if b == nil {
		return
	}
	for line := range strings.Lines(b.String()) {
		if strings.HasPrefix(line, prefix) {
			fmt.Fprint(s.out, line)
		}
	}
}

// last returns the last line that a test printed itself.
func (s *summary) last(k key) string {
	b := s.pending[k]
	if b == nil {
		return ""
	}
	last := ""
	for line := range strings.Lines(b.String()) {
		if text := strings.TrimSpace(line); text != "" && !strings.HasPrefix(text, "--- ") && !strings.HasPrefix(text, "=== ") {
			last = text
		}
	}
	return last
}
