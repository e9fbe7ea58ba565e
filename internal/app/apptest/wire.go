package apptest

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"

	"tactus/internal/channel"
	"tactus/internal/form"
)

// Wire is a carrier that writes down what it is given and answers as the test says.
type Wire struct {
	mu     sync.Mutex
	taken  []channel.Composed
	answer func(ctx context.Context, m channel.Composed, n int) channel.Receipt
	places int
	made   int
	dies   string
}

// NewWire makes a carrier that takes everything.
func NewWire() *Wire {
	return &Wire{places: 4, answer: func(context.Context, channel.Composed, int) channel.Receipt { return Taken }}
}

// What a carrier may say.
var (
	Taken   = channel.Receipt{Result: channel.Accepted, Code: "250 2.0.0"}
	Later   = channel.Receipt{Result: channel.Retry, Code: "451 4.3.0"}
	Away    = channel.Receipt{Result: channel.Retry, Text: "no route", Down: true}
	Refused = channel.Receipt{Result: channel.Refused, Reason: "refused", Code: "550 5.7.1"}
)

// Answer sets what is answered to the nth hand-over, from 1. It is called without locks and may wait.
func (w *Wire) Answer(f func(ctx context.Context, m channel.Composed, n int) channel.Receipt) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answer = f
}

// Always sets one answer.
func (w *Wire) Always(r channel.Receipt) {
	w.Answer(func(context.Context, channel.Composed, int) channel.Receipt { return r })
}

// Stalled is a hand-over that waits for its answer.
type Stalled struct {
	Message channel.Composed
	Answer  chan<- channel.Receipt
}

// Stall lets every hand-over wait until the test answers it; it comes out of the channel. After the sender's patience nobody knows (ENG-5), so that
// a test that fails meanwhile ends.
func (w *Wire) Stall() <-chan Stalled {
	out := make(chan Stalled, 100)
	w.Answer(func(ctx context.Context, m channel.Composed, _ int) channel.Receipt {
		answer := make(chan channel.Receipt, 1)
		out <- Stalled{m, answer}
		select {
		case r := <-answer:
			return r
		case <-ctx.Done():
			return channel.Receipt{Result: channel.InDoubt, Text: "no answer"}
		}
	})
	return out
}

// Sent is what was handed over, as "address subject".
func (w *Wire) Sent() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []string
	for _, m := range w.taken {
		out = append(out, m.EnvelopeTo+" "+m.Preview.Subject)
	}
	return out
}

// Places sets how many connections the carrier has.
func (w *Wire) Places(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.places = n
}

// Dies lets the carrier panic when it makes a message to an address.
func (w *Wire) Dies(address string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.dies = address
}

// Made is how many messages' bytes were made.
func (w *Wire) Made() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.made
}

// Compose implements channel.Carrier.
func (w *Wire) Compose(d channel.Draft) (channel.Composed, error) {
	w.mu.Lock()
	w.made++
	dies := w.dies
	w.mu.Unlock()
	if dies == d.To.Address {
		panic("a bug that only this message meets")
	}
	return channel.Composed{
		EnvelopeFrom: d.From.Address, EnvelopeTo: d.To.Address, Ref: fmt.Sprintf("<%d.%s@test>", d.MessageID, d.Random),
		Raw: []byte(d.Content.Text), Preview: d.Content,
	}, nil
}

// Send implements channel.Carrier.
func (w *Wire) Send(ctx context.Context, m channel.Composed) channel.Receipt {
	w.mu.Lock()
	w.taken = append(w.taken, m)
	n, answer := len(w.taken), w.answer
	w.mu.Unlock()
	return answer(ctx, m, n)
}

// Connections implements channel.Carrier.
func (w *Wire) Connections() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.places
}

// Close implements channel.Carrier.
func (w *Wire) Close() error { return nil }

const kindName = "wire"

type kind struct {
	w    *Wire
	name string
}

// Info implements channel.Kind.
func (k kind) Info() channel.Info {
	return channel.Info{Name: k.name, Channel: channel.Email, Label: "Wire"}
}

// Fields implements channel.Kind.
func (kind) Fields() []form.Field { return nil }

// Open implements channel.Kind.
func (k kind) Open(json.RawMessage) (channel.Carrier, error) { return k.w, nil }
