package client

import "time"

// ID names an object of the account. It is opaque: do not take it apart, sort or count by it (DEC-10).
type ID string

// Page is a part of a list.
type Page[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty" doc:"the cursor of the next page; absent on the last"`
}

// PageOptions ask for one page of a list.
type PageOptions struct {
	Limit  int    // 0 = the server's usual size
	Cursor string // Page.Next of the page before; "" = the first
}

// At is a pointer to an instant, for optional fields.
func At(t time.Time) *time.Time { return &t }

// Ptr is a pointer to a value, for optional fields.
func Ptr[T any](v T) *T { return &v }
