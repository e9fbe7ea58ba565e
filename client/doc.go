// Package client speaks the JSON API of a Tactus server (/api/v1). Its types are the API's own vocabulary: the server answers
// with the same ones, so what they say is what goes over the wire.
//
//	c, err := client.New("http://localhost:8080", os.Getenv("TACTUS_KEY"), client.Options{})
//	lead, err := c.CreateContact(ctx, client.NewContact{FirstName: "Ann", Emails: []client.Email{{Address: "ann@example.com"}}})
//
// Every POST carries an Idempotency-Key, so that a repeat after a lost answer does nothing twice. A refusal is a *Problem.
// Of other changes whose answer was lost the error is ErrUnknown, too.
package client
