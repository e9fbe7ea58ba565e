// Package metrics is what an operator's Prometheus reads: how much work there is, how late it is, what leaves and what fails, by account.
// Figures of the work come from the database at each scrape, so that every node tells the same; counters are of this process alone.
package metrics

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"tactus/internal/channel"
	"tactus/internal/clock"
	"tactus/internal/store"
)

// Metrics counts what this process does and serves the page.
type Metrics struct {
	registry *prometheus.Registry
	moved    *prometheus.CounterVec
	moving   *prometheus.HistogramVec
	failed   *prometheus.CounterVec
	sent     *prometheus.CounterVec
	sending  *prometheus.HistogramVec
}

// seconds are the histograms' borders: from a quick database to a carrier that has to be waited for.
var seconds = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 100}

// Store is what the metrics need of the database.
type Store interface {
	// WorkByAccount looks at all accounts; what was due before the moment late counts as overdue.
	WorkByAccount(ctx context.Context, now, late time.Time) ([]store.Work, error)
}

// New makes the metrics of a server; version is the program's.
func New(db Store, c clock.Clock, version string) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		moved: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tactus_moves_total", Help: "Enrollments that this process has moved: by time alone, not by commands.",
		}, []string{"account"}),
		failed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tactus_move_failures_total", Help: "Batches of enrollments that this process could not move.",
		}, []string{"account"}),
		moving: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "tactus_move_seconds", Help: "How long one batch took, its commit included.", Buckets: seconds,
		}, nil),
		sent: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tactus_sends_total", Help: "Hand-overs to carriers by their answer: accepted, refused, retry, in_doubt.",
		}, []string{"account", "channel", "result"}),
		sending: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "tactus_send_seconds", Help: "How long a carrier took to answer.", Buckets: seconds,
		}, []string{"channel"}),
	}
	build := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "tactus_build_info", Help: "Always 1; the label is the program's version.", ConstLabels: prometheus.Labels{"version": version},
	}, func() float64 { return 1 })
	m.registry.MustRegister(m.moved, m.failed, m.moving, m.sent, m.sending, build, &work{store: db, clock: c},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Moved implements app.Observer.
func (m *Metrics) Moved(account int64, n int, took time.Duration, err error) {
	name := strconv.FormatInt(account, 10)
	m.moved.WithLabelValues(name).Add(float64(n))
	m.moving.WithLabelValues().Observe(took.Seconds())
	if err != nil {
		m.failed.WithLabelValues(name).Inc()
	}
}

// results are the labels of a carrier's answers.
var results = map[channel.Result]string{channel.Accepted: "accepted", channel.Refused: "refused", channel.Retry: "retry", channel.InDoubt: "in_doubt"}

// Sent implements app.Observer.
func (m *Metrics) Sent(account int64, name string, r channel.Receipt, took time.Duration) {
	m.sent.WithLabelValues(strconv.FormatInt(account, 10), name, results[r.Result]).Inc()
	m.sending.WithLabelValues(name).Observe(took.Seconds())
}

// Handler serves the page in Prometheus' text format.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 2, Timeout: scrape})
}

// scrape is how long one look at the database may take.
const scrape = 10 * time.Second
