// Package mail makes the bytes of an email out of a draft: header, text and HTML parts,
// footer, DKIM signature. No network, no state: what a message says comes from the draft alone.
// Composing twice gives other bytes (the MIME boundary is random, the signature bears the
// time it was made), so a message is composed once and its bytes are stored (ENG-5).
//
// go-mail builds the MIME, go-msgauth signs it (docs/adr, 4). Ours are the checks of a draft,
// the page around the author's words and the text part.
package mail
