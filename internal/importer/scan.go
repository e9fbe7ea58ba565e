package importer

import "bytes"

// Bounds of one row. A row beyond them is refused, the rows after it are read.
const (
	maxColumns = 200
	maxCell    = 64 << 10
	maxRecord  = 1 << 20
)

// outcome says how the scan of one record ended.
type outcome int

const (
	whole     outcome = iota // a record
	short                    // the data end within the record; more may come
	openQuote                // a quote is not closed within the bounds or the file
	strayText                // text follows a closing quote
	tooLong                  // a cell or the record is beyond the bounds
)

// span is a cell within the data of its record; escaped ones hold doubled quotes or line breaks to be tidied.
type span struct {
	from, to int
	escaped  bool
}

// scanner splits records. Quotes within an unquoted cell stand for themselves (6" pipe).
type scanner struct {
	separator byte
	onlyCR    bool   // lines end with a bare CR, as old Macs wrote them
	cells     []span // of the last record
}

// scan reads the record at the beginning of data. n is where the next one begins, or where the scan gave up;
// end says that no data follow.
func (s *scanner) scan(data []byte, end bool) (n int, out outcome) {
	s.cells = s.cells[:0]
	if stop := s.lineEnd(data); stop >= 0 && bytes.IndexByte(data[:stop], '"') < 0 {
		line := bytes.TrimSuffix(data[:stop], []byte("\r"))
		if bytes.IndexByte(line, '\r') < 0 {
			return s.plain(line, stop+1)
		}
	}
	i := 0
	for {
		from := i
		for i < len(data) && (data[i] == ' ' || data[i] == '\t' && s.separator != '\t') {
			i++
		}
		if i < len(data) && data[i] == '"' {
			var c span
			if c, i, out = s.quoted(data, i+1, end); out != whole {
				return i, out
			}
			s.cells = append(s.cells, c)
		} else {
			for i < len(data) && data[i] != s.separator && data[i] != '\n' && data[i] != '\r' {
				i++
			}
			s.cells = append(s.cells, span{from: from, to: i})
			if i-from > maxCell {
				return i, tooLong
			}
		}
		switch {
		case i > maxRecord:
			return i, tooLong
		case i == len(data):
			if !end {
				return i, short
			}
			return i, whole
		case data[i] == s.separator:
			i++
		case data[i] == '\n':
			return i + 1, whole
		default: // '\r', alone or with its '\n'
			switch {
			case i+1 < len(data) && data[i+1] == '\n':
				return i + 2, whole
			case i+1 == len(data) && !end:
				return i, short
			}
			return i + 1, whole
		}
	}
}

// lineEnd is the place of the next LF, -1 when there is none.
func (s *scanner) lineEnd(data []byte) int {
	if s.onlyCR {
		return -1
	}
	return bytes.IndexByte(data, '\n')
}

// plain splits a line without quotes.
func (s *scanner) plain(line []byte, n int) (int, outcome) {
	from := 0
	for {
		i := bytes.IndexByte(line[from:], s.separator)
		to := from + i
		if i < 0 {
			to = len(line)
		}
		s.cells = append(s.cells, span{from: from, to: to})
		if to-from > maxCell || len(line) > maxRecord {
			return len(line), tooLong
		}
		if i < 0 {
			return n, whole
		}
		from = to + 1
	}
}

// quoted reads a quoted cell whose text begins at i, up to the separator or line end behind it.
func (s *scanner) quoted(data []byte, i int, end bool) (c span, n int, out outcome) {
	c.from = i
	for {
		q := bytes.IndexByte(data[i:], '"')
		switch {
		case q < 0 && len(data)-c.from > maxCell, q >= 0 && i+q-c.from > maxCell:
			return c, min(len(data), c.from+maxCell), openQuote
		case q < 0 && end:
			return c, len(data), openQuote
		case q < 0:
			return c, len(data), short
		}
		i += q + 1
		if i < len(data) && data[i] == '"' {
			c.escaped = true
			i++
			continue
		}
		if i == len(data) && !end {
			return c, i, short
		}
		c.to = i - 1
		c.escaped = c.escaped || bytes.IndexByte(data[c.from:c.to], '\r') >= 0
		for i < len(data) && (data[i] == ' ' || data[i] == '\t' && s.separator != '\t') {
			i++
		}
		switch {
		case i == len(data) && !end:
			return c, i, short
		case i == len(data), data[i] == s.separator, data[i] == '\n', data[i] == '\r':
			return c, i, whole
		}
		return c, i, strayText
	}
}
