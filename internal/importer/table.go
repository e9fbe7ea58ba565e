package importer

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"

	"tactus/internal/fault"
)

// Row is one record below the header.
type Row struct {
	Line  int      // of the file where it begins; the first line is 1
	Cells []string // as many as the header has, unless there is a Problem
	// Problem says why the record cannot be read; Cells are then a best effort, for the file of refused rows.
	Problem string
}

// Table is a CSV file that is being read, one record after the other. It serves one goroutine.
type Table struct {
	Header    []string // names of the columns, none empty, no two alike
	Encoding  string   // what the bytes are: UTF-8 or UTF-16
	Separator rune
	// Legacy counts the records so far that were not UTF-8 and were read as Windows-1252, the header included.
	Legacy int

	in    io.Reader
	err   error // of in; io.EOF at the end
	buf   []byte
	pos   int // of the next record in buf
	line  int // of the next record
	scan  scanner
	probe scanner
}

// chunk is how much is read at once. It is more than the longest record, so that one always fits twice.
const chunk = 256 << 10

// Open reads encoding, separator and header. Errors are fault.Invalid and say what to do about the file.
func Open(r io.Reader) (*Table, error) {
	t := &Table{in: r, line: 1}
	if err := t.detect(); err != nil {
		return nil, err
	}
	for {
		row, raw, err := t.record()
		switch {
		case errors.Is(err, io.EOF):
			return nil, fault.New(fault.Invalid, "the file is empty")
		case err != nil:
			return nil, err
		case row.Problem != "":
			return nil, fault.New(fault.Invalid, "line %d, with the names of the columns, cannot be read: it %s", row.Line, row.Problem)
		case blank(row.Cells):
			continue
		case len(row.Cells) > maxColumns:
			return nil, fault.New(fault.Invalid, "there are %d columns; at most %d can be read", len(row.Cells), maxColumns)
		}
		if !utf8.Valid(raw) {
			t.Legacy++
		}
		if t.Header, err = header(row.Cells); err != nil {
			return nil, err
		}
		return t, nil
	}
}

// Next returns the next record, io.EOF after the last. Empty lines are passed over. An error other than io.EOF means
// that the file could not be read on.
func (t *Table) Next() (Row, error) {
	for {
		row, raw, err := t.record()
		if err != nil {
			return Row{}, err
		}
		if row.Problem == "" && blank(row.Cells) {
			continue
		}
		if !utf8.Valid(raw) {
			t.Legacy++
		}
		if row.Problem == "" && bytes.IndexByte(raw, 0) >= 0 {
			row.Problem = "has NUL bytes: the file is damaged"
		}
		return row, nil
	}
}

// record reads one record as it stands, with its bytes, which are valid until the next call.
func (t *Table) record() (Row, []byte, error) {
	for {
		data := t.buf[t.pos:]
		if len(data) == 0 && t.err != nil {
			return Row{}, nil, t.err
		}
		end := t.ended()
		n, out := t.scan.scan(data, end)
		if out == short && len(data) <= maxRecord {
			t.fill()
			if t.broken() {
				return Row{}, nil, t.err
			}
			continue
		}
		if out == short {
			out = tooLong
		}
		cells := t.scan.cells
		problem := ""
		switch {
		case out == openQuote:
			problem = "has a quote that is not closed"
		case out == strayText:
			problem = "has text behind a closing quote; a quote within a cell must be doubled"
		case out == tooLong:
			problem = fmt.Sprintf("is too long: a cell has at most %d KiB", maxCell>>10)
		case t.Header != nil:
			if problem = t.ragged(data, cells); problem == "" {
				cells = cells[:min(len(cells), len(t.Header))]
			}
		}
		if problem != "" {
			n = t.resume(data, n, out)
		}
		row := Row{Line: t.line, Problem: problem}
		raw := data[:n]
		if problem == "" {
			row.Cells = t.texts(raw, cells)
		} else {
			row.Cells = t.effort(raw)
		}
		t.pos += n
		t.line += lines(raw)
		if problem != "" && (n == 0 || raw[n-1] != '\n' && raw[n-1] != '\r') {
			t.skipLine()
		}
		return row, raw, nil
	}
}

// ragged says what is wrong with the number of cells. Further cells that are empty are not missed.
func (t *Table) ragged(data []byte, cells []span) string {
	have, want := len(cells), len(t.Header)
	if have == want {
		return ""
	}
	empty := func(c span) bool { return len(bytes.TrimSpace(data[c.from:c.to])) == 0 }
	for have > want && empty(cells[have-1]) {
		have--
	}
	if have == want || !slices.ContainsFunc(cells, func(c span) bool { return !empty(c) }) { // an empty line is none
		return ""
	}
	return fmt.Sprintf("has %s, the header has %d", count(have, "column"), want)
}

// resume finds where reading goes on after a record that cannot be read: at the first line within it from which
// a record with the right number of cells begins, so that a quote that is never closed doesn't take the rows behind it
// along; else behind the line where the scan gave up.
func (t *Table) resume(data []byte, n int, out outcome) int {
	end := t.ended()
	stop := n
	if out != whole || stop == 0 { // it gave up in the middle of a line
		stop += lineLength(data[n:])
	}
	if t.Header == nil {
		return stop
	}
	t.probe = scanner{separator: t.scan.separator, onlyCR: t.scan.onlyCR, cells: t.probe.cells}
	for at := lineLength(data); at < stop; at += lineLength(data[at:]) {
		if _, out := t.probe.scan(data[at:], end); out == whole && len(t.probe.cells) == len(t.Header) && len(t.Header) > 1 {
			return at
		}
	}
	if len(t.Header) == 1 {
		return lineLength(data) // any line is a record of one column
	}
	return stop
}

// ended reports whether the buffer holds the end of the file, broken whether it could not be read on.
func (t *Table) ended() bool  { return errors.Is(t.err, io.EOF) }
func (t *Table) broken() bool { return t.err != nil && !t.ended() }

// fill reads on, keeping what has not been used.
func (t *Table) fill() {
	rest := copy(t.buf, t.buf[t.pos:])
	t.buf, t.pos = t.buf[:rest], 0
	if cap(t.buf)-rest < chunk {
		grown := make([]byte, rest, 2*cap(t.buf)+2*chunk)
		copy(grown, t.buf)
		t.buf = grown
	}
	n, err := io.ReadFull(t.in, t.buf[rest:rest+chunk])
	t.buf = t.buf[:rest+n]
	switch err {
	case nil:
	case io.ErrUnexpectedEOF, io.EOF:
		t.err = io.EOF
	default:
		t.err = err
	}
}

// skipLine passes over the rest of a line that is too long to be kept.
func (t *Table) skipLine() {
	for {
		rest := t.buf[t.pos:]
		if i := bytes.IndexAny(rest, "\r\n"); i >= 0 {
			t.pos += i
			t.pos += lineLength(t.buf[t.pos:])
			t.line++
			return
		}
		t.pos = len(t.buf)
		if t.err != nil {
			return
		}
		t.fill()
	}
}
