package store

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// ofAccount is a set of ids, parameter $2, of the account $1. The set carries the account, so that a table is joined by its key and never
// walked through, whatever the planner believes of its size.
const ofAccount = `WITH s AS MATERIALIZED (SELECT CAST(j.value AS BIGINT) AS id, CAST($1 AS BIGINT) AS account_id FROM {each $2}) `

// stepsOf are steps [run, round, step, order, [enrollment, …]], parameter $2, of the account $1, one row each.
const stepsOf = `WITH g AS MATERIALIZED (
		SELECT CAST(j.value->>0 AS BIGINT) AS run, CAST(j.value->>1 AS BIGINT) AS round, j.value->>2 AS step, j.value->4 AS members FROM {each $2}),
	m AS MATERIALIZED (SELECT CAST(i.value AS BIGINT) AS id, CAST($1 AS BIGINT) AS account_id, g.run, g.round, g.step FROM g CROSS JOIN {inner g.members}) `

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

// sharedRows is a set of rows that many members share: each row stands in the parameter once, with the ids of its members as last
// item. Rows that are equal are one.
type sharedRows struct {
	head  rowsJSON
	index map[string]int
	rows  []sharedRow
	count int // of members
}

type sharedRow struct {
	order   int
	head    string
	members []int64
}

// row begins the next row; to ends it.
func (s *sharedRows) row() *rowsJSON {
	s.head.b, s.head.count = s.head.b[:0], 0
	return s.head.row()
}

// to gives the row to members. Rows come in the order of order, then in that of their first use.
func (s *sharedRows) to(order int, members []int64) {
	if s.index == nil {
		s.index = map[string]int{}
	}
	s.count += len(members)
	s.head.num(int64(order)) // part of what makes rows equal
	key := string(s.head.b)
	n, known := s.index[key]
	if !known {
		n = len(s.rows)
		s.index[key] = n
		s.rows = append(s.rows, sharedRow{order: order, head: key[1:]})
	}
	s.rows[n].members = append(s.rows[n].members, members...)
}

func (s *sharedRows) empty() bool { return s.count == 0 }

// String is the parameter: [[…, order, [id, …]], …].
func (s *sharedRows) String() string {
	slices.SortStableFunc(s.rows, func(a, b sharedRow) int { return a.order - b.order })
	b := []byte{'['}
	for i, r := range s.rows {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, r.head...)
		b = append(b, ',', '[')
		for k, id := range r.members {
			if k > 0 {
				b = append(b, ',')
			}
			b = strconv.AppendInt(b, id, 10)
		}
		b = append(b, ']', ']')
	}
	return dropNUL(string(append(b, ']')))
}
