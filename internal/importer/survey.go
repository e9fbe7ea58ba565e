package importer

import (
	"cmp"
	"errors"
	"io"
	"strings"
)

// Survey is what can be said of a file before it is known what its columns mean.
type Survey struct {
	Header     []string `json:"header"`
	Encoding   string   `json:"encoding"`
	Separator  string   `json:"separator"`
	Rows       int64    `json:"rows"`       // below the header, without empty lines
	Unreadable int64    `json:"unreadable"` // of the rows
	Legacy     int      `json:"windows_1252"`

	Sample []Row `json:"-"` // the first rows

	orders []DayOrder // by column: the one order in which all its days can be read; "" = none or several
}

// sampled is how many rows a guess looks at.
const sampled = 200

// Examine reads a whole file through. Errors are those of Open, and of the reader.
func Examine(r io.Reader) (*Survey, error) {
	t, err := Open(r)
	if err != nil {
		return nil, err
	}
	s := &Survey{Header: t.Header, Encoding: t.Encoding, Separator: string(t.Separator), orders: make([]DayOrder, len(t.Header))}
	mixed := make([]bool, len(t.Header))
	for {
		row, err := t.Next()
		if errors.Is(err, io.EOF) {
			s.Legacy = t.Legacy
			return s, nil
		}
		if err != nil {
			return nil, err
		}
		if s.Rows++; len(s.Sample) < sampled {
			s.Sample = append(s.Sample, row)
		}
		if row.Problem != "" {
			s.Unreadable++
			continue
		}
		for i, c := range row.Cells {
			if mixed[i] || len(c) < 6 || len(c) > 40 || strings.IndexByte("0123456789 ", c[0]) < 0 || !strings.ContainsAny(c[:3], "/-. ") {
				continue
			}
			switch o := orderOf(c); {
			case o == "" || o == s.orders[i]:
			case s.orders[i] == "":
				s.orders[i] = o
			default:
				s.orders[i], mixed[i] = "", true
			}
		}
	}
}

// dayOrders are how days are read in each column: as the person says, else as the column itself tells, else as the other columns do that tell, if
// they agree, else as people write in the account's country.
func (s *Survey) dayOrders(p Params, country string) []DayOrder {
	rest := cmp.Or(p.Days, s.agreed(), orderIn(country))
	out := make([]DayOrder, len(s.orders))
	for i, o := range s.orders {
		out[i] = cmp.Or(p.Days, o, rest)
	}
	return out
}

// agreed is the one order of all columns that tell one, "" when they differ or none does.
func (s *Survey) agreed() (one DayOrder) {
	for _, o := range s.orders {
		if o != "" && one != "" && o != one {
			return ""
		}
		one = cmp.Or(one, o)
	}
	return one
}

// Guess is Guess for the surveyed file.
func (s *Survey) Guess() Mapping { return Guess(s.Header, s.Sample) }

// RowPreview is what would become of a row.
type RowPreview struct {
	Line    int           `json:"line"`
	Cells   []CellPreview `json:"cells"`
	Problem string        `json:"problem,omitempty"` // of the row as a whole
}

// CellPreview is one cell as it stands in the file, with what is wrong with it.
type CellPreview struct {
	Text    string `json:"text"`
	Problem string `json:"problem,omitempty"`
	Read    string `json:"read,omitempty"` // a day, as it was understood: 1980-12-31
}

// Preview says what would become of the first n rows. A row with a problem would be refused.
func (s *Survey) Preview(p Params, f Facts, n int) []RowPreview {
	c := newConverter(p, f, s.dayOrders(p, f.Country))
	var out []RowPreview
	for _, row := range s.Sample[:min(n, len(s.Sample))] {
		e := c.convert(row)
		v := RowPreview{Line: row.Line, Cells: make([]CellPreview, len(row.Cells))}
		for i, text := range row.Cells {
			v.Cells[i].Text, v.Cells[i].Read = text, e.days[i]
			for _, problem := range e.problems {
				if problem.Column != "" && i < len(s.Header) && problem.Column == s.Header[i] {
					v.Cells[i].Problem = problem.Message
				}
			}
		}
		for _, problem := range e.problems {
			if problem.Column == "" {
				v.Problem = problem.Message
			}
		}
		out = append(out, v)
	}
	return out
}
