// Package mail makes the bytes of an email out of a draft: header, text and HTML parts,
// footer, DKIM signature. It is a pure function of draft and options: no clock, no
// randomness, no network, so that a retry sends what was stored and a test can compare bytes.
//
// Header lines, MIME and DKIM are written here on the standard library, because the
// builders at hand either fold the List-Unsubscribe line, order header fields at random or
// stamp the signature with the machine's time, each of which breaks "same draft, same bytes".
// The tests read everything back with independent parsers and verifiers.
package mail
