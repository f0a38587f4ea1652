package metrics

import (
	"cmp"
	"runtime"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"imimport/report"
)

// register makes every series, so that the first scrape has them all, at zero.
func (m *Metrics) register(version string) {
	info := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "imimport_build_info", Help: "Always 1; the labels tell what runs."},
		[]string{"version", "goversion"})
	info.WithLabelValues(label(cmp.Or(version, "unknown")), runtime.Version()).Set(1)

	m.requests = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "imimport_requests_total",
		Help: "Requests answered to this process, by the answer's code and class. Code 0 is success, none that no code came."},
		[]string{"code", "class"})
	latency := prometheus.NewHistogram(prometheus.HistogramOpts{Name: "imimport_request_duration_seconds",
		Help: "Time from sending a request to its answer or its fault.", Buckets: latencyBuckets})
	m.latency = latency
	settled := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "imimport_rows_settled_total",
		Help: "Rows that this process gave an outcome."}, []string{"outcome"})
	m.registerer.MustRegister(info, m.requests, latency, settled)
	m.settled = map[string]prometheus.Counter{}
	for _, o := range []report.Outcome{report.Succeeded, report.Failed, report.QuotaExceeded} {
		m.settled[o.String()] = settled.WithLabelValues(o.String())
	}
	m.wait = prometheus.NewCounter(prometheus.CounterOpts{Name: "imimport_rate_wait_seconds_total",
		Help: "Time that requests waited for the rate limit."})

	for _, g := range gauges {
		options := prometheus.GaugeOpts{Name: g.name, Help: g.help}
		if g.state != "" {
			options.ConstLabels = prometheus.Labels{"state": g.state}
		}
		m.registerer.MustRegister(prometheus.NewGaugeFunc(options, func() float64 { return g.value(m.current()) }))
	}
	age := prometheus.GaugeOpts{Name: "imimport_checkpoint_age_seconds", Help: "Time since the last checkpoint, 0 for none yet."}
	m.registerer.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "imimport_running", Help: "1 while a run is under way. It stays 1 in a file where a run was killed."},
		func() float64 { return flag(!m.ended.Load()) }))
	m.registerer.MustRegister(m.ofLast(lastSuccess, "Unix time at which a run last ended with exit code 0, 0 for never. A file keeps it from run to run.",
		func(l Last) float64 { return unix(l.Success) }))
	m.registerer.MustRegister(prometheus.NewGaugeFunc(age, func() float64 {
		saved := m.state.Load().saved
		if saved == 0 {
			return 0
		}
		return m.now().Sub(time.Unix(0, saved)).Seconds()
	}))
}

const rowsHelp = "Rows of the job over all its runs, by how they stand. The read ones are the sum of the others."

// gauges show the state of the run.
var gauges = []struct {
	name, state, help string // state is a label, "" for none
	value             func(*state) float64
}{
	{"imimport_job_rows", "read", rowsHelp, func(s *state) float64 { return float64(s.Rows.Read) }},
	{"imimport_job_rows", "succeeded", rowsHelp, func(s *state) float64 { return float64(s.Rows.Succeeded) }},
	{"imimport_job_rows", "failed", rowsHelp, func(s *state) float64 { return float64(s.Rows.Failed) }},
	{"imimport_job_rows", "quota_exceeded", rowsHelp, func(s *state) float64 { return float64(s.Rows.QuotaExceeded) }},
	{"imimport_job_rows", "not_attempted", rowsHelp, func(s *state) float64 { return float64(s.Rows.NotAttempted) }},
	{"imimport_job_requests", "", "Requests of the job over all its runs.", func(s *state) float64 { return float64(s.Requests) }},
	{"imimport_job_profile_requests", "", "Of them, those that set a profile (portrait_set).", func(s *state) float64 { return float64(s.Profiles) }},
	{"imimport_job_retries", "", "Requests of the job that sent a row again after a transient answer.", func(s *state) float64 { return float64(s.Retries) }},
	{"imimport_job_throttled", "", "Answers to the job that said: called too often.", func(s *state) float64 { return float64(s.Throttled) }},
	{"imimport_job_input_read_bytes", "", "Bytes of the input that are read.", func(s *state) float64 { return float64(s.BytesDone) }},
	{"imimport_job_input_size_bytes", "", "Bytes of the input, 0 where that is not known.", func(s *state) float64 { return float64(s.BytesTotal) }},
	{"imimport_requests_in_flight", "", "Requests sent and not answered yet.", func(s *state) float64 { return float64(s.InFlight) }},
	{"imimport_requests_waiting", "", "Requests that wait to be sent again.", func(s *state) float64 { return float64(s.Waiting) }},
	{"imimport_rate_limit", "", "Requests a second that the limiter allows now, 0 for no limit.", func(s *state) float64 { return s.RateLimit }},
	{"imimport_rate", "", "Requests sent in the last second.", func(s *state) float64 { return s.RateNow }},
	{"imimport_rate_worst_second", "", "Most requests sent in any one second.", func(s *state) float64 { return float64(s.WorstSecond) }},
	{"imimport_throttling", "", "1 while the run goes slower because the service said: called too often.",
		func(s *state) float64 { return flag(s.Throttling) }},
	{"imimport_outage", "", "1 while the service gives no good answer.", func(s *state) float64 { return flag(!s.Outage.IsZero()) }},
	{"imimport_watermark_row", "", "All rows up to this one have their outcome on disk.", func(s *state) float64 { return float64(s.watermark) }},
	{"imimport_checkpoint_timestamp_seconds", "", "Unix time of the last checkpoint, 0 for none yet.",
		func(s *state) float64 { return float64(s.saved) / float64(time.Second) }},
}

func flag(on bool) float64 {
	if on {
		return 1
	}
	return 0
}

// label makes a text valid UTF-8, as a label must be.
func label(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }
