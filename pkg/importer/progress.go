package importer

import (
	"time"

	"imimport/pkg/im"
	"imimport/report"
)

// Progress is how a run stands, for those who watch it.
type Progress struct {
	Rows                         report.Rows // of the job
	BytesDone, BytesTotal        int64       // of the input; a total of 0 is not known
	Requests, Retries, Throttled int64       // of the job
	InFlight, Waiting            int
	RateNow, RateLimit           float64 // requests a second; a limit of 0 is none, and one below --rate is throttling
	AccountsNow                  float64 // rows settled a second
	WorstSecond                  int
	Throttling, Outage           bool
	StartedAt                    time.Time // of the run
	Pass                         int
	PassRows, PassDone           int64 // rows of a retry pass and how many have their outcome; 0 in the first pass
}

// Metrics is told of every request and every settled row. Its methods must be quick.
type Metrics interface {
	Request(code int, class string, latency time.Duration)
	Settled(outcome string)
	Waited(time.Duration)             // for a token; called by a goroutine of its own
	State(Progress, int64, time.Time) // up to ten times a second: progress, the watermark's row, the last checkpoint
}

type noMetrics struct{}

func (noMetrics) Request(int, string, time.Duration) {}
func (noMetrics) Settled(string)                     {}
func (noMetrics) Waited(time.Duration)               {}
func (noMetrics) State(Progress, int64, time.Time)   {}

// tick does what is done now and then.
func (r *run) tick(now time.Time) {
	r.pace.add(r.settled)
	if r.throttled && !r.single.slowed(now) && !r.batch.slowed(now) {
		r.throttled = false
		r.event(report.MarkThrottleEnd, "throttle.end", "throttling is over: back at the full rate")
	}
	p := r.progress(now)
	if r.cfg.Progress != nil {
		r.cfg.Progress(p)
	}
	r.cfg.Metrics.State(p, r.onDisk.Watermark.Row, r.onDisk.SavedAt)
}

func (l *lane) slowed(now time.Time) bool { return l.limiter != nil && l.limiter.Slowed(now) }

func (r *run) progress(now time.Time) Progress {
	p := Progress{
		Rows: rows(r.counters.Read, &r.tally), BytesDone: r.counters.BytesDone, BytesTotal: r.counters.BytesTotal,
		Requests: r.counters.Requests, Retries: r.counters.Retries, Throttled: r.counters.Throttled,
		Waiting: len(r.waiting), AccountsNow: r.pace.perSecond(),
		Throttling: r.throttled, Outage: r.health.outage, StartedAt: r.startedAt, Pass: r.cfg.From.Pass,
	}
	for _, l := range r.lanes {
		sent, worst := l.limiter.Sent(now)
		p.RateNow += float64(sent)
		p.InFlight += l.busy
		if l == r.main {
			p.WorstSecond = worst
		}
	}
	if p.RateLimit = r.main.limiter.Limit(); r.main.limiter.Slowed(now) {
		p.RateLimit = r.main.limiter.Refill(now)
	}
	if r.cfg.From.Retry {
		p.PassRows = r.counters.PassRows
		p.PassDone = r.counters.PassRows - p.Rows.NotAttempted
	}
	return p
}

// rows are the figures of which the first is always the sum of the others.
func rows(read int64, t *report.Tally) report.Rows {
	return report.Rows{Read: read, Succeeded: t.Succeeded, Failed: t.Failed, QuotaExceeded: t.QuotaExceeded,
		NotAttempted: read - t.Settled()}
}

// pace is the rows settled over the last few ticks.
type pace struct {
	settled [32]int64
	n       int
}

func (p *pace) add(settled int64) {
	p.settled[p.n%len(p.settled)] = settled
	p.n++
}

func (p *pace) perSecond() float64 {
	if p.n < 2 {
		return 0
	}
	oldest := max(0, p.n-len(p.settled))
	span := time.Duration(p.n-1-oldest) * tickInterval
	return float64(p.settled[(p.n-1)%len(p.settled)]-p.settled[oldest%len(p.settled)]) / span.Seconds()
}

func attemptKind(c *call) report.AttemptKind {
	switch c.answer.Class {
	case im.ClassThrottle:
		return report.AttemptThrottled
	case im.ClassSuccess:
		return report.AttemptOK
	case im.ClassTransient:
		return report.AttemptRetry
	}
	return report.AttemptFailed
}
