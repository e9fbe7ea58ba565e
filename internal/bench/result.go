package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// Result is what a bench measured; what does not apply is left out (9-quality).
type Result struct {
	Bench     string  `json:"bench"`
	DB        string  `json:"db"`
	N         int     `json:"n"`
	Ours      float64 `json:"ours,omitempty"`
	Yardstick float64 `json:"yardstick,omitempty"`
	Unit      string  `json:"unit,omitempty"`
	Ratio     float64 `json:"ratio,omitempty"` // ours ÷ yardstick
	P50       float64 `json:"p50_ms,omitempty"`
	P99       float64 `json:"p99_ms,omitempty"`
	RSS       float64 `json:"rss_mb,omitempty"`
	// More are further figures, by name.
	More map[string]float64 `json:"more,omitempty"`
	// Notes say what a reader of the figures must know.
	Notes []string `json:"notes,omitempty"`
}

// more adds a further figure.
func (r *Result) more(name string, value float64) {
	if r.More == nil {
		r.More = map[string]float64{}
	}
	r.More[name] = round(value)
}

// WriteJSON writes one object a line.
func WriteJSON(w io.Writer, r Result) error {
	r.Ours, r.Yardstick, r.Ratio, r.P50, r.P99, r.RSS = round(r.Ours), round(r.Yardstick), round(r.Ratio), round(r.P50), round(r.P99), round(r.RSS)
	return json.NewEncoder(w).Encode(r)
}

// WriteTable writes results for people.
func WriteTable(w io.Writer, all ...Result) error {
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	fmt.Fprintln(t, "bench\tdatabase\tn\tours\tyardstick\tunit\tratio\tp50 ms\tp99 ms\trss MB")
	for _, r := range all {
		fmt.Fprintf(t, "%s\t%s\t%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.Bench, r.DB, r.N,
			figure(r.Ours), figure(r.Yardstick), r.Unit, figure(r.Ratio), figure(r.P50), figure(r.P99), figure(r.RSS))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, r := range all {
		for _, name := range slices.Sorted(maps.Keys(r.More)) {
			fmt.Fprintf(w, "  %s: %s = %s\n", r.Bench, strings.ReplaceAll(name, "_", " "), figure(r.More[name]))
		}
		for _, note := range r.Notes {
			fmt.Fprintf(w, "  %s: %s\n", r.Bench, note)
		}
	}
	return nil
}

func figure(v float64) string {
	switch {
	case v == 0:
		return ""
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	default:
		return fmt.Sprintf("%.4g", v)
	}
}

// round keeps four digits: more would be noise.
func round(v float64) float64 {
	var out float64
	if _, err := fmt.Sscanf(fmt.Sprintf("%.4g", v), "%g", &out); err != nil {
		return v
	}
	return out
}

// pairs are the times of ours and of the yardstick, run by run.
type pairs struct{ ours, yard []span }

// result is the medians as rates of n things a second, with the spread of the runs. alone says that the processor
// time is that of all who work, so that it compares both sides even where others share the machine.
func (p pairs) result(n int, unit string, alone bool) Result {
	ours, yard := walls(p.ours), walls(p.yard)
	r := Result{
		Ours: rate(n, median(ours)), Yardstick: rate(n, median(yard)), Unit: unit,
		Ratio: median(yard).Seconds() / median(ours).Seconds(),
	}
	r.more("seconds", median(ours).Seconds())
	r.more("yardstick_seconds", median(yard).Seconds())
	if len(ours) > 1 {
		r.more("ratio_lowest", slices.Min(yard).Seconds()/slices.Max(ours).Seconds())
		r.more("ratio_highest", slices.Max(yard).Seconds()/slices.Min(ours).Seconds())
	}
	if mine, theirs := median(cpus(p.ours)), median(cpus(p.yard)); mine > 0 {
		r.more("cpu_seconds", mine.Seconds())
		r.more("yardstick_cpu_seconds", theirs.Seconds())
		if alone {
			r.more("cpu_ratio", theirs.Seconds()/mine.Seconds())
		}
	}
	return r
}

func walls(all []span) []time.Duration {
	out := make([]time.Duration, len(all))
	for i, s := range all {
		out[i] = s.wall
	}
	return out
}

func cpus(all []span) []time.Duration {
	out := make([]time.Duration, len(all))
	for i, s := range all {
		out[i] = s.cpu
	}
	return out
}

func rate(n int, d time.Duration) float64 { return float64(n) / max(d, time.Microsecond).Seconds() }

func median(all []time.Duration) time.Duration { return quantile(all, 0.5) }

// quantile is the smallest that at least the share q of all does not exceed.
func quantile(all []time.Duration, q float64) time.Duration {
	if len(all) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(all))
	return sorted[max(0, int(math.Ceil(q*float64(len(sorted))))-1)]
}
