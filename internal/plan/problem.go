package plan

import (
	"cmp"
	"fmt"
	"slices"

	"tactus/internal/fault"
)

// Problem is one thing that is wrong with a plan file, with advice (1a).
type Problem struct {
	File    string `json:"file"`
	Line    int    `json:"line"` // from 1: the line of the offending text
	Step    int    `json:"step"` // from 1; 0 = not of one step
	Code    Code   `json:"code"`
	Message string `json:"message"`
	Path    string `json:"-"` // the key at fault: "steps[2].when"
}

// String is the line that `plan check` prints.
func (p Problem) String() string { return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Message) }

// Code says what kind of problem it is, for programs. Codes are stable.
type Code string

// The closed set of codes.
const (
	// The file.
	NotUTF8          Code = "not_utf8"          // bytes that are no UTF-8 text
	TooLarge         Code = "too_large"         // the file, its aliases or its number of steps
	BadSyntax        Code = "bad_syntax"        // neither YAML nor JSON
	EmptyFile        Code = "empty_file"        // nothing in it
	SeveralDocuments Code = "several_documents" // more than one "---" part
	BadVersion       Code = "bad_version"       // "tactus" is not 1
	// Keys and types.
	DuplicateKey Code = "duplicate_key" // a key that stands twice
	UnknownKey   Code = "unknown_key"   // a key that nothing knows
	ForeignKey   Code = "foreign_key"   // a key of another action or place
	MissingKey   Code = "missing_key"   // a key that must be there
	WrongType    Code = "wrong_type"    // a list where a text is wanted, …
	BadValue     Code = "bad_value"     // the right type, not one of the possible values
	Conflicting  Code = "conflicting"   // two keys that exclude each other
	// Dates and timing.
	BadDate    Code = "bad_date"
	TwoDates   Code = "two_dates" // more than one of date, event, date_field
	BadTime    Code = "bad_time"  // a time of day
	BadTiming  Code = "bad_timing"
	NoPrevious Code = "no_previous" // "after previous" on the first step
	NoDate     Code = "no_date"     // "event" in a plan without a date
	// Steps.
	NoSteps       Code = "no_steps"
	UnknownAction Code = "unknown_action"
	DoubleID      Code = "double_id"
	RepeatNotLast Code = "repeat_not_last"
	DoubleRepeat  Code = "double_repeat"
	// Texts and conditions.
	BadMerge     Code = "bad_merge"     // a text's merge fields cannot be read
	BadCondition Code = "bad_condition" // "only_if" cannot be read
	UnknownField Code = "unknown_field" // a merge field that does not exist
	UnknownStep  Code = "unknown_step"  // steps.ID of no earlier step
	// Between files.
	DoublePlan      Code = "double_plan"     // two plans of one name
	DoubleTemplate  Code = "double_template" // two templates of one name
	UnknownPlan     Code = "unknown_plan"
	UnknownTemplate Code = "unknown_template"
	UnknownStage    Code = "unknown_stage"
	UnknownUser     Code = "unknown_user"
	UnknownPartner  Code = "unknown_partner"
	Circle          Code = "circle" // PLAN-14
)

// Fault turns problems into an Invalid error with a field for each, named by its path; nil when there are none.
func Fault(problems []Problem) error {
	fields := make([]fault.Field, len(problems))
	for i, p := range problems {
		fields[i] = fault.Field{Name: p.Path, Message: p.Message}
	}
	return fault.InvalidFields(fields)
}

// sorted puts the problems of one file in the order of their lines and drops those that say the same of the same line.
func sorted(problems []Problem) []Problem {
	slices.SortStableFunc(problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Step, b.Step))
	})
	type key struct {
		line    int
		message string
	}
	seen := make(map[key]bool, len(problems))
	return slices.DeleteFunc(problems, func(p Problem) bool {
		k := key{p.Line, p.Message}
		double := seen[k]
		seen[k] = true
		return double
	})
}
