package bulk

import (
	"context"
	"slices"
	"strconv"
	"time"

	"tactus/internal/account"
	"tactus/internal/contact"
	"tactus/internal/fault"
	"tactus/internal/plan"
	"tactus/internal/work"
)

// who is a selection of contacts as an operation stores it: a list, or a filter and the newest contact there was.
type who struct {
	IDs        []int64 `json:"ids,omitempty"` // ascending
	Until      int64   `json:"until,omitempty"`
	Except     []int64 `json:"except,omitempty"`
	Stage      int64   `json:"stage,omitempty"`
	Source     int64   `json:"source,omitempty"`
	Labels     []int64 `json:"labels,omitempty"`
	Assigned   int64   `json:"assigned,omitempty"`
	Plan       int64   `json:"on_plan,omitempty"`
	PlanStatus string  `json:"plan_status,omitempty"`
	Text       string  `json:"text,omitempty"`
	Since      *int64  `json:"since,omitempty"` // milliseconds; nil = any, for 0 is 1970
	Before     *int64  `json:"before,omitempty"`
}

func whoOf(f contact.Filter) who {
	return who{
		Except: f.Except, Stage: f.StageID, Source: f.SourceID, Labels: f.LabelIDs, Assigned: f.AssignedID,
		Plan: f.PlanID, PlanStatus: f.PlanStatus, Text: f.Text, Since: milli(f.ActiveSince), Before: milli(f.ActiveBefore),
	}
}

func (w who) filter() contact.Filter {
	return contact.Filter{
		Except: w.Except, StageID: w.Stage, SourceID: w.Source, LabelIDs: w.Labels, AssignedID: w.Assigned,
		PlanID: w.Plan, PlanStatus: w.PlanStatus, Text: w.Text, ActiveSince: moment(w.Since), ActiveBefore: moment(w.Before),
	}
}

// milli is a moment as an operation stores it; nil for the zero time.
func milli(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	ms := t.UnixMilli()
	return &ms
}

func moment(ms *int64) time.Time {
	if ms == nil {
		return time.Time{}
	}
	return time.UnixMilli(*ms).UTC()
}

// Runs select enrollments of a plan: some of them, or all of a status but for some.
type Runs struct {
	Plan   int64         `json:"plan"`
	Status []plan.Status `json:"status,omitempty"` // empty = any
	IDs    []int64       `json:"ids,omitempty"`    // nil = all
	Except []int64       `json:"except,omitempty"`
	Until  int64         `json:"until,omitempty"` // the newest that counts; set when the operation begins
	// OlderThan keeps to runs on versions before this one; 0 = any.
	OlderThan int64 `json:"older_than,omitempty"`
}

// Names select contacts by names of labels.
type Names struct {
	Stage, Source string
	Tags, Groups  []string
}

// Filter finds the labels; a name that nothing has is a field at fault.
func (s *Service) Filter(ctx context.Context, acct int64, n Names) (contact.Filter, error) {
	var f contact.Filter
	var bad []fault.Field
	find := func(kind account.LabelKind, names []string, take func(int64)) error {
		if len(names) == 0 {
			return nil
		}
		found, err := s.store.FindLabels(ctx, acct, kind, names)
		if err != nil {
			return err
		}
		for _, name := range names {
			if id := found[name]; id != 0 {
				take(id)
			} else {
				bad = append(bad, fault.Field{Name: string(kind), Message: "there is no " + string(kind) + " “" + name + "”"})
			}
		}
		return nil
	}
	label := func(id int64) { f.LabelIDs = append(f.LabelIDs, id) }
	for _, one := range []struct {
		kind  account.LabelKind
		names []string
		take  func(int64)
	}{
		{account.Stage, given(n.Stage), func(id int64) { f.StageID = id }},
		{account.Source, given(n.Source), func(id int64) { f.SourceID = id }},
		{account.Tag, n.Tags, label},
		{account.Group, n.Groups, label},
	} {
		if err := find(one.kind, one.names, one.take); err != nil {
			return f, err
		}
	}
	return f, fault.InvalidFields(bad)
}

func given(name string) []string {
	if name == "" {
		return nil
	}
	return []string{name}
}

// walk does the next chunk: of the list when there is one, else of what fetch finds above the place, up to until and without
// the exceptions, which are ascending.
func walk(op *work.Operation, set, except []int64, until int64, size int, fetch func(after int64) ([]int64, error), do func(ids []int64) error) (bool, error) {
	after := int64(0)
	if op.Place != "" {
		var err error
		if after, err = strconv.ParseInt(op.Place, 10, 64); err != nil {
			return false, fault.Wrap(fault.Internal, err, "an operation's place")
		}
	}
	var chunk []int64
	var last bool
	if set != nil {
		from, found := slices.BinarySearch(set, after)
		if found {
			from++
		}
		to := min(from+size, len(set))
		chunk, last = set[from:to], to == len(set)
	} else {
		found, err := fetch(after)
		if err != nil {
			return false, err
		}
		beyond, _ := slices.BinarySearch(found, until+1)
		chunk, last = found[:beyond], len(found) < size || beyond < len(found)
	}
	if len(chunk) == 0 {
		return true, nil
	}
	op.Place = strconv.FormatInt(chunk[len(chunk)-1], 10)
	if chunk = without(chunk, except); len(chunk) == 0 {
		return last, nil
	}
	op.Done += int64(len(chunk))
	return last, do(chunk)
}

// without returns the ids that are not among the others; both are ascending.
func without(ids, others []int64) []int64 {
	if len(others) == 0 {
		return ids
	}
	return slices.DeleteFunc(slices.Clone(ids), func(id int64) bool {
		_, found := slices.BinarySearch(others, id)
		return found
	})
}

// list is a set of ids as it is walked.
func list(ids, except []int64) []int64 {
	out, skip := slices.Clone(ids), slices.Clone(except)
	slices.Sort(out)
	slices.Sort(skip)
	out = without(slices.Compact(out), skip)
	if out == nil {
		out = []int64{} // nobody, which is not everybody
	}
	return out
}
