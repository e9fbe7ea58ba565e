// Package importer brings contacts in from CSV files and writes them out again (CON-4).
//
// A file is read in three steps, each of which can be looked at before anything is stored:
//
//	Open     what the bytes are: encoding, separator, header, rows with their line numbers
//	Guess    what the columns mean: a Mapping, which a person may correct
//	Preview  what would become of the first rows, with the problems of each cell
//
// The Handler then runs as a long operation, a thousand rows a transaction: every row ends as created,
// updated or refused, refused ones with their reasons in a file to download. A bad row never stops the others.
package importer
