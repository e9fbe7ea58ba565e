package store

import (
	"encoding/json"
	"strconv"
	"strings"
)

// rowsJSON writes a set of rows as one JSON parameter for {each $n}. Sets of thousands are written on every move, so it does
// without reflection.
type rowsJSON struct {
	b     []byte
	count int
	first bool
}

// row begins the next row.
func (r *rowsJSON) row() *rowsJSON {
	if r.count == 0 {
		r.b = append(r.b, '[', '[')
	} else {
		r.b = append(r.b, ']', ',', '[')
	}
	r.count++
	r.first = true
	return r
}

func (r *rowsJSON) comma() {
	if !r.first {
		r.b = append(r.b, ',')
	}
	r.first = false
}

func (r *rowsJSON) num(n int64) *rowsJSON {
	r.comma()
	r.b = strconv.AppendInt(r.b, n, 10)
	return r
}

// orNull writes 0 as null.
func (r *rowsJSON) orNull(n int64) *rowsJSON {
	if n != 0 {
		return r.num(n)
	}
	r.comma()
	r.b = append(r.b, "null"...)
	return r
}

func (r *rowsJSON) flag(v bool) *rowsJSON {
	r.comma()
	r.b = strconv.AppendBool(r.b, v)
	return r
}

func (r *rowsJSON) text(s string) *rowsJSON {
	r.comma()
	if plain(s) {
		r.b = append(r.b, '"')
		r.b = append(r.b, s...)
		r.b = append(r.b, '"')
		return r
	}
	quoted, err := json.Marshal(s)
	if err != nil {
		panic("store: " + err.Error()) // a string always marshals
	}
	r.b = append(r.b, quoted...)
	return r
}

// raw writes a value that is JSON already.
func (r *rowsJSON) raw(j []byte) *rowsJSON {
	r.comma()
	r.b = append(r.b, j...)
	return r
}

func (r *rowsJSON) empty() bool { return r.count == 0 }

// String is the parameter.
func (r *rowsJSON) String() string {
	if r.count == 0 {
		return "[]"
	}
	return dropNUL(string(r.b) + "]]")
}

// plain reports whether a text needs no escape.
func plain(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool { return c < ' ' || c == '"' || c == '\\' || c >= 0x7f })
}
