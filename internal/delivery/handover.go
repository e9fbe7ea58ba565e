package delivery

import (
	"context"
	"time"

	"tactus/internal/channel"
)

// grace is how long messages under way may take to get their answers once the server has been asked to stop, and how long the
// database may take to write them down: broken off, they would be in doubt.
const grace = 20 * time.Second

// send hands a message over. One that was due in the time that a restore lost may have left then: it stays, in doubt (DEC-18).
func (s *Service) send(ctx context.Context, carrier channel.Carrier, lost Lost, m Message) channel.Receipt {
	if lost.covers(m) {
		return lost.doubt()
	}
	sending, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.timeout)
	defer cancel()
	stop := context.AfterFunc(ctx, func() {
		last, done := context.WithTimeout(sending, grace)
		defer done()
		<-last.Done()
		cancel()
	})
	defer stop()
	var r channel.Receipt
	if err := alive(func() error { r = carrier.Send(sending, *m.Body); return nil }); err != nil {
		s.log.Error("a carrier died of a message", "message", m.ID, "error", err)
		return channel.Receipt{Result: channel.InDoubt, Text: "the carrier died while it had the message"} // it may have left (ENG-5)
	}
	return r
}
