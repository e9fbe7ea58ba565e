// Package work is the one mechanism for what takes long: bulk commands, imports, exports. An operation is a row with a
// due moment, claimed with a lease and a token; it is done in chunks, each of which commits together with how far the
// operation has come, so that it goes on after a crash as if nothing had happened (ENG-11, ENG-12).
//
//	draft ── Start ──► waiting ── claim ──► running ── last chunk ──► done
//	(upload)              │                 │  ▲ │
//	                      │                 │  └─┘ a chunk; a transient failure, later again
//	                      └───── Cancel ────┤
//	                                        ├── Cancel ──► cancelled (before the next chunk)
//	                                        └── 10 failures, or one that stays ──► failed
//
// Each account gets one chunk in turn, and within an account each operation.
package work
