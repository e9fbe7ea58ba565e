package simulate_test

import (
	"encoding/json"
	"fmt"
	"strings"
)

// compact writes the simulator's JSON lines for readers of timelines: local time, plan, run and round, what happened; the due moment only
// when it is another, in the same zone offset as "at".
func compact(jsonLines string) string {
	var b strings.Builder
	for _, l := range strings.Split(strings.TrimSpace(jsonLines), "\n") {
		if l == "" {
			continue
		}
		var v struct {
			At, Local, Due, Plan, Status, Name, Action, Outcome, Reason, Subject, Text string
			Run, Round, Step                                                           int
		}
		if err := json.Unmarshal([]byte(l), &v); err != nil {
			return err.Error() + ": " + l + "\n"
		}
		if v.Status != "" {
			fmt.Fprintf(&b, "%s %s #%d %s %s\n", v.Local, v.Plan, v.Run, v.Status, v.Reason)
			continue
		}
		fmt.Fprintf(&b, "%s %s #%d.%d %d %s %s", v.Local, v.Plan, v.Run, v.Round, v.Step, v.Name, v.Outcome)
		if v.Reason != "" {
			b.WriteString(" " + v.Reason)
		}
		if v.Due != v.At {
			b.WriteString(" due " + v.Due)
		}
		for _, part := range []string{v.Subject, strings.ReplaceAll(v.Text, "\n", "⏎")} {
			if part != "" {
				b.WriteString(" | " + part)
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}
