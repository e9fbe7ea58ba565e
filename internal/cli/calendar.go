package cli

import (
	"fmt"
	"io"
	"strings"

	"tactus/internal/simulate"
)

// writeCalendar shows a simulation day by day, as a person would keep it.
func writeCalendar(w io.Writer, res *simulate.Result) error {
	p := &printer{w: w}
	day := ""
	for _, l := range res.Lines {
		if d := l.Local.Format("Monday, 2 January 2006"); d != day {
			if day != "" {
				p.line("")
			}
			day = d
			p.line("%s", d)
		}
		if l.Status != "" {
			p.line("  %s  ── %s: %s", l.Local.Format("15:04"), l.Plan, statusText(l))
			continue
		}
		p.step(l)
	}
	switch {
	case len(res.Lines) == 0:
		p.line("Nothing happens.")
	case res.Cut == "until":
		p.line("\n(The rest lies after --until.)")
	case res.Cut == "rounds":
		p.line("\n(It goes on like this; cut by --rounds.)")
	case res.Cut != "":
		p.line("\n(Cut after %s.)", res.Cut)
	}
	return p.err
}

func statusText(l simulate.Line) string {
	if l.Run > 1 {
		return fmt.Sprintf("%s (%s), run %d", l.Status, strings.ReplaceAll(l.Reason, "_", " "), l.Run)
	}
	return fmt.Sprintf("%s (%s)", l.Status, strings.ReplaceAll(l.Reason, "_", " "))
}

// printer keeps the first write error.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format+"\n", args...)
	}
}

func (p *printer) step(l simulate.Line) {
	mark := map[string]string{"fired": "✓", "skipped": "–", "failed": "✗"}[l.Outcome]
	why := ""
	switch {
	case l.Outcome != "fired":
		why = fmt.Sprintf("  [%s: %s]", l.Outcome, strings.ReplaceAll(l.Reason, "_", " "))
	case l.Reason != "":
		why = fmt.Sprintf("  [moved from %s by %s]", l.Due.In(l.Local.Location()).Format("Mon 15:04"), strings.ReplaceAll(l.Reason, "_", " "))
	}
	p.line("  %s  %s %d. %s (%s)%s", l.Local.Format("15:04"), mark, l.Step, l.Name, strings.ReplaceAll(l.Action, "_", " "), why)
	if l.Subject != "" {
		p.line("           Subject: %s", l.Subject)
	}
	for _, text := range strings.Split(l.Text, "\n") {
		if l.Text != "" {
			p.line("           %s", strings.TrimRight("│ "+text, " "))
		}
	}
}
