package importer

import (
	"time"

	"imimport/report"
)

// Progress is how a run stands, for those who watch it.
type Progress struct {
	Rows                         report.Rows // of the job
	BytesDone, BytesTotal        int64       // of the input; a total of 0 is not known
	Requests, Retries, Throttled int64       // of the job
	Profiles                     int64       // of Requests, those that set a profile
	InFlight, Waiting            int
	RateNow, RateLimit           float64 // requests a second; a limit of 0 is none; below the one that was asked for while the service throttles
	AccountsNow                  float64 // rows settled a second
	WorstSecond                  int
	Throttling                   bool
	Outage                       time.Time // since when there is no good answer; zero where it is no outage
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
	r.watch.pace.add(r.accounts.settled)
	if !r.lanes.slowed(now) {
		r.watch.fullRate()
	}
	p := r.progress(now)
	if r.cfg.Progress != nil {
		r.cfg.Progress(p)
	}
	r.cfg.Metrics.State(p, r.saver.onDisk.Watermark.Row, r.saver.onDisk.SavedAt)
}

func (r *run) progress(now time.Time) Progress {
	c, main := &r.accounts.counters, r.lanes.list[0].limiter
	p := Progress{
		Rows: r.accounts.rows(), BytesDone: c.BytesDone, BytesTotal: c.BytesTotal,
		Requests: c.Requests, Profiles: c.Profiles, Retries: c.Retries, Throttled: c.Throttled,
		InFlight: r.lanes.busy(), Waiting: len(r.lanes.waiting), AccountsNow: r.watch.pace.perSecond(), RateLimit: max(main.Limit(), 0),
		Throttling: r.watch.throttled, Outage: r.watch.outage.Since(), StartedAt: r.accounts.startedAt, Pass: r.cfg.From.Pass,
	}
	for _, l := range r.lanes.list {
		if l == r.lanes.profile { // another limit than the rows'
			continue
		}
		seen, _ := l.limiter.Seen(now)
		p.RateNow += float64(seen)
	}
	_, p.WorstSecond = main.Seen(now)
	if main.Slowed(now) {
		p.RateLimit = main.Rate(now)
	}
	if r.cfg.From.Retry {
		p.PassRows = c.PassRows
		p.PassDone = c.PassRows - p.Rows.NotAttempted
	}
	return p
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
