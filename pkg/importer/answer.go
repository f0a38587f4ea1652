package importer

import (
	"errors"
	"time"

	"imimport/pkg/decide"
	"imimport/pkg/fault"
	"imimport/pkg/im"
	"imimport/report"
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
	if r.killed.Err() == nil || c.answer.Class != im.ClassTransient { // else the call was cut off
		r.observe(now, c)
	}
	r.act(c, r.decide(c), now)
}

func (r *run) decide(c *call) decide.Verdict {
	o, p, used := &r.watch.outage, r.cfg.Policy, 0
	for _, it := range c.items {
		used = max(used, it.tries.Used)
	}
	kept := 0
	if len(c.items) > 1 {
		kept = 1 // so that its rows have one left singly
	}
	return c.Answered(decide.Facts{Answer: &c.answer, Endpoint: r.cfg.Endpoint, Rows: len(c.items), Used: used, TriesLeft: p.Left(used + 1 + kept),
		Killed: r.killed.Err() != nil, Reached: o.Reached(), Outage: o.Covers(c.pass.SentAt()), Singly: p.Left(1)}, p, r.cfg.Client.Resign)
}

// act carries a decision out.
func (r *run) act(c *call, v decide.Verdict, now time.Time) {
	if v.Try {
		r.tried(c, now)
	}
	if v.PauseAll > 0 {
		r.lanes.pauseAll(now, v.PauseAll)
	}
	switch v.Do {
	case decide.Settle:
		r.accepted(c, now)
	case decide.Leave:
	case decide.Fail:
		if c.answer.Class == im.ClassTransient {
			r.detach(c)
			r.lanes.spent = append(r.lanes.spent, c)
			return
		}
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
		r.detach(c)
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
			r.took(it, c)
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
			untried(c.items) // as an answer that was taken
			r.act(c, r.decide(c), now)
			return
		}
		named = append(named, it)
		delete(byID, id)
	}
	for _, it := range c.items {
		if byID[it.row.UserID] != nil {
			r.took(it, c)
		}
	}
	untried(named) // the answer says nothing of why: their own does
	r.oneByOne(named)
}

// took is for a row that the service has taken by this call. It has succeeded, unless its profile is still to be sent.
func (r *run) took(it *item, c *call) {
	if it.row.Profile == nil || it.isImported() {
		r.settler.settle(it, report.Succeeded, &c.answer)
		return
	}
	it.before, it.tries = int32(it.tries.Used), decide.Tries{} //nolint:gosec // options bound the tries
	r.lanes.setProfile(it)
}

// tried counts an answer that has used up a try of the rows.
func (r *run) tried(c *call, now time.Time) {
	for _, it := range c.items {
		if c.answer.Class == im.ClassTransient {
			it.tries.Failed(now, &r.watch.outage)
		} else {
			it.tries.Used++
		}
	}
}

// untried takes back what tried has counted for an answer that was taken.
func untried(items []*item) {
	for _, it := range items {
		it.tries.Used--
	}
}

// detach is for a call that waits.
func (r *run) detach(c *call) {
	for i, it := range c.items {
		c.items[i] = r.rows.detach(it)
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
