// Package backup is the file that a backup is: every row of every table at one moment, in an order and a form that both databases
// read, so that a backup of SQLite can be restored into PostgreSQL and back (ADR 18).
//
// The file is gzip of lines. The first says what it is; a line of a table says which columns follow; a line of a row is
// a JSON array as the database made it; the last line counts the rows and has the SHA-256 of all lines before it:
//
//	{"tactus_backup":1,"schema":3,"migrations":["9f…",…],"taken":1767225600000,"program":"v1.2.0","database":"SQLite"}
//	{"table":"account","columns":["id","name",…],"last":1}
//	[1,"My business",…]
//	…
//	{"rows":{"account":1,…},"sha256":"…"}
//
// Bytes are in hexadecimal. Rows are neither decoded nor kept here, so that memory does not grow with the database.
package backup
