package importer

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"tactus/internal/fault"
)

// separators in order of preference.
const separators = ",;\t|"

// magic are beginnings of files that people take for CSV.
var magic = []struct{ begins, what string }{
	{"PK\x03\x04", "an Excel workbook or a ZIP archive; save the sheet as CSV"},
	{"\xd0\xcf\x11\xe0", "an old Excel workbook; save the sheet as CSV"},
	{"%PDF", "a PDF"},
	{"\x1f\x8b", "compressed; unpack it"},
	{"BEGIN:VCARD", "a vCard file, not CSV"},
	{"<!DOCTYPE", "a web page, not CSV"},
	{"<html", "a web page, not CSV"},
}

// detect finds encoding and separator from the first bytes.
func (t *Table) detect() error {
	t.buf = make([]byte, 0, 2*chunk)
	if t.fill(); t.broken() {
		return t.err
	}
	for _, m := range magic {
		if bytes.HasPrefix(t.buf, []byte(m.begins)) {
			return fault.New(fault.Invalid, "this file is %s", m.what)
		}
	}
	t.Encoding = "UTF-8"
	switch wide := utf16(t.buf); {
	case wide != nil:
		raw := io.MultiReader(bytes.NewReader(bytes.Clone(t.buf)), t.rest())
		t.in, t.err, t.buf = transform.NewReader(raw, wide.NewDecoder()), nil, t.buf[:0]
		t.Encoding = "UTF-16"
		if t.fill(); t.broken() {
			return t.err
		}
	case bytes.HasPrefix(t.buf, []byte("\xef\xbb\xbf")):
		t.pos = 3
	}
	if nul := bytes.Count(t.buf, []byte{0}); nul > len(t.buf)/10 {
		return fault.New(fault.Invalid, "this file is not text; save the list as CSV")
	}
	sample := t.buf[t.pos:]
	t.scan.onlyCR = bytes.IndexByte(sample, '\n') < 0
	first := sample[:lineLength(sample)]
	if hint := strings.ToLower(string(bytes.TrimRight(first, "\r\n"))); len(hint) == 5 && strings.HasPrefix(hint, "sep=") { // Excel's own hint
		t.scan.separator = hint[4]
		t.pos += len(first)
		t.line++
	} else {
		t.scan.separator = sniff(sample, t.ended(), t.scan.onlyCR)
	}
	t.Separator = rune(t.scan.separator)
	return nil
}

// rest is what is left of the file behind the buffer.
func (t *Table) rest() io.Reader {
	if t.err != nil {
		return strings.NewReader("")
	}
	return t.in
}

// utf16 tells UTF-16 by its mark or, without one, by the zero bytes that Latin letters have; nil = it is not.
func utf16(b []byte) encoding.Encoding {
	zeros := func(from int) int {
		n := 0
		for i := from; i < min(len(b), 1000); i += 2 {
			if b[i] == 0 {
				n++
			}
		}
		return n
	}
	half := min(len(b), 1000) / 2
	switch {
	case bytes.HasPrefix(b, []byte{0xff, 0xfe}):
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	case bytes.HasPrefix(b, []byte{0xfe, 0xff}):
		return unicode.UTF16(unicode.BigEndian, unicode.UseBOM)
	case half < 2:
	case zeros(1) > half*3/4 && zeros(0) == 0:
		return unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	case zeros(0) > half*3/4 && zeros(1) == 0:
		return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	}
	return nil
}

// sniff chooses the separator that splits the first lines most evenly.
func sniff(sample []byte, end, onlyCR bool) byte {
	best, bestScore := separators[0], 0.0
	for _, sep := range []byte(separators) {
		s := scanner{separator: sep, onlyCR: onlyCR}
		width, same, total := 0, 0, 0
		for at := 0; at < len(sample) && total < 50; {
			n, out := s.scan(sample[at:], end)
			if out == short {
				break
			}
			if out != whole {
				n += lineLength(sample[at+n:])
			}
			at += max(n, 1)
			switch {
			case out == whole && len(s.cells) == 1 && s.cells[0].from == s.cells[0].to: // an empty line
			case total == 0:
				width, same, total = len(s.cells), 1, 1
			default:
				total++
				if out == whole && len(s.cells) == width {
					same++
				}
			}
		}
		if total == 0 || width < 2 {
			continue
		}
		if score := float64(same)/float64(total) + float64(min(width, maxColumns))/(10*maxColumns); score > bestScore {
			best, bestScore = sep, score
		}
	}
	return best
}

// header makes the names of the columns: none empty, no two alike.
func header(cells []string) ([]string, error) {
	names := make([]string, len(cells))
	seen := map[string]bool{}
	for i, c := range cells {
		name := strings.Join(strings.Fields(strings.Trim(strings.ToValidUTF8(c, ""), "\ufeff\u200b\x00")), " ")
		if looksLikeEmail(name) {
			return nil, fault.New(fault.Invalid, "the first line holds %q, not the names of the columns; put a line with names above it", name)
		}
		if name == "" {
			name = fmt.Sprintf("Column %d", i+1)
		}
		unique := name
		for n := 2; seen[strings.ToLower(unique)]; n++ {
			unique = fmt.Sprintf("%s %d", name, n)
		}
		seen[strings.ToLower(unique)] = true
		names[i] = unique
	}
	return names, nil
}

func looksLikeEmail(s string) bool {
	at := strings.IndexByte(s, '@')
	return at > 0 && strings.IndexByte(s[at:], '.') > 0 && !strings.ContainsAny(s, " \t")
}
