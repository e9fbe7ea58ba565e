// Package pgserver starts throw-away PostgreSQL servers: for tests (see pgtest), for
// benchmarks and for the crash and fault tests. It never touches a server that it did
// not start itself.
//
// A server listens on a Unix socket in a directory that only its user may enter, so it
// needs neither a free port nor a password. PostgreSQL refuses to run as root; started
// by root, it runs as the user postgres, else nobody (DEC-19).
//
// There are two ways to have one:
//
//	Start    a server of the caller's own. It stops with stop, and by itself when the
//	         calling process dies in any way.
//	Shared   one server for all processes of this user on this machine. Whoever comes
//	         first starts it. It stops by itself a minute after the last process that
//	         asked for it has ended (keeper.sh), and is removed then.
//
// How a Shared server ends without pulling itself from under anybody: a process enters its
// id in the server's "users" folder and only then checks that "current" still names that
// server; the keeper removes "current" first and looks at "users" once more after that.
// So a process either is seen, or sees that it came too late and starts the next server.
package pgserver
