package obs

import (
	"errors"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// prefix begins the name of every metric of ours.
const prefix = "meadow_"

// Metrics is a registry of what is measured in one process. A nil Metrics
// measures nothing, so that a test need not build one.
//
// A label is what a metric is divided by. Each value costs memory for good: a
// route or a topic is a label, an id never is.
type Metrics struct{ registry *prometheus.Registry }

// NewMetrics returns a registry that measures the process and the Go runtime.
func NewMetrics() *Metrics {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return &Metrics{registry: r}
}

// Handler serves the metrics in Prometheus's format.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Registry: m.registry})
}

// Counter counts what only grows. Its methods do nothing on a nil Counter.
type Counter struct{ vec *prometheus.CounterVec }

// Counter declares meadow_<name>, by convention ending in _total. Declaring it
// again in the same way returns the same counter.
func (m *Metrics) Counter(name, help string, labels ...string) *Counter {
	if m == nil {
		return nil
	}
	return &Counter{declare(m, prometheus.NewCounterVec(prometheus.CounterOpts{Name: prefix + name, Help: help}, labels))}
}

// Inc adds one under the labels' values.
func (c *Counter) Inc(values ...string) { c.Add(1, values...) }

// Add adds n, which is not negative.
func (c *Counter) Add(n float64, values ...string) {
	if c != nil {
		c.vec.WithLabelValues(values...).Add(n)
	}
}

// Gauge holds what rises and falls. Its methods do nothing on a nil Gauge.
type Gauge struct{ vec *prometheus.GaugeVec }

// Gauge declares meadow_<name>.
func (m *Metrics) Gauge(name, help string, labels ...string) *Gauge {
	if m == nil {
		return nil
	}
	return &Gauge{declare(m, prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: prefix + name, Help: help}, labels))}
}

// Set sets the value under the labels' values.
func (g *Gauge) Set(v float64, values ...string) {
	if g != nil {
		g.vec.WithLabelValues(values...).Set(v)
	}
}

// Add changes the value by n.
func (g *Gauge) Add(n float64, values ...string) {
	if g != nil {
		g.vec.WithLabelValues(values...).Add(n)
	}
}

// Watch declares meadow_<name>, whose value is asked of f whenever the metrics
// are read. f is quick and safe for concurrent use. A name is watched once.
func (m *Metrics) Watch(name, help string, f func() float64) {
	if m != nil {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: prefix + name, Help: help}, f))
	}
}

// Histogram counts observations by size. Its methods do nothing on a nil
// Histogram.
type Histogram struct{ vec *prometheus.HistogramVec }

// seconds divides durations from half a millisecond to ten seconds.
var seconds = [...]float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}

// Histogram declares meadow_<name> in seconds, by convention ending in
// _seconds.
func (m *Metrics) Histogram(name, help string, labels ...string) *Histogram {
	if m == nil {
		return nil
	}
	return &Histogram{declare(m, prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: prefix + name, Help: help, Buckets: seconds[:]}, labels))}
}

// Observe adds one duration under the labels' values.
func (h *Histogram) Observe(d time.Duration, values ...string) {
	if h != nil {
		h.vec.WithLabelValues(values...).Observe(d.Seconds())
	}
}

// declare registers c, or returns what is registered under its name. A name
// that means two things is a bug.
func declare[C prometheus.Collector](m *Metrics, c C) C {
	err := m.registry.Register(c)
	if err == nil {
		return c
	}
	if was, ok := errors.AsType[prometheus.AlreadyRegisteredError](err); ok {
		if same, ok := was.ExistingCollector.(C); ok {
			return same
		}
	}
	panic("obs: " + err.Error())
}

// Registry returns where the metrics are kept, for a server that adds its own;
// nil for a nil Metrics.
func (m *Metrics) Registry() *prometheus.Registry {
	if m == nil {
		return nil
	}
	return m.registry
}
