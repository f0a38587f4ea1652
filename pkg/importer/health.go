package importer

import (
	"fmt"
	"net/http"
	"time"

	"imimport/pkg/im"
	"imimport/report"
)

const (
	outageCalls = 10              // calls in a row without a good answer,
	outageAfter = 3 * time.Second // over at least this long
)

// health knows whether the service is there at all. In an outage new rows wait, so that only the rows
// that are under way spend their tries on it.
type health struct {
	reached  bool      // something answered at least once
	lastGood time.Time // the last answer that was not a transient fault
	badSince time.Time // the first transient one after it
	bad      int
	outage   bool
}

// observe takes an answer in and tells once when an outage begins and ends.
func (r *run) observe(now time.Time, a *im.Answer) {
	h := &r.health
	h.reached = h.reached || a.HasCode || ofService(a.HTTPStatus)
	if a.Class != im.ClassTransient {
		h.lastGood, h.bad = now, 0
		if h.outage {
			h.outage = false
			r.event(report.MarkOutageEnd, "outage.end", fmt.Sprintf("the service answers again after %s; going on",
				now.Sub(h.badSince).Round(time.Second)), "seconds", now.Sub(h.badSince).Seconds())
		}
		return
	}
	if h.bad == 0 {
		h.badSince = now
	}
	h.bad++
	if !h.outage && h.bad >= outageCalls && now.Sub(h.badSince) >= outageAfter {
		h.outage = true
		r.event(report.MarkOutageBegin, "outage.begin", fmt.Sprintf("no good answer for %s (%v): new rows wait, rows under way are tried again",
			now.Sub(h.badSince).Round(time.Second), describe(a)), "calls", h.bad)
	}
}

// ofService tells whether a status can be the service's word: it has no redirect, no login and no missing
// page, which are those of a proxy or of a wrong address.
func ofService(status int) bool {
	switch status {
	case http.StatusOK, http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return true
	}
	return status >= http.StatusInternalServerError
}

// event tells people and the report once of something that lasts.
func (r *run) event(mark report.MarkKind, name, text string, attrs ...any) {
	r.cfg.Log.Warn(text, append([]any{"event", name}, attrs...)...)
	if r.cfg.History != nil {
		r.cfg.History.Mark(time.Now(), mark, text)
	}
}
