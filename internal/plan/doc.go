// Package plan is the language of follow-up: what a plan says (Document), how people write
// it (plan files, the "when" forms), what is wrong with it (Check), and what an account keeps
// of it (Plan, Version).
package plan
