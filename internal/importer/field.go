package importer

import (
	"slices"
	"strings"
)

// Field is what a column means: one of the names below, or one of these with a name behind it: "field:Budget" (a custom
// field of text), "number:Beds", "yes_no:Pre-approved", "date:Closing date". "" = the column is not imported.
type Field string

// The fields. Those of several columns may be mapped more than once; of a cell of theirs several values may be separated by ";".
const (
	FirstName Field = "first_name"
	LastName  Field = "last_name"
	FullName  Field = "name" // first and last name, "Ann Lee" or "Lee, Ann"

	Email       Field = "email" // several columns
	EmailType   Field = "email_type"
	Phone       Field = "phone" // several columns
	PhoneMobile Field = "phone.mobile"
	PhoneHome   Field = "phone.home"
	PhoneWork   Field = "phone.work"
	PhoneType   Field = "phone_type" // the first one is of the first phone column, and so on

	Street  Field = "street"
	Line2   Field = "line2"
	City    Field = "city"
	State   Field = "state"
	Zip     Field = "zip"
	Country Field = "country"

	Birthday Field = "birthday"
	Source   Field = "source"
	Stage    Field = "stage"
	Tags     Field = "tags"     // several columns
	Groups   Field = "groups"   // several columns
	Assigned Field = "assigned" // a user's email address
	Zone     Field = "zone"
	Language Field = "language"
	Note     Field = "note" // several columns

	// Refusals: "yes" keeps messages of the channel off the contact's addresses. OptOut is all channels.
	OptOut      Field = "opt_out" // several columns, as all of them
	OptOutEmail Field = "opt_out.email"
	OptOutSMS   Field = "opt_out.sms"
	OptOutCall  Field = "opt_out.call"
	OptOutPhone Field = "opt_out.phone" // calls and texts
	OptOutMail  Field = "opt_out.mail"
	// Permissions: only who has "yes" gets the list's consent basis for the channel, "no" is a refusal.
	OptIn      Field = "opt_in"
	OptInEmail Field = "opt_in.email"
	OptInSMS   Field = "opt_in.sms"
	OptInCall  Field = "opt_in.call"
)

// Kinds of fields that take a name of their own.
const (
	custom     = "field:"
	number     = "number:"
	yesNo      = "yes_no:"
	otherDates = "date:"
)

var (
	named   = []string{custom, number, yesNo, otherDates}
	single  = []Field{FirstName, LastName, FullName, Street, Line2, City, State, Zip, Country, Birthday, Source, Stage, Assigned, Zone, Language}
	several = []Field{
		Email, EmailType, Phone, PhoneMobile, PhoneHome, PhoneWork, PhoneType, Tags, Groups, Note,
		OptOut, OptOutEmail, OptOutSMS, OptOutCall, OptOutPhone, OptOutMail, OptIn, OptInEmail, OptInSMS, OptInCall,
	}
)

// Fields are all that a column may mean, besides those with a name of their own.
func Fields() []Field { return slices.Concat(single, several) }

// split takes "field:Budget" apart; kind is "" for fields without a name of their own.
func (f Field) split() (kind, name string) {
	for _, k := range named {
		if name, ok := strings.CutPrefix(string(f), k); ok {
			return k, strings.TrimSpace(name)
		}
	}
	return "", ""
}

// known reports whether f is a field.
func (f Field) known() bool {
	kind, name := f.split()
	return name != "" && kind != "" || slices.Contains(single, f) || slices.Contains(several, f)
}

// once reports whether only one column may be mapped to f.
func (f Field) once() bool { return !slices.Contains(several, f) }

// channels are those that a refusal or permission is about.
func (f Field) channels() []string {
	return map[Field][]string{
		OptOut: {"email", "sms", "call", "mail"}, OptOutEmail: {"email"}, OptOutSMS: {"sms"}, OptOutCall: {"call"}, OptOutPhone: {"call", "sms"}, OptOutMail: {"mail"},
		OptIn: {"email", "sms", "call"}, OptInEmail: {"email"}, OptInSMS: {"sms"}, OptInCall: {"call"},
	}[f]
}

// suggest returns the field that is meant, "" when nothing is near.
func suggest(f string) Field {
	best, distance := Field(""), 3
	for _, k := range Fields() {
		if d := edits(strings.ToLower(f), string(k)); d < distance {
			best, distance = k, d
		}
	}
	if best == "" {
		best, _ = meaning(f, vocabulary())
	}
	return best
}

// edits is the Levenshtein distance.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		last := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := last
			if a[i] != b[j] {
				cost++
			}
			last = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
