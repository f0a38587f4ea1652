package importer

import (
	"errors"
	"fmt"
	"math"
	"time"

	"imimport/pkg/im"
	"imimport/report"
)

// codeBlocked says that the service has seen too many wrong UserSigs, and asks to wait for a minute.
const (
	codeBlocked    = 70050
	signAgainAfter = time.Minute
)

// maxResigns bounds a call whose UserSigs are refused while those of others are taken.
const maxResigns = 5

// answered decides by the class of a call's answer what becomes of its rows: settled, sent again, or,
// when the run stops, left for the next one.
func (r *run) answered(c *call) {
	c.lane.busy--
	if !c.sent {
		return // no token before the stop; its rows are not settled
	}
	now := time.Now()
	r.count(c, now)
	a := &c.answer
	if a.Class == im.ClassTransient && r.killed.Err() != nil {
		return // cut off by the second signal: nobody knows
	}
	r.observe(now, a)
	if a.Class != im.ClassThrottle && a.Class != im.ClassResign {
		for _, it := range c.items {
			it.attempts++
		}
	}
	switch a.Class {
	case im.ClassSuccess:
		r.accepted(c, now)
	case im.ClassTransient:
		r.tryLater(c, now)
	case im.ClassThrottle:
		r.giveWay(c, now)
	case im.ClassResign:
		r.signAgain(c, now)
	case im.ClassFatal:
		r.stop(StoppedRefused, fmt.Errorf("the service refuses this run: %w", describe(a)), hintOf(a.Err, a))
	case im.ClassQuota:
		r.quota(c)
	default: // of the row
		r.refused(c)
	}
}

func (r *run) count(c *call, now time.Time) {
	r.counters.Requests++
	r.counters.Accounts += int64(len(c.items))
	if c.schedule != nil {
		r.counters.Retries++
	}
	if r.firstSent.IsZero() {
		r.firstSent = c.sentAt
	}
	r.lastSent = c.sentAt
	r.cfg.Metrics.Request(c.answer.Code, c.answer.Class.String(), c.answer.Latency)
	if h := r.cfg.History; h != nil {
		h.Attempt(now, c.answer.Latency, attemptKind(c), max(0, len(c.items)-len(c.answer.Failed)))
	}
}

// accepted settles the rows of a call that the service took. In a batch it names those it did not take
// without a reason; each of them is asked for by itself.
func (r *run) accepted(c *call, now time.Time) {
	if len(c.answer.Failed) == 0 {
		for _, it := range c.items {
			r.settle(it, report.Succeeded, &c.answer)
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
		if it == nil {
			c.answer.Class, c.answer.HasCode = im.ClassTransient, false
			c.answer.Err = errors.New("the answer names an account twice, or one that was not in the call")
			r.tryLater(c, now)
			return
		}
		named = append(named, it)
		delete(byID, id)
	}
	for _, it := range c.items {
		if byID[it.row.UserID] != nil {
			r.settle(it, report.Succeeded, &c.answer)
		}
	}
	r.oneByOne(named)
}

// tryLater sends a call again after its backoff, until its tries are used up.
func (r *run) tryLater(c *call, now time.Time) {
	if c.schedule == nil {
		c.schedule = r.cfg.Policy.Start()
		for i, it := range c.items {
			c.items[i] = r.window.detach(it)
		}
	}
	if wait, again := c.schedule.Next(c.answer.RetryAfter); again {
		r.waiting.add(c, now.Add(wait))
		return
	}
	switch {
	case !r.health.reached:
		r.stop(StoppedRefused, fmt.Errorf("cannot reach %s: %w", r.cfg.Endpoint, describe(&c.answer)),
			"check --region or --endpoint, this machine's network and its proxy settings")
	case len(c.items) > 1 && r.health.lastGood.After(c.firstAt): // others got through: is it one account of these?
		r.oneByOne(c.items)
	default:
		for _, it := range c.items {
			r.settle(it, report.Failed, &c.answer)
		}
	}
}

// giveWay pauses and slows the lane down. The rows are sent again, and no attempt is used up.
func (r *run) giveWay(c *call, now time.Time) {
	r.counters.Throttled++
	c.lane.again = append(c.lane.again, c)
	if !c.lane.limiter.Throttled(now, c.sentAt, c.answer.RetryAfter) {
		return
	}
	refill := c.lane.limiter.Refill(now)
	if !r.throttled {
		r.throttled = true
		r.event(report.MarkThrottleBegin, "throttle.begin", fmt.Sprintf(
			"throttled: the service says %q (%d); pausing a second, then %.0f requests/s, creeping back",
			"too often", c.answer.Code, refill), "code", c.answer.Code, "rate", math.Round(refill))
		return
	}
	r.cfg.Log.Debug("throttled again", "event", "throttle.again", "code", c.answer.Code, "rate", math.Round(refill))
}

// signAgain sends the call with a new UserSig. It costs the rows nothing.
func (r *run) signAgain(c *call, now time.Time) {
	c.resigns++
	err := r.cfg.Client.Resign(c.answer)
	if err == nil && c.resigns > maxResigns {
		err = errors.New("new UserSigs are refused again and again")
	}
	if err != nil && c.resigns > 1 { // a call that is refused once may have met another's renewal
		r.stop(StoppedRefused, fmt.Errorf("the service refuses the UserSig: %w: %w", err, describe(&c.answer)), hintOf(err, &c.answer))
		return
	}
	r.cfg.Log.Debug("UserSig refused: sending again with a new one", "event", "usersig.refused", "code", c.answer.Code)
	if c.answer.Code == codeBlocked { // of the app, not of the call: each one more would only meet it again
		for _, l := range r.lanes {
			l.limiter.Pause(now, signAgainAfter)
		}
	}
	c.lane.again = append(c.lane.again, c)
}

// quota settles the row that met the account limit, and stops the run or not, as the user chose.
func (r *run) quota(c *call) {
	if len(c.items) > 1 {
		r.oneByOne(c.items)
		return
	}
	r.settle(c.items[0], report.QuotaExceeded, &c.answer)
	if r.cfg.QuotaContinue {
		if !r.quotaTold {
			r.quotaTold = true
			r.event(report.MarkQuota, "quota", fmt.Sprintf("quota met (%d): going on, as --on-quota continue says", c.answer.Code), "code", c.answer.Code)
		}
		return
	}
	code := im.Lookup(c.answer.Code)
	r.stop(StoppedQuota, fmt.Errorf("the service's quota is met: %d %s", code.Code, code.Meaning), code.Remedy)
}

// refused settles a row that the service refuses. A batch that is refused as a whole is taken apart, in
// halves and then one by one, so that one bad account does not fail the others.
func (r *run) refused(c *call) {
	switch n := len(c.items); {
	case n == 1:
		r.settle(c.items[0], report.Failed, &c.answer)
	case n <= 3:
		r.oneByOne(c.items)
	default:
		for _, half := range [][]*item{c.items[:n/2], c.items[n/2:]} {
			c.lane.again = append(c.lane.again, &call{lane: c.lane, items: half})
		}
	}
}

// oneByOne sends each row by itself, with tries of its own: only the single command tells why.
func (r *run) oneByOne(items []*item) {
	for _, it := range items {
		r.single.again = append(r.single.again, &call{lane: r.single, items: []*item{r.window.detach(it)}})
	}
}
