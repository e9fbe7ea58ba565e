// Package gate decides whether a message, or an action with hours of its own, may leave now: pure decisions with
// reason codes, for Advance, the sender and the simulator alike (DEC-3, PLAN-25). Nothing here reads a clock or a
// database; its tables (zones, legal hours, phone prefixes) are part of the program.
//
// The gates stand in the order of CMP-2:
//
//	gate                                    closed     binds
//	kill switch, channel on                 skips      all that sends
//	run active                              skips      plan
//	not too late (PLAN-10)                  skips      whatever has a limit
//	address present and valid               fails      all that sends
//	suppressed, opted out, do not contact   skips      all that sends
//	consent                                 skips      plan, completion, bulk
//	frequency cap, message gap              postpones  plan
//	quiet hours: the law                    postpones  plan, completion, bulk, manual
//	quiet hours: the account's own          postpones  plan, completion, bulk
//	business hours                          postpones  whatever asks, and delayed texts of plans
//	carrier limit                           postpones  all that sends
//
// Manual: who writes by hand has chosen the hour, so the account's own hours don't bind, and may reach a contact
// whose consent is not recorded (CMP-8), never one who refused; legal hours bind texts and calls by hand too.
// System: the confirmation of an opt-out is decided on the facts before that opt-out.
//
// Kill switches (CMP-2 names no code of theirs): those of account and user skip with action_off, that of an
// address with do_not_contact; Decision.Rule says which it was.
//
// Joint opening. Every postponing gate knows its first open moment from t on. Moving t from gate to gate until
// none moves it gives the earliest moment at which all are open: no gate is moved past a common opening. The
// reason is the gate that moved last, since without it the message would have left earlier.
//
// Where the contact is (CMP-3). Legal hours of texts and calls must be open in every zone where the contact may
// be: those of its address (all of a state's; a ZIP code doesn't narrow them), else of all exchanges of its
// phone's area code, else of the whole country. A zone that was given is added to those of address and area code:
// it is what someone said of the contact, and nobody has checked it, so it can only narrow the hours. Where
// nothing but the country is known, a given zone of that country is the only evidence, and stands alone. Email and
// paper have no legal hours; the account's own are those of the contact's zone by PLAN-8 alone. A rule of a state
// binds whoever may be in it, so also a contact whose state is unknown.
//
// Business hours that a step asks for itself bind it even if it is a text due at the run's start: what CMP-4
// exempts is the account's setting for texts (1a: "steps with business_hours: true and texts not due at the run's
// start").
package gate
