package bench

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	"tactus/internal/fault"
	"tactus/internal/importer"
	"tactus/internal/work"
)

// importFile is a file of n rows with 15 columns: one in twenty is a person who came before, one in fifty is refused.
func importFile(n int) string {
	var b strings.Builder
	b.WriteString("First name,Last name,Email,Email 2,Mobile,Home phone,Street,City,State,Zip,Birthday,Source,Stage,Tags,Notes\n")
	for i := range n {
		k := i
		if i%20 == 19 {
			k = i - 10
		}
		address := fmt.Sprintf("p%d@bench.example", k)
		if i%50 == 49 {
			address = "nobody"
		}
		fmt.Fprintf(&b, "Pat%d,Doe%d,%s,,(212) 5%02d-%04d,,%d Main St,Denver,CO,80202,%d/%d/1980,Fair,New,\"hot, buyer\",\"met at the fair, row %d\"\n",
			k, k%1000, address, k/10000%100, k%10000, i, i%12+1, i%28+1, i)
	}
	return b.String()
}

// importing measures how fast a file becomes contacts: matched, checked, with consent and history.
func importing(ctx context.Context, s *session) (Result, error) {
	const fixture = "fixture_empty"
	err := s.fixture(ctx, fixture, func(name string) error { return s.with(ctx, name, func(*office) error { return nil }) })
	if err != nil {
		return Result{}, err
	}
	text := importFile(s.N)
	var p pairs
	var rows int64
	for run := range s.Runs {
		var copied dump
		err := s.on(ctx, fixture, func(r *raw) error {
			before, err := r.census(ctx)
			if err != nil {
				return err
			}
			took, err := s.oursImport(ctx, r, text, run)
			if err != nil {
				return err
			}
			p.ours = append(p.ours, took)
			copied, err = r.dump(ctx, before)
			return err
		})
		if err != nil {
			return Result{}, err
		}
		err = s.on(ctx, fixture, func(r *raw) error {
			s.progress.say("yardstick, run %d of %d", run+1, s.Runs)
			took, err := s.timed(func() error {
				if err := readCSV(text); err != nil {
					return err
				}
				return copied.write(ctx, r)
			})
			if err != nil {
				return err
			}
			p.yard = append(p.yard, took)
			return copied.same(ctx, r)
		})
		if err != nil {
			return Result{}, err
		}
		rows = copied.rows()
	}
	res := p.result(s.N, "rows/s", s.alone())
	res.more("rows_written", float64(rows))
	return s.noted(ctx, res)
}

func (s *session) oursImport(ctx context.Context, r *raw, text string, run int) (took span, err error) {
	return took, s.withAt(ctx, r.address, func(o *office) error {
		s.progress.say("importing, run %d of %d", run+1, s.Runs)
		var id int64
		took, err = s.profiled(run, func() error {
			look, err := o.Imports.Upload(ctx, o.account.ID, strings.NewReader(text), author)
			if err != nil {
				return err
			}
			id = look.Operation
			params := importer.Params{Source: "Fair", Consent: importer.Consent{Basis: "express"}}
			params.Mapping = look.Mapping
			if err := o.Imports.Start(ctx, o.account.ID, id, params); err != nil {
				return err
			}
			return o.finish(ctx, s.progress, id)
		})
		if err != nil {
			return err
		}
		op, err := o.Jobs.Get(ctx, o.account.ID, id)
		if err != nil {
			return err
		}
		return accounted(op, s.N)
	})
}

// accounted fails when not every row of the file became a contact or was refused with a reason.
func accounted(op work.Operation, n int) error {
	c := op.Counts
	if got := int(c[importer.Created] + c[importer.Updated] + c[importer.Turned]); got != n || c[importer.Created] == 0 {
		return fault.New(fault.Internal, "of %d rows %d are accounted for: %v", n, got, c)
	}
	return nil
}

func readCSV(text string) error {
	in := csv.NewReader(strings.NewReader(text))
	in.ReuseRecord = true
	for {
		if _, err := in.Read(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}
