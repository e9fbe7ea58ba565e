package backup

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"hash"
	"io"
	"maps"

	"tactus/internal/fault"
)

// Reader reads a backup from front to back. What it has given is to be trusted when Next has returned io.EOF, not before.
type Reader struct {
	Header Header

	in    *bufio.Reader
	sum   hash.Hash
	long  []byte // a line that is longer than the buffer of in
	ahead []byte // a line that was read and not yet looked at
	rows  map[string]int64
	table string
}

// maxLine bounds a row: a message with its attachments in hexadecimal.
const maxLine = 512 << 20

// NewReader reads the first line. What is no backup, or one of a later program, is fault.Invalid.
func NewReader(r io.Reader) (*Reader, error) {
	gz, err := gzip.NewReader(r)
	if err != nil {
		return nil, noBackup()
	}
	b := &Reader{in: bufio.NewReaderSize(gz, lineBuffer), sum: sha256.New(), rows: map[string]int64{}}
	first, err := b.line()
	if err != nil {
		return nil, noBackup()
	}
	if err := json.Unmarshal(first, &b.Header); err != nil || b.Header.Format == 0 {
		return nil, noBackup()
	}
	if b.Header.Format > Format {
		return nil, fault.New(fault.Invalid, "this backup was made by a newer Tactus (%s, format %d; this program reads up to %d): restore it with that version",
			b.Header.Program, b.Header.Format, Format)
	}
	b.hash(first)
	return b, nil
}

func noBackup() error {
	return fault.New(fault.Invalid, "this is no backup of Tactus; `tactus backup FILE` makes one")
}

// Next goes on to the next table; the rows of the one before must have been read. After the last it returns io.EOF, if the file is whole and sound.
func (b *Reader) Next() (Table, error) {
	line, err := b.peek()
	if err != nil {
		return Table{}, err
	}
	b.ahead = nil
	if line[0] != '{' {
		return Table{}, damaged("rows without a table")
	}
	var t struct {
		Table
		trailer
	}
	if err := json.Unmarshal(line, &t); err != nil {
		return Table{}, damaged("%v", err)
	}
	if t.SHA256 != "" {
		return Table{}, b.end(t.trailer)
	}
	if _, twice := b.rows[t.Name]; t.Name == "" || len(t.Columns) == 0 || twice {
		return Table{}, damaged("a table %q that cannot be", t.Name)
	}
	b.hash(line)
	b.table = t.Name
	b.rows[t.Name] = 0
	return t.Table, nil
}

// end checks the whole, up to the end of the file.
func (b *Reader) end(t trailer) error {
	if !maps.Equal(t.Rows, b.rows) {
		return damaged("it does not hold as many rows as it says")
	}
	if hex.EncodeToString(b.sum.Sum(nil)) != t.SHA256 {
		return damaged("its checksum is another")
	}
	if _, err := b.in.ReadByte(); !errors.Is(err, io.EOF) {
		return damaged("something follows its end")
	}
	return io.EOF
}

// Rows appends rows of the table to batch as one JSON array of arrays until it is larger than size bytes, and returns how many it holds: 0 at the
// end of the table.
func (b *Reader) Rows(batch []byte, size int) ([]byte, int, error) {
	n := 0
	batch = append(batch, '[')
	for len(batch) < size {
		line, err := b.peek()
		if err != nil {
			return batch, n, err
		}
		if line[0] != '[' {
			break
		}
		b.hash(line)
		if n++; n > 1 {
			batch = append(batch, ',')
		}
		batch = append(batch, line...)
		b.ahead = nil
		b.rows[b.table]++
	}
	return append(batch, ']'), n, nil
}

func (b *Reader) peek() ([]byte, error) {
	if b.ahead != nil {
		return b.ahead, nil
	}
	line, err := b.line()
	if err == nil && len(line) == 0 {
		err = damaged("an empty line")
	}
	b.ahead = line
	return line, err
}

// line returns the next line without its end; it is valid until the next call.
func (b *Reader) line() ([]byte, error) {
	b.long = b.long[:0]
	for {
		part, err := b.in.ReadSlice('\n')
		switch {
		case err == nil && len(b.long) == 0:
			return part[:len(part)-1], nil
		case err == nil:
			b.long = append(b.long, part...)
			return bytes.TrimSuffix(b.long, []byte("\n")), nil
		case errors.Is(err, bufio.ErrBufferFull) && len(b.long) < maxLine:
			b.long = append(b.long, part...)
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return nil, damaged("it ends in the middle")
		default:
			return nil, damaged("%v", err)
		}
	}
}

func (b *Reader) hash(line []byte) {
	b.sum.Write(line)
	b.sum.Write([]byte{'\n'})
}

// Verify reads a backup to its end and says what it holds; what is not whole and sound is fault.Invalid. progress may be nil.
func Verify(r io.Reader, progress func(rows int64)) (Summary, error) {
	b, err := NewReader(r)
	if err != nil {
		return Summary{}, err
	}
	var batch []byte
	total := int64(0)
	for {
		_, err := b.Next()
		if errors.Is(err, io.EOF) {
			return b.Summary(), nil
		}
		if err != nil {
			return Summary{}, err
		}
		for {
			var n int
			if batch, n, err = b.Rows(batch[:0], lineBuffer); err != nil {
				return Summary{}, err
			}
			if n == 0 {
				break
			}
			if total += int64(n); progress != nil {
				progress(total)
			}
		}
	}
}

// Summary is what was read so far.
func (b *Reader) Summary() Summary { return Summary{Header: b.Header, Rows: b.rows} }
