package message

import (
	"context"
	"time"

	"tactus/internal/fault"
	"tactus/internal/history"
)

// Sent is one message of the outbox, as people look at it: what became of it and why.
type Sent struct {
	ID           int64
	ContactID    int64
	EnrollmentID int64
	PlanID       int64
	Run, Round   int
	Step         string
	Class        string // plan, completion, manual, bulk, notice
	Channel      string
	Status       string // ready, handing, accepted, refused, failed, waiting, withdrawn, uncertain, held, skipped
	Reason       string
	Answer       string // the carrier's own words
	Address      string
	Subject      string
	Carrier      string
	CarrierID    string
	Ref          string // Message-ID
	Attempts     int
	DueAt        time.Time
	TryAt        time.Time // the next try; zero = none
	CreatedAt    time.Time
	HandedAt     time.Time // zero = not yet
	DoneAt       time.Time
}

// Content is what a message said, as first handed over.
type Content struct {
	From, To            string
	Subject, Text, HTML string
	Raw                 []byte // the very bytes
}

// LogQuery selects messages, newest first.
type LogQuery struct {
	Contact, Plan, Enrollment int64
	Channel                   string
	Status                    []string
	Before                    int64 // only smaller ids; 0 = from the newest on
	Limit                     int   // 0 = 50, at most 500
}

// LogStore keeps the outbox.
type LogStore interface {
	ListMessages(ctx context.Context, account int64, q LogQuery) ([]Sent, error)
	// HandingMessages returns the messages of a channel, "" for all, that are being handed over at this moment, oldest first.
	HandingMessages(ctx context.Context, account int64, channel string) ([]Sent, error)
	MessageContent(ctx context.Context, account, id int64) (Content, error)
}

// Log reads what was sent and what waits to be.
type Log struct{ store LogStore }

// NewLog makes the reader.
func NewLog(store LogStore) *Log { return &Log{store} }

// List returns a page of messages, newest first, and the Before of the next one; 0 = this is the last.
func (l *Log) List(ctx context.Context, account int64, q LogQuery) ([]Sent, int64, error) {
	q.Limit = history.Limit(q.Limit, 50, 500)
	list, err := l.store.ListMessages(ctx, account, q)
	if err != nil || len(list) < q.Limit {
		return list, 0, err
	}
	return list, list[len(list)-1].ID, nil
}

// Handing returns the messages of a channel, "" for all, that are being handed over at this moment: as many as carriers have connections at most.
func (l *Log) Handing(ctx context.Context, account int64, channel string) ([]Sent, error) {
	return l.store.HandingMessages(ctx, account, channel)
}

// Get returns one message.
func (l *Log) Get(ctx context.Context, account, id int64) (Sent, error) {
	list, err := l.store.ListMessages(ctx, account, LogQuery{Before: id + 1, Limit: 1})
	if err == nil && (len(list) == 0 || list[0].ID != id) {
		err = fault.New(fault.NotFound, "there is no such message")
	}
	if err != nil {
		return Sent{}, err
	}
	return list[0], nil
}

// Content returns what a message said; fault.NotFound while it has not been handed over.
func (l *Log) Content(ctx context.Context, account, id int64) (Content, error) {
	return l.store.MessageContent(ctx, account, id)
}
