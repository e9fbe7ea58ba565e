package action

import (
	"fmt"
	"strings"

	"tactus/internal/form"
	"tactus/internal/plan"
)

// Role is how a step names who gets a task (PLAN-12).
type Role string

// The roles. A named user or partner is written with an email address after a colon: "user:kim@example.com".
const (
	Self         Role = "self"          // who put the contact on the plan
	Owner        Role = "owner"         // the account owner
	AssignedUser Role = "assigned_user" // the contact's assigned user; the default
	NamedUser    Role = "user"
	NamedPartner Role = "partner"
)

// AssigneeRule is a parsed "assignee" field. Whom it means is resolved when the step fires (PLAN-26),
// and once before, when the round starts and the open task is shown (PLAN-13): Resolve is the same both times.
type AssigneeRule struct {
	Role  Role
	Email string // of the named user or partner, as written
}

// ParseAssignee reads self, owner, assigned_user, user:EMAIL or partner:EMAIL; "" is assigned_user.
// The error is advice for the author.
func ParseAssignee(text string) (AssigneeRule, error) {
	word, email, named := strings.Cut(strings.TrimSpace(text), ":")
	rule := AssigneeRule{Role: Role(strings.ToLower(strings.TrimSpace(word))), Email: strings.TrimSpace(email)}
	if rule.Role == "" && !named {
		rule.Role = AssignedUser
	}
	switch rule.Role {
	case Self, Owner, AssignedUser:
		if !named {
			return rule, nil
		}
		return AssigneeRule{}, fmt.Errorf("%q stands alone, without a colon", rule.Role)
	case NamedUser, NamedPartner:
		if isEmail(rule.Email) {
			return rule, nil
		}
		return AssigneeRule{}, fmt.Errorf("name the %s by email address: %s:kim@example.com", rule.Role, rule.Role)
	}
	return AssigneeRule{}, fmt.Errorf(
		"%q is nobody; write self, owner, assigned_user, user:EMAIL or partner:EMAIL", text)
}

// Reference returns the account object that the rule names, if it names one.
func (r AssigneeRule) Reference(field string) (plan.Reference, bool) {
	switch r.Role {
	case NamedUser:
		return plan.Reference{Field: field, Ref: form.User, Name: r.Email}, true
	case NamedPartner:
		return plan.Reference{Field: field, Ref: Partner, Name: r.Email}, true
	case Self, Owner, AssignedUser:
	}
	return plan.Reference{}, false
}

// Resolve says who gets the task now. The account owner stands in for a role that nobody
// usable fills; a named user or partner that is gone has no stand-in: false (PLAN-26).
func (r AssigneeRule) Resolve(in Input) (Assignee, bool) {
	switch r.Role {
	case Self:
		return in.standIn(in.AssignedBy), true
	case AssignedUser:
		return in.standIn(in.Contact.Assigned), true
	case NamedUser:
		id, ok := in.Target(form.User, r.Email)
		return Assignee{User: id}, ok
	case NamedPartner:
		id, ok := in.Target(Partner, r.Email)
		return Assignee{Partner: id}, ok
	case Owner:
	}
	return Assignee{User: in.Owner}, true
}

// standIn returns the user, or the owner when there is none or it is inactive or gone.
func (in Input) standIn(user int64) Assignee {
	if user == 0 || !in.Alive(form.User, user) {
		return Assignee{User: in.Owner}
	}
	return Assignee{User: user}
}
