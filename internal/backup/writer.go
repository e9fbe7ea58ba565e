package backup

import (
	"bufio"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"hash"
	"io"

	"tactus/internal/fault"
)

// Writer writes a backup. What is written is worth nothing before Close has returned.
type Writer struct {
	gz    *gzip.Writer
	out   *bufio.Writer
	sum   hash.Hash
	rows  map[string]int64
	table string
	// Progress is called with the rows written so far, now and then; nil = nobody.
	Progress func(rows int64)
	total    int64
}

// lineBuffer is how much is gathered before it is compressed and hashed.
const lineBuffer = 256 << 10

// NewWriter begins a backup.
func NewWriter(w io.Writer, h Header) (*Writer, error) {
	gz, err := gzip.NewWriterLevel(w, gzip.BestSpeed)
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "begin a backup")
	}
	b := &Writer{gz: gz, sum: sha256.New(), rows: map[string]int64{}}
	b.out = bufio.NewWriterSize(io.MultiWriter(gz, b.sum), lineBuffer)
	h.Format = Format
	return b, b.document(h)
}

// Table begins the rows of a table.
func (b *Writer) Table(t Table) error {
	b.table = t.Name
	b.rows[t.Name] = 0
	return b.document(t)
}

// Row adds a row of the table: a JSON array in one line.
func (b *Writer) Row(line []byte) error {
	b.rows[b.table]++
	if b.total++; b.total%8192 == 0 && b.Progress != nil {
		b.Progress(b.total)
	}
	return b.line(line)
}

// Close writes the last line. The file beneath is the caller's to close.
func (b *Writer) Close() error {
	if err := b.out.Flush(); err != nil {
		return broken(err)
	}
	if err := b.document(trailer{Rows: b.rows, SHA256: hex.EncodeToString(b.sum.Sum(nil))}); err != nil {
		return err
	}
	if err := b.out.Flush(); err != nil {
		return broken(err)
	}
	return broken(b.gz.Close())
}

// Summary is what was written.
func (b *Writer) Summary(h Header) Summary { return Summary{Header: h, Rows: b.rows} }

func (b *Writer) document(v any) error {
	line, err := json.Marshal(v)
	if err != nil {
		return fault.Wrap(fault.Internal, err, "write a backup")
	}
	return b.line(line)
}

func (b *Writer) line(line []byte) error {
	_, err := b.out.Write(line)
	if err == nil {
		err = b.out.WriteByte('\n')
	}
	return broken(err)
}

// broken is a fault of the place where the backup goes.
func broken(err error) error {
	if err == nil {
		return nil
	}
	return fault.Wrap(fault.Unavailable, err, "the backup cannot be written")
}
