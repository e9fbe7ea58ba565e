// Package planbook keeps an account's plans: drafts and ready ones, their versions, what they name and
// what names them. It decides what may be saved, made ready, archived and deleted, and takes plan files in and out.
//
//	             Ready: every step valid, targets usable
//	Save ──► draft ────────────────────────────────────► ready ── start rules ──► enrollments
//	           ▲ ◄──────────────── Draft ─────────────────┘  │
//	           │                                             │ Archive: start rules end,
//	           └──────────── Unarchive ────── archived ◄─────┘ live runs stop or finish
//
// A save makes a new immutable version unless nothing has changed (PLAN-21). Everything that changes plans of an
// account locks the account first, so that two saves together make no circle (PLAN-14).
package planbook
