// Package enroll is one contact's life on one plan: the run's compact state, when each step is
// due, and the pure decision what happens next. It does no I/O and reads no clock, so the same
// code serves the engine, the simulator and the model test (HOUSE-2, PLAN-25).
//
//	        assign                    last step done, end_plan
//	(none) ────────► active ───────────────────────────────► completed
//	                 │  ▲  │                                     │
//	           pause │  │  │ stop, event deleted, archived       │ restart
//	                 ▼  │  ▼                                     ▼
//	               paused ──────► stopped ── restart ──►  active, run + 1
//	                  resume (no holder left)
//
// Within an active run each step of the round is in one of these places:
//
//	not due ──► due ──► done (fired, skipped, failed)
//	             │ gate: postponed until … (Wait), goes back to due
//	             └ message: in hand (Hand) until the carrier has answered
//
// Due moments are never stored: they are derived from anchors, pauses as intervals and the zone
// (DEC-1), so that resuming, re-classing a reply, moving a date and changing a zone need no repair.
package enroll
