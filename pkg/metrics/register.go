package metrics

import (
	"runtime"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"imimport/report"
)

// register makes every series, so that the first scrape has them all, at zero.
func (m *Metrics) register(version string) {
	if version == "" {
		version = "unknown"
	}
	info := m.gaugeVec("imimport_build_info", "Always 1; the labels tell what runs.", "version", "goversion")
	info.WithLabelValues(label(version), runtime.Version()).Set(1)

	m.requests = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "imimport_requests_total",
		Help: "Requests answered to this process, by the answer's code and class. Code 0 is success, or in another class no code at all."},
		[]string{"code", "class"})
	latency := prometheus.NewHistogram(prometheus.HistogramOpts{Name: "imimport_request_duration_seconds",
		Help: "Time from sending a request to its answer or its fault.", Buckets: latencyBuckets})
	m.latency = latency
	settled := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "imimport_rows_settled_total",
		Help: "Rows that this process gave an outcome."}, []string{"outcome"})
	m.registerer.MustRegister(m.requests, latency, settled)
	m.settled = map[string]prometheus.Counter{}
	for _, o := range []report.Outcome{report.Succeeded, report.Failed, report.QuotaExceeded} {
		m.settled[o.String()] = settled.WithLabelValues(o.String())
	}
	m.wait = prometheus.NewCounter(prometheus.CounterOpts{Name: "imimport_rate_wait_seconds_total",
		Help: "Time that requests waited for the rate limit."})

	rows := m.gaugeVec("imimport_job_rows", "Rows of the job over all its runs, by how they stand. The read ones are the sum of the others.", "state")
	m.job = jobGauges{
		read: rows.WithLabelValues("read"), succeeded: rows.WithLabelValues("succeeded"), failed: rows.WithLabelValues("failed"),
		quota: rows.WithLabelValues("quota_exceeded"), notAttempted: rows.WithLabelValues("not_attempted"),
		requests:   m.gauge("imimport_job_requests", "Requests of the job over all its runs."),
		retries:    m.gauge("imimport_job_retries", "Requests of the job that sent a row again after a transient answer."),
		throttled:  m.gauge("imimport_job_throttled", "Answers to the job that said: called too often."),
		bytesDone:  m.gauge("imimport_job_input_read_bytes", "Bytes of the input that are read."),
		bytesTotal: m.gauge("imimport_job_input_size_bytes", "Bytes of the input, 0 where that is not known."),
	}
	m.inFlight = m.gauge("imimport_requests_in_flight", "Requests sent and not answered yet.")
	m.waiting = m.gauge("imimport_requests_waiting", "Requests that wait to be sent again.")
	m.rateLimit = m.gauge("imimport_rate_limit", "Requests a second that the limiter allows now, 0 for no limit.")
	m.rateNow = m.gauge("imimport_rate", "Requests sent in the last second.")
	m.worstSecond = m.gauge("imimport_rate_worst_second", "Most requests sent in any one second.")
	m.throttling = m.gauge("imimport_throttling", "1 while the run goes slower because the service said: called too often.")
	m.outage = m.gauge("imimport_outage", "1 while the service gives no good answer.")
	m.watermark = m.gauge("imimport_watermark_row", "All rows up to this one have their outcome on disk.")
	m.checkpoint()
}

// checkpoint adds the two series of the last checkpoint. Both are 0 before the first one.
func (m *Metrics) checkpoint() {
	m.registerer.MustRegister(
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "imimport_checkpoint_timestamp_seconds",
			Help: "Unix time of the last checkpoint, 0 for none yet."},
			func() float64 { return float64(m.saved.Load()) / float64(time.Second) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "imimport_checkpoint_age_seconds",
			Help: "Time since the last checkpoint, 0 for none yet."},
			func() float64 {
				saved := m.saved.Load()
				if saved == 0 {
					return 0
				}
				return m.now().Sub(time.Unix(0, saved)).Seconds()
			}))
}

func (m *Metrics) gauge(name, help string) prometheus.Gauge {
	g := prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: help})
	m.registerer.MustRegister(g)
	return g
}

func (m *Metrics) gaugeVec(name, help string, labels ...string) *prometheus.GaugeVec {
	g := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, labels)
	m.registerer.MustRegister(g)
	return g
}

// label makes a text valid UTF-8, as a label must be.
func label(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }
