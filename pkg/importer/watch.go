package importer

import (
	"fmt"
	"math"
	"time"

	"imimport/pkg/decide"
	"imimport/pkg/im"
	"imimport/report"
)

// watch follows how the service answers, and tells people and the report of what lasts.
type watch struct {
	cfg            *Config
	outage         decide.Outage
	askAgain       bool // the next call in it is one that was sent before
	pace           pace
	throttled      bool
	throttledSince time.Time
	quotaTold      bool
}

// event tells of something that lasts.
func (w *watch) event(mark report.MarkKind, name, text string, attrs ...any) {
	w.cfg.Log.Warn(text, append([]any{"event", name}, attrs...)...)
	if w.cfg.History != nil {
		w.cfg.History.Mark(time.Now(), mark, text)
	}
}

// attempt counts an answer for those who draw it.
func (w *watch) attempt(now time.Time, c *call) {
	a := &c.answer
	w.cfg.Metrics.Request(a.Code, a.Class.String(), a.Latency)
	if h := w.cfg.History; h != nil {
		accounts := max(0, len(c.items)-len(a.Failed))
		if c.items[0].isImported() { // it was counted when it was imported
			accounts = 0
		}
		h.Attempt(now, a.Latency, attemptKind(a.Class), accounts)
	}
}

func attemptKind(c im.Class) report.AttemptKind {
	switch c {
	case im.ClassThrottle:
		return report.AttemptThrottled
	case im.ClassSuccess:
		return report.AttemptOK
	case im.ClassTransient:
		return report.AttemptRetry
	}
	return report.AttemptFailed
}

// slowDown tells that the service has throttled a lane, which now sends at this rate.
func (w *watch) slowDown(code int, rate float64) {
	if w.throttled {
		w.cfg.Log.Debug("throttled again", "event", "throttle.again", "code", code, "rate", math.Round(rate))
		return
	}
	w.throttled, w.throttledSince = true, time.Now()
	w.event(report.MarkThrottleBegin, "throttle.begin", fmt.Sprintf(
		"throttled: the service says %q (%d); going on at %.0f requests/s, creeping back", "too often", code, rate),
		"code", code, "rate", math.Round(rate))
}

// fullRate tells once that no lane is throttled any more.
func (w *watch) fullRate() {
	if w.throttled {
		w.throttled, w.throttledSince = false, time.Time{}
		w.event(report.MarkThrottleEnd, "throttle.end", "throttling is over: back at the full rate")
	}
}

// quota tells once that rows meet the quota and the run goes on.
func (w *watch) quota(code int) {
	if !w.quotaTold {
		w.quotaTold = true
		w.event(report.MarkQuota, "quota", fmt.Sprintf("quota met (%d): going on with the other rows", code), "code", code)
	}
}
