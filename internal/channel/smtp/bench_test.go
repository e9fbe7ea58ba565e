package smtp_test

import (
	"testing"

	"tactus/internal/channel"
	"tactus/internal/channel/smtp"
	"tactus/internal/channel/smtptest"
)

// BenchmarkSend is the dialogue over real sockets to a counting sink, one message per operation, on several connections.
func BenchmarkSend(b *testing.B) {
	s := smtptest.Start(b, smtptest.Options{Keep: smtptest.None})
	c := open(b, s, smtp.Options{}, nil)
	m := message(b, c, 1, 2000)
	b.SetParallelism(4)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if r := c.Send(b.Context(), m); r.Result != channel.Accepted {
				b.Errorf("%+v", r)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
}
