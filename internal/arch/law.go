package arch

// Law is what Check holds. Patterns name packages: "internal/plan" is that one, "internal/store/..."
// it and everything below, "internal/action/*" what lies exactly one folder below. Patterns of our own
// packages are relative to the module; anything else is an import path ("net/http", "database/sql/...").
// A "!" before a pattern takes what it names out of the list that it stands in.
type Law struct {
	Module  string
	Arrows  []Arrow
	Clock   []Exception // who may ask the machine for the time
	Long    []Exception // files, by path, that may be longer than MaxLines
	Names   []string    // what no package is called
	Planned []string    // packages that rules may name although they do not exist yet
}

// Arrow says what the packages From must not import, in one of two ways: Never lists what is
// forbidden, Only lists what is allowed of our own packages (and forbids all others). Except takes
// packages out of From. Reason is told in the failure.
type Arrow struct {
	From   []string
	Except []string
	Never  []string
	Only   []string
	Reason string
}

// Exception lets the packages of a pattern, or the file of a path, off one rule. For the clock,
// Only limits it to some functions of package time.
type Exception struct {
	Pattern string
	Only    []string
	Reason  string
}

// MaxLines is the length of a file above which it surely has two subjects (HOUSE-8 asks for 50–300).
const MaxLines = 400
