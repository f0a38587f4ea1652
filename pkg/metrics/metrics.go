// Package metrics shows a run to Prometheus: as a page to scrape, or as a file for the node exporter's textfile
// collector.
//
// Counters named _total count what this process has done, from zero, as Prometheus expects. Gauges named imimport_job_
// are the figures of the job over all its runs, the same as in summary.json. The rows of a job are gauges because their
// numbers can fall: a retry pass takes failed rows back.
//
// # Decisions
//
// Request looks its counter up in a map that is read without a lock and copied when a new code appears. It takes 43 ns
// and allocates nothing, its histogram included; CounterVec's WithLabelValues alone takes 70 ns and an allocation.
// Codes come from the network, so only the first hundred get a series of their own. The registry belongs to the run.
// The default registry belongs to whoever embeds the importer.
//
// Two jobs may run at the same time and leave their files in one directory. The node exporter refuses a series that it
// already has. So every series has the job's label, and the file leaves out go_ and process_, which the exporter
// itself has.
package metrics

import (
	"maps"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"imimport/pkg/importer"
)

const maxSeries = 100 // of requests by code and class

// latencyBuckets are in seconds, close together around the usual answer, the service's timeout of 3 s and ours of 10 s.
var latencyBuckets = []float64{.005, .01, .025, .05, .075, .1, .15, .25, .5, 1, 2, 3, 5, 10, 30}

// Metrics are the figures of a run. All methods are safe for concurrent use.
type Metrics struct {
	registry   *prometheus.Registry
	registerer prometheus.Registerer // of the registry, with the job's label
	process    *prometheus.Registry  // Go's and the process's own figures

	requests *prometheus.CounterVec
	byCode   atomic.Pointer[map[codeClass]prometheus.Counter]
	growing  sync.Mutex
	latency  prometheus.Observer

	settled map[string]prometheus.Counter // by outcome; never changed

	wait     prometheus.Counter
	waitOnce sync.Once

	state atomic.Pointer[state] // never nil
	now   func() time.Time

	ending sync.Mutex
	last   Last        // under ending
	ended  atomic.Bool // the run has: nothing is under way any more
}

// state is what the gauges show.
type state struct {
	importer.Progress
	watermark int64
	saved     int64 // Unix nanoseconds of the last checkpoint, 0 for none
}

type codeClass struct {
	code  int
	class string
}

// Config names what is measured. The zero value is fine.
type Config struct {
	Version string           // shown in imimport_build_info
	Job     string           // the label import_job of every series; "" = no label
	Last    Last             // what earlier runs have left
	Now     func() time.Time // the clock for the age of the checkpoint; nil = time.Now
}

// New makes the metrics of a run.
func New(cfg Config) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry(), process: prometheus.NewRegistry(), now: cfg.Now, last: cfg.Last}
	if m.now == nil {
		m.now = time.Now
	}
	m.process.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.registerer = m.registry
	if cfg.Job != "" {
		m.registerer = prometheus.WrapRegistererWith(prometheus.Labels{"import_job": label(cfg.Job)}, m.registry)
	}
	m.state.Store(&state{})
	m.byCode.Store(&map[codeClass]prometheus.Counter{})
	m.register(cfg.Version)
	if !m.last.Run.IsZero() {
		m.registerLast()
	}
	return m
}

// Request counts a request that has ended. Code 0 means success, or in another class that no code came.
func (m *Metrics) Request(code int, class string, latency time.Duration) {
	counter := (*m.byCode.Load())[codeClass{code, class}]
	if counter == nil {
		counter = m.addCode(codeClass{code, class})
	}
	counter.Inc()
	m.latency.Observe(latency.Seconds())
}

// Settled counts a row that has its outcome, named as by [report.Outcome.String].
func (m *Metrics) Settled(outcome string) {
	if counter := m.settled[outcome]; counter != nil {
		counter.Inc()
	}
}

// Waited counts the time that a request waited for the rate limit. The series exists from the first call on.
func (m *Metrics) Waited(d time.Duration) {
	m.waitOnce.Do(func() { m.registerer.MustRegister(m.wait) })
	if d > 0 {
		m.wait.Add(d.Seconds())
	}
}

// State sets the gauges: the progress of the run, the row up to which all are settled, and when the last checkpoint was
// saved (zero for none yet).
func (m *Metrics) State(p importer.Progress, watermark int64, saved time.Time) {
	at := m.state.Load().saved
	if !saved.IsZero() {
		at = saved.UnixNano()
	}
	m.state.Store(&state{p, watermark, at})
}

// addCode makes the counter of a code that has not been seen before.
func (m *Metrics) addCode(key codeClass) prometheus.Counter {
	m.growing.Lock()
	defer m.growing.Unlock()
	known := *m.byCode.Load()
	if counter := known[key]; counter != nil {
		return counter
	}
	if len(known) >= maxSeries {
		return m.requests.WithLabelValues("other", "other")
	}
	grown := maps.Clone(known)
	code := strconv.Itoa(key.code)
	if key.code == 0 && key.class != "success" {
		code = "none"
	}
	counter := m.requests.WithLabelValues(code, label(key.class))
	grown[key] = counter
	m.byCode.Store(&grown)
	return counter
}
