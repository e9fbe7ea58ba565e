package importer_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"tactus/internal/fault"
	"tactus/internal/importer"
)

// read gives a file's rows as lines "2: a|b", unreadable ones as "3! reason".
func read(t *testing.T, in io.Reader) (*importer.Table, []string) {
	t.Helper()
	table, err := importer.Open(in)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for {
		row, err := table.Next()
		if errors.Is(err, io.EOF) {
			return table, out
		}
		if err != nil {
			t.Fatal(err)
		}
		if row.Problem != "" {
			out = append(out, fmt.Sprintf("%d! %s", row.Line, row.Problem))
			continue
		}
		out = append(out, fmt.Sprintf("%d: %s", row.Line, strings.ReplaceAll(strings.Join(row.Cells, "|"), "\n", "/")))
	}
}

func TestTable(t *testing.T) { // CON-4
	t.Parallel()
	long := strings.Repeat("x", 70_000)
	for name, c := range map[string]struct {
		in   string
		head string
		rows []string
	}{
		"plain":                    {"a,b\n1,2\n3,4\n", "a|b", []string{"2: 1|2", "3: 3|4"}},
		"no end of line":           {"a,b\n1,2", "a|b", []string{"2: 1|2"}},
		"CRLF":                     {"a,b\r\n1,2\r\n3,4\r\n", "a|b", []string{"2: 1|2", "3: 3|4"}},
		"CR":                       {"a,b\r1,2\r3,4", "a|b", []string{"2: 1|2", "3: 3|4"}},
		"mixed ends":               {"a,b\r\n1,2\n3,4\r5,6\n", "a|b", []string{"2: 1|2", "3: 3|4", "4: 5|6"}},
		"semicolon":                {"a;b\n1,5;2\n", "a|b", []string{"2: 1,5|2"}},
		"tab":                      {"a\tb\n1,2\t\"3\t4\"\n", "a|b", []string{"2: 1,2|3\t4"}},
		"pipe":                     {"a|b|c\n1|2|3\n", "a|b|c", []string{"2: 1|2|3"}},
		"hint of Excel":            {"sep=;\r\na;b\r\n1;2\r\n", "a|b", []string{"3: 1|2"}},
		"one column":               {"email\na@example.com\n\nb@example.com\n", "email", []string{"2: a@example.com", "4: b@example.com"}},
		"quotes":                   {"a,b\n\"x, \"\"y\"\"\",2\n", "a|b", []string{`2: x, "y"|2`}},
		"line breaks in quotes":    {"a,b\n\"x\r\ny\",2\n3,4\n", "a|b", []string{"2: x/y|2", "4: 3|4"}},
		"space before a quote":     {"a, b\n1, \"2, 3\" \n", "a|b", []string{"2: 1|2, 3"}},
		"quote in a plain cell":    {"a,b\n6\" pipe,Bob \"B\" Ray\n", "a|b", []string{`2: 6" pipe|Bob "B" Ray`}},
		"byte order mark":          {"\ufeff\"a\",b\n1,2\n", "a|b", []string{"2: 1|2"}},
		"empty lines":              {"\n\na,b\n\n1,2\n,\n  \n3,4\n\n", "a|b", []string{"5: 1|2", "8: 3|4"}},
		"header alone":             {"a,b\n", "a|b", nil},
		"names of columns":         {"Email,email, ,Email\n1,2,3,4\n", "Email|email 2|Column 3|Email 3", []string{"2: 1|2|3|4"}},
		"ragged":                   {"a,b\n1\n1,2,3\n1,2\n", "a|b", []string{"2! has 1 column, the header has 2", "3! has 3 columns, the header has 2", "4: 1|2"}},
		"more that is empty":       {"a,b\n1,2,, \n", "a|b", []string{"2: 1|2"}},
		"text behind a quote":      {"a,b\n\"x\"y,2\n3,4\n", "a|b", []string{"2! has text behind a closing quote; a quote within a cell must be doubled", "3: 3|4"}},
		"quote never closed":       {"a,b\n1,2\n\"x,2\n3,4\n5,6\n", "a|b", []string{"2: 1|2", "3! has a quote that is not closed", "4: 3|4", "5: 5|6"}},
		"quote closed by the next": {"a,b\n\"x,2\n\"y\",4\n5,6\n", "a|b", []string{"2! has text behind a closing quote; a quote within a cell must be doubled", "3: y|4", "4: 5|6"}},
		"two rows in a quote":      {"a,b\n1,\"x\n3,4\n5,\"\n6,7\n", "a|b", []string{"2: 1|x/3,4/5,", "5: 6|7"}},
		"NUL":                      {"a,b\n1,\x002\n3,4\n", "a|b", []string{"2! has NUL bytes: the file is damaged", "3: 3|4"}},
		"cell too long":            {"a,b\n1," + long + "\n3,4\n", "a|b", []string{"2! is too long: a cell has at most 64 KiB", "3: 3|4"}},
		"quoted cell too long":     {"a,b\n1,\"" + long + "\"\n3,4\n", "a|b", []string{"2! has a quote that is not closed", "3: 3|4"}},
		"line too long":            {"a,b\n1," + strings.Repeat(long, 60) + "\n3,4\n", "a|b", []string{"2! is too long: a cell has at most 64 KiB", "3: 3|4"}},
		"too many cells":           {"a,b\n" + strings.Repeat("1,", 2_000_000) + "\n3,4\n", "a|b", []string{"2! is too long: a cell has at most 64 KiB", "3: 3|4"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, in := range []io.Reader{strings.NewReader(c.in), iotest.HalfReader(strings.NewReader(c.in))} {
				table, rows := read(t, in)
				if got := strings.Join(table.Header, "|"); got != c.head {
					t.Errorf("header %q, want %q", got, c.head)
				}
				if !slices.Equal(rows, c.rows) {
					t.Errorf("rows\n%s\nwant\n%s", strings.Join(rows, "\n"), strings.Join(c.rows, "\n"))
				}
			}
		})
	}
}

func TestTableEncodings(t *testing.T) { // CON-4
	t.Parallel()
	text := "Name,City\nZoë Müller,Málaga\nBjörk,“Reykjavík”\nplain,Oslo\n"
	rows := []string{"2: Zoë Müller|Málaga", "3: Björk|“Reykjavík”", "4: plain|Oslo"}
	wide := func(e unicode.Endianness, b unicode.BOMPolicy) string {
		s, err := unicode.UTF16(e, b).NewEncoder().String(text)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	narrow, err := charmap.Windows1252.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	mixed := "Name,City\nZoë Müller,Málaga\nBj\xf6rk,\x93Reykjav\xedk\x94\nplain,Oslo\n"
	for name, c := range map[string]struct {
		in, encoding string
		legacy       int
	}{
		"UTF-8":                       {text, "UTF-8", 0},
		"UTF-8 with a mark":           {"\ufeff" + text, "UTF-8", 0},
		"UTF-16LE":                    {wide(unicode.LittleEndian, unicode.UseBOM), "UTF-16", 0},
		"UTF-16BE":                    {wide(unicode.BigEndian, unicode.UseBOM), "UTF-16", 0},
		"UTF-16LE without a mark":     {wide(unicode.LittleEndian, unicode.IgnoreBOM), "UTF-16", 0},
		"UTF-16BE without a mark":     {wide(unicode.BigEndian, unicode.IgnoreBOM), "UTF-16", 0},
		"Windows-1252":                {narrow, "UTF-8", 2},
		"Windows-1252 in a row alone": {mixed, "UTF-8", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			table, got := read(t, strings.NewReader(c.in))
			want := slices.Clone(rows)
			if strings.HasPrefix(name, "UTF-16") && strings.HasSuffix(name, "mark") { // curly quotes have no zero bytes
				want = rows
			}
			if !slices.Equal(got, want) || table.Encoding != c.encoding || table.Legacy != c.legacy {
				t.Errorf("%s, %d legacy rows: %q", table.Encoding, table.Legacy, got)
			}
		})
	}
}

func TestTableRefuses(t *testing.T) { // CON-4
	t.Parallel()
	for in, want := range map[string]string{
		"":                        "empty",
		" \n\n,,\n":               "empty",
		"\ufeff":                  "empty",
		"PK\x03\x04 and so on":    "Excel",
		"\x1f\x8b and so on":      "compressed",
		"%PDF-1.7":                "PDF",
		"\x00\x01\x02\x00\x00":    "not text",
		"ann@example.com,Ann\n":   "put a line with names",
		"\"never closed\n1,2\n":   "line 1",
		strings.Repeat("a,", 250): "at most 200",
	} {
		_, err := importer.Open(strings.NewReader(in))
		if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: %v", in, err)
		}
	}
	if _, err := importer.Open(iotest.ErrReader(io.ErrClosedPipe)); !errors.Is(err, io.ErrClosedPipe) {
		t.Error(err)
	}
}

func TestTableReadsBeyondItsBuffer(t *testing.T) { // rows of every length, across every border of the buffer
	t.Parallel()
	var in bytes.Buffer
	in.WriteString("n,text\n")
	for i := range 5000 {
		fmt.Fprintf(&in, "%d,\"%s\"\"\n\"\n", i, strings.Repeat("é", i%701))
	}
	table, err := importer.Open(&in)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 5000 {
		row, err := table.Next()
		if err != nil || row.Problem != "" || row.Line != 2+2*i || row.Cells[0] != fmt.Sprint(i) || row.Cells[1] != strings.Repeat("é", i%701)+"\"\n" {
			t.Fatalf("row %d: %+v %v", i, row, err)
		}
	}
	if _, err := table.Next(); !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
}

func FuzzTable(f *testing.F) {
	for _, s := range []string{"a,b\n1,2\n", "a;b\r\n\"x;\r\ny\";2\r", "a\n\"\n\"x\n", "\xff\xfea\x00,\x00b\x00\n\x00", "sep=|\na|b\n", "a,b\n\"\"\",\n,\"\"\n\"x\"y,\n1,2,3\n\xe9,\x00\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		table, err := importer.Open(bytes.NewReader(in))
		if err != nil {
			return
		}
		line, rows := 0, 0
		for {
			row, err := table.Next()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if rows++; rows > len(in) {
				t.Fatal("more rows than bytes")
			}
			if row.Line <= line {
				t.Fatalf("line %d after %d", row.Line, line)
			}
			line = row.Line
			if row.Problem == "" && len(row.Cells) != len(table.Header) || len(row.Cells) > len(table.Header) {
				t.Fatalf("%d cells of %d: %+v", len(row.Cells), len(table.Header), row)
			}
			for _, c := range row.Cells {
				if !utf8.ValidString(c) || row.Problem == "" && len(c) > 4*64<<10 {
					t.Fatalf("cell %q", c)
				}
			}
		}
	})
}
