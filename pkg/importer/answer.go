package importer

import (
	"errors"
	"time"

	"imimport/pkg/decide"
	"imimport/pkg/fault"
	"imimport/pkg/im"
	"imimport/report"
	"imimport/retry"
)

// answered takes a call back and does what is decided about its answer.
func (r *run) answered(c *call) {
	c.lane.busy--
	switch {
	case c.panicked != nil:
		r.stop.now(asFault(c.panicked, fault.Internal))
		return
	case c.pass == nil:
		return // no token before the stop; its rows are not settled
	}
	now := time.Now()
	r.accounts.sent(c)
	r.watch.attempt(now, c)
	v := r.decide(c)
	if v.Do == decide.Leave {
		return
	}
	r.watch.observe(now, &c.answer)
	r.act(c, v, now)
}

func (r *run) decide(c *call) decide.Verdict {
	h, p := &r.watch.health, r.tries(c)
	return c.Answered(decide.Facts{Answer: &c.answer, Endpoint: r.cfg.Endpoint, Rows: len(c.items),
		Killed: r.killed.Err() != nil, Reached: h.reached, Singly: r.cfg.Policy.WithDefaults().MaxAttempts > 1}, p, r.cfg.Client.Resign)
}

// tries is the policy of a call that begins now: without the tries that its rows have used up before, and for a batch
// without one more, so that its rows have one left singly.
func (r *run) tries(c *call) retry.Policy {
	p := r.cfg.Policy.WithDefaults()
	used := 0
	for _, it := range c.items {
		used = max(used, it.attempts)
	}
	if len(c.items) > 1 {
		used++
	}
	p.MaxAttempts = max(1, p.MaxAttempts-used)
	return p
}

// act carries a decision out.
func (r *run) act(c *call, v decide.Verdict, now time.Time) {
	if v.Try {
		tried(c.items, 1)
	}
	if v.PauseAll > 0 {
		r.lanes.pauseAll(now, v.PauseAll)
	}
	switch v.Do {
	case decide.Settle:
		r.accepted(c, now)
	case decide.Fail:
		for _, it := range c.items {
			r.settler.settle(it, report.Failed, &c.answer)
		}
	case decide.Quota:
		r.settler.settle(c.items[0], report.QuotaExceeded, &c.answer)
		if r.cfg.QuotaContinue {
			r.watch.quota(c.answer.Code)
		} else {
			r.stop.now(v.Fault)
		}
	case decide.Halve:
		r.lanes.halve(c)
	case decide.OneByOne:
		r.oneByOne(c.items)
	case decide.Later:
		for i, it := range c.items {
			c.items[i] = r.rows.detach(it)
		}
		r.lanes.later(c, now.Add(v.Wait))
	case decide.SlowDown:
		r.slowDown(c, now)
	case decide.Again:
		r.cfg.Log.Debug("UserSig refused: sending again with a new one", "event", "usersig.refused", "code", c.answer.Code)
		r.lanes.again(c)
	default:
		r.stop.now(v.Fault)
	}
}

// accepted settles the rows of a call that the service took. A batch's answer names the accounts that it did not
// take, without a reason; each of them is sent by itself.
func (r *run) accepted(c *call, now time.Time) {
	if len(c.answer.Failed) == 0 {
		for _, it := range c.items {
			r.settler.settle(it, report.Succeeded, &c.answer)
		}
		return
	}
	byID := make(map[string]*item, len(c.items))
	for _, it := range c.items {
		byID[it.row.UserID] = it
	}
	var named []*item
	for _, id := range c.answer.Failed {
		it := byID[id]
		if it == nil { // an answer that is not to be trusted
			c.answer.Class, c.answer.HasCode = im.ClassTransient, false
			c.answer.Err = errors.New("the answer names an account twice, or one that was not in the call")
			tried(c.items, -1) // as an answer that was taken
			r.act(c, r.decide(c), now)
			return
		}
		named = append(named, it)
		delete(byID, id)
	}
	for _, it := range c.items {
		if byID[it.row.UserID] != nil {
			r.settler.settle(it, report.Succeeded, &c.answer)
		}
	}
	tried(named, -1) // the answer says nothing of why: their own does
	r.oneByOne(named)
}

// tried counts answers that have used up a try of the rows.
func tried(items []*item, n int) {
	for _, it := range items {
		it.attempts += n
	}
}

func (r *run) oneByOne(items []*item) {
	for _, it := range items {
		r.lanes.oneByOne(r.rows.detach(it))
	}
}

// slowDown sends the rows of a call again, whose answer has had the lane's limiter lower its rate. No try is used up.
func (r *run) slowDown(c *call, now time.Time) {
	r.accounts.counters.Throttled++
	if c.slowed {
		r.watch.slowDown(c.answer.Code, c.lane.limiter.Rate(now))
	}
	r.lanes.again(c)
}
