package importer_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"tactus/internal/importer"
	"tactus/internal/store/storetest"
)

// list is a file of n rows with 15 columns: one in fifty is refused, one in twenty comes again.
func list(n int) string {
	var b strings.Builder
	b.WriteString("First name,Last name,Email,Email 2,Mobile,Home phone,Street,City,State,Zip,Birthday,Source,Stage,Tags,Notes\n")
	for i := range n {
		k := i
		if i%20 == 19 {
			k = i - 10
		}
		email := fmt.Sprintf("p%d@example.com", k)
		if i%50 == 49 {
			email = "nobody"
		}
		fmt.Fprintf(&b, "Pat%d,Doe%d,%s,,(212) 5%02d-%04d,,%d Main St,Denver,CO,80202,%d/%d/1980,Fair,New,\"hot, buyer\",\"met at the fair, row %d\"\n",
			k, k%1000, email, k/10000%100, k%10000, i, i%12+1, i%28+1, i)
	}
	return b.String()
}

// BenchmarkImport brings 10,000 rows in on SQLite; `tactus bench import` has the yardstick beside it.
func BenchmarkImport(b *testing.B) {
	in := list(10_000)
	for _, basis := range []string{"none", "express"} {
		b.Run(basis, func(b *testing.B) {
			for b.Loop() {
				o := newOffice(b, storetest.Open(b, b.TempDir()+"/tactus.db"))
				op := o.bring(in, params(basis))
				if op.Counts[importer.Created] == 0 {
					b.Fatal(op.Counts)
				}
			}
			b.ReportMetric(float64(10_000*b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

// BenchmarkRead reads and checks rows without storing them.
func BenchmarkRead(b *testing.B) {
	in := list(10_000)
	b.Run("table", func(b *testing.B) {
		for b.Loop() {
			t, err := importer.Open(strings.NewReader(in))
			if err != nil {
				b.Fatal(err)
			}
			for err == nil {
				_, err = t.Next()
			}
			if !errors.Is(err, io.EOF) {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(10_000*b.N)/b.Elapsed().Seconds(), "rows/s")
	})
	b.Run("checked", func(b *testing.B) {
		s, err := importer.Examine(strings.NewReader(in))
		if err != nil {
			b.Fatal(err)
		}
		p := importer.Params{Mapping: s.Guess(), Source: "Fair"}
		for b.Loop() {
			if n := len(importer.Leads(s, p, importer.Facts{Country: "US", Stages: []string{"New"}, Now: start})); n != 200 {
				b.Fatal(n)
			}
		}
		b.ReportMetric(float64(200*b.N)/b.Elapsed().Seconds(), "rows/s")
	})
}
