package web

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics counts requests by route name and status, neither of which a client
// chooses. The nil metrics counts nothing.
type metrics struct {
	took   *prometheus.HistogramVec
	flight prometheus.Gauge
	broken prometheus.Counter
}

func newMetrics(r *prometheus.Registry) *metrics {
	if r == nil {
		return nil
	}
	return &metrics{
		took: register(r, prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "http_request_seconds", Help: "How long requests took to answer.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"route", "status"})),
		flight: register(r, prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "http_requests_under_way", Help: "Requests being answered.",
		})),
		broken: register(r, prometheus.NewCounter(prometheus.CounterOpts{
			Name: "http_messages_refused_total", Help: "Connections ended because a message was not well formed.",
		})),
	}
}

// register adds c, or returns what another server of this process added.
func register[C prometheus.Collector](r *prometheus.Registry, c C) C {
	err := r.Register(c)
	if already, ok := errors.AsType[prometheus.AlreadyRegisteredError](err); ok {
		if same, ok := already.ExistingCollector.(C); ok {
			return same
		}
	}
	if err != nil {
		panic(err) // two different metrics of one name
	}
	return c
}

// malformed counts a message that the guard refused.
func (m *metrics) malformed() {
	if m != nil {
		m.broken.Inc()
	}
}

// began counts a request that starts, and returns what counts its end.
func (m *metrics) began() func(route string, status int, took time.Duration) {
	if m == nil {
		return func(string, int, time.Duration) {}
	}
	m.flight.Inc()
	return func(route string, status int, took time.Duration) {
		m.flight.Dec()
		m.took.WithLabelValues(route, strconv.Itoa(status)).Observe(took.Seconds())
	}
}

// metricsHandler serves what the registry holds.
func (s *Server) metricsHandler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.deps.Registry, promhttp.HandlerOpts{}))
	return mux
}
