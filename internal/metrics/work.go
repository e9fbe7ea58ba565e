package metrics

import (
	"context"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tactus/internal/clock"
	"tactus/internal/store"
)

// Overdue is how late an enrollment may be before the watchdog speaks up (ENG-1).
const Overdue = 5 * time.Minute

// work reads the database at each scrape. It implements prometheus.Collector.
type work struct {
	store Store
	clock clock.Clock
}

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, append([]string{"account"}, labels...), nil)
}

var (
	enrollments = desc("tactus_enrollments", "Enrollments by status.", "status")
	lag         = desc("tactus_lag_seconds", "How long the oldest due enrollment has been waiting for the engine; 0 when nothing is due.")
	overdue     = desc("tactus_overdue_enrollments", "Enrollments that are more than 5 minutes late.")
	queued      = desc("tactus_messages_queued", "Messages that wait for their sender, retries and scheduled ones included.")
	handing     = desc("tactus_messages_handing", "Messages that are being handed over at this moment.")
	uncertain   = desc("tactus_messages_uncertain", "Messages that may have left or not: a person decides.")
	circuit     = desc("tactus_circuit_open", "1 for each channel whose carrier is taken to be down.", "channel")
	up          = prometheus.NewDesc("tactus_database_up", "1 when the database answered this scrape.", nil, nil)
)

// Describe implements prometheus.Collector.
func (w *work) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{enrollments, lag, overdue, queued, handing, uncertain, circuit, up} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (w *work) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrape)
	defer cancel()
	now := w.clock.Now()
	accounts, err := w.store.WorkByAccount(ctx, now, now.Add(-Overdue))
	if err != nil { // what was read so far has zeros where nothing was read, which would say that all is well
		ch <- prometheus.MustNewConstMetric(up, prometheus.GaugeValue, 0)
		return
	}
	ch <- prometheus.MustNewConstMetric(up, prometheus.GaugeValue, 1)
	for i := range accounts {
		collect(&accounts[i], now, ch)
	}
}

func collect(a *store.Work, now time.Time, ch chan<- prometheus.Metric) {
	id := strconv.FormatInt(a.Account, 10)
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, append([]string{id}, labels...)...)
	}
	gauge(enrollments, float64(a.Active), "active")
	gauge(enrollments, float64(a.Paused), "paused")
	gauge(enrollments, float64(a.Stopped), "stopped")
	gauge(enrollments, float64(a.Completed), "completed")
	late := 0.0
	if !a.OldestDue.IsZero() {
		late = max(0, now.Sub(a.OldestDue).Seconds())
	}
	gauge(lag, late)
	gauge(overdue, float64(a.Overdue))
	gauge(queued, float64(a.Queued))
	gauge(handing, float64(a.Handing))
	gauge(uncertain, float64(a.Uncertain))
	for _, name := range a.OpenCircuits {
		gauge(circuit, 1, name)
	}
}
