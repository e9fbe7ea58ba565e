// Package bench measures the product beside yardsticks (9-quality): what hand-written SQL or a bare client
// needs for the same rows or bytes on the same machine, in the same run. The ratio says more than the figures.
//
//	ground   the database system: files, or a PostgreSQL server; scratch databases, copies of them
//	office   the product put together on one of them, with an account
//	raw      plain SQL on one of them: fixtures and yardsticks
//
// Every bench makes its fixture once, and measures ours and the yardstick on copies of it, in turns; with several
// runs the medians count. Nothing but scratch databases of its own is touched, and they are dropped at the end.
package bench
