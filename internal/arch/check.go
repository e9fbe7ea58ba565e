package arch

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// Check returns what in the module's files breaks the law, a line each with its reason,
// and what in the law itself has rotted: a rule that names a package which is gone, or
// calls one planned that exists.
func Check(fsys fs.FS, law Law) ([]string, error) {
	files, err := read(fsys)
	if err != nil {
		return nil, err
	}
	c := &checker{law: law, packages: map[string]bool{}}
	for _, f := range files {
		c.packages[f.pkg] = true
	}
	for _, f := range files {
		c.file(f)
	}
	c.rot(files)
	slices.Sort(c.found)
	return slices.Compact(c.found), nil
}

// Packages lists the packages of the module, those of tests alone apart.
func Packages(fsys fs.FS) ([]string, error) {
	files, err := read(fsys)
	if err != nil {
		return nil, err
	}
	var list []string
	for _, f := range files {
		if !f.test {
			list = append(list, f.pkg)
		}
	}
	slices.Sort(list)
	return slices.Compact(list), nil
}

type checker struct {
	law      Law
	packages map[string]bool
	found    []string
}

func (c *checker) report(format string, args ...any) {
	c.found = append(c.found, fmt.Sprintf(format, args...))
}

func (c *checker) file(f file) {
	if !f.generated && f.lines > MaxLines && !listed(c.law.Long, f.path) {
		c.report("%s has %d lines, more than %d: a file has one subject (HOUSE-8)", f.path, f.lines, MaxLines)
	}
	if name := strings.TrimSuffix(f.name, "_test"); slices.Contains(c.law.Names, name) {
		c.report("%s: package %s says nothing about what is in it; name it after its responsibility (HOUSE-7)", f.path, name)
	}
	for _, line := range f.inits {
		c.report("%s:%d: func init: constructors take what they need (HOUSE-6)", f.path, line)
	}
	for _, u := range f.clock {
		switch {
		case f.test && u.what == "time.Sleep":
			c.report("%s:%d: time.Sleep in a test: wait for a signal or move a fake clock (HOUSE-9)", f.path, u.line)
		case !f.test && !c.mayTell(f.pkg, u.what):
			c.report("%s:%d: %s: take a clock.Clock or a time.Time; only clock reads the machine's time, so that years run in milliseconds (ENG-13)", f.path, u.line, u.what)
		}
	}
	if f.test {
		return
	}
	for _, u := range f.imports {
		for _, a := range c.law.Arrows {
			if c.breaks(a, f.pkg, u.what) {
				c.report("%s:%d: %s must not import %s: %s", f.path, u.line, f.pkg, c.short(u.what), a.Reason)
			}
		}
	}
}

// mayTell tells whether a package may call one of package time's functions.
func (c *checker) mayTell(pkg, call string) bool {
	return slices.ContainsFunc(c.law.Clock, func(e Exception) bool {
		return match(e.Pattern, pkg) && (e.Only == nil || slices.Contains(e.Only, strings.TrimPrefix(call, "time.")))
	})
}

func (c *checker) breaks(a Arrow, pkg, imported string) bool {
	if !matchAny(a.From, pkg) || matchAny(a.Except, pkg) {
		return false
	}
	ours := strings.HasPrefix(imported, c.law.Module+"/")
	imported = c.short(imported)
	if a.Only != nil {
		return ours && !matchAny(a.Only, imported)
	}
	// A group may name the importer's own folder: what is below a variant belongs to it.
	own := ours && (imported == pkg || strings.HasPrefix(imported, pkg+"/"))
	return !own && matchAny(a.Never, imported)
}

// short takes the module's name off its own packages.
func (c *checker) short(imported string) string {
	return strings.TrimPrefix(imported, c.law.Module+"/")
}

// rot reports what the law says of packages and files that are not so.
func (c *checker) rot(files []file) {
	for _, a := range c.law.Arrows {
		for _, group := range [][]string{a.From, a.Except, a.Never, a.Only} {
			for _, p := range group {
				c.named(p, "an arrow")
			}
		}
	}
	for _, e := range c.law.Clock {
		c.named(e.Pattern, "an exception for the clock")
	}
	for _, e := range c.law.Long {
		if !slices.ContainsFunc(files, func(f file) bool { return f.path == e.Pattern && f.lines > MaxLines }) {
			c.report("the law lets %s be long, but there is no such file or it is short: take the exception out", e.Pattern)
		}
	}
	for _, p := range c.law.Planned {
		if c.exists(p) {
			c.report("%s exists: take it out of Planned, so that the rules that name it cannot rot", p)
		}
	}
}

func (c *checker) named(pattern, by string) {
	pattern = strings.TrimPrefix(pattern, "!")
	first, _, _ := strings.Cut(pattern, "/")
	ours := slices.Contains([]string{"internal", "cmd", "client", "e2e", "scripts"}, first)
	if ours && !c.exists(pattern) && !slices.Contains(c.law.Planned, pattern) {
		c.report("%s of the law names %s, which does not exist: correct the law, or list it in Planned", by, pattern)
	}
}

func (c *checker) exists(pattern string) bool {
	for p := range c.packages {
		if match(pattern, p) {
			return true
		}
	}
	return false
}

func listed(list []Exception, what string) bool {
	return slices.ContainsFunc(list, func(e Exception) bool { return match(e.Pattern, what) })
}

// matchAny tells whether some pattern names the package and none with a "!" before it does.
func matchAny(patterns []string, pkg string) bool {
	named := false
	for _, p := range patterns {
		if but, ok := strings.CutPrefix(p, "!"); ok {
			if match(but, pkg) {
				return false
			}
		} else if match(p, pkg) {
			named = true
		}
	}
	return named
}

// match tells whether a pattern names a package: its parts are compared one by one, "*" stands
// for any one part, a last "..." for any number of parts, none included.
func match(pattern, pkg string) bool {
	want, have := strings.Split(pattern, "/"), strings.Split(pkg, "/")
	for i, part := range want {
		if part == "..." {
			return true
		}
		if i >= len(have) || (part != "*" && part != have[i]) {
			return false
		}
	}
	return len(want) == len(have)
}
