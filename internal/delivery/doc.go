// Package delivery works the outbox: it takes messages that are ready, makes their bytes, checks the gates
// once more under the locks of contact and enrollment, hands them to a carrier and brings the answer back (ENG-4).
//
//	          claim (lease)       gates, mark               answer
//	ready ────────────────► ready ────────────► handing ─┬──────────► accepted
//	  ▲                       │ closed                   ├─ final no ► refused, failed
//	  │ Advance offers again  ▼                          ├─ try later ► waiting (Advance offers again)
//	  └────────────────── withdrawn                      └─ unknown ──► uncertain (a person decides)
//
// A lease that runs out while a message is being handed over leaves it in doubt: it counts as fired and is
// never sent again by itself (ENG-5). A sender that lost its lease cannot write: every write names the token.
package delivery
