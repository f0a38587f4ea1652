package decide

import (
	"cmp"
	"fmt"
	"time"

	"imimport/pkg/fault"
	"imimport/pkg/im"
	"imimport/retry"
)

// DefaultMaxOutage is how long an outage may last. A service that never answered gets [maxUnreached].
const DefaultMaxOutage = 10 * time.Minute

const (
	maxUnreached = time.Minute
	outageAfter  = 3 * time.Second        // without a good answer to anybody
	outageCalls  = 10                     // that failed, where each of them may have failed for what it carries
	restFor      = 2 * time.Second        // when it is known: calls may be on their way to be sent
	askEvery     = 500 * time.Millisecond // then
	longestTick  = time.Second            // a longer one is of a process that was stopped: nothing was asked
)

// Outage knows whether the service answers at all. An outage is three seconds without a good answer to anybody. A
// good answer is any but a transient one: to throttle or to refuse a row, the service has to be there.
//
// One row that the service cannot take must not look like an outage, or it would never fail. So ten calls have to
// fail that never failed before while others got through. One is enough where it had no connection, where the service
// has never answered, and for calls that ask: there, to give a call up would end the run all the same. The price: where an
// input has fewer than ten calls left, and a gateway or resets answer them for longer than their tries take, they fail.
// A code of the service is an outage only if it began while there were rows that had never been sent: of the last rows of
// an input, many may well meet the same code for what they are.
//
// The zero Outage has seen no answer. It belongs to one goroutine.
type Outage struct {
	Max  time.Duration // 0 is the default, below 0 no limit
	Asks bool          // the calls ask: no row can fail in their place

	reached bool
	aliveAt time.Time // the sending of the latest call that had a good answer
	goodAt  time.Time // the last good answer

	since  time.Time     // of the failures since goodAt; zero is none
	lasted time.Duration // how long something has been asked since then
	tickAt time.Time
	calls  int  // that failed for the first time
	sure   bool // some call had no connection
	open   bool // one of them had no code, or came while there were rows that had never been sent
	cause  error

	known   bool
	from    time.Time // tries that failed later than this are given back
	askAt   time.Time // when to make the next call
	dueAt   time.Time // since when the outage is as long as it may be
	over    bool      // a call that was sent later than that has failed
	beganAt time.Time // the last outage that is over
	endedAt time.Time
}

// Change is what an answer has shown.
type Change int

const (
	NoChange Change = iota
	Began
	Ended
)

// Ending is how a call has ended.
type Ending struct {
	Answer    *im.Answer
	SentAt    time.Time
	Connected bool // it had a connection
	Evidence  bool // it failed for the first time, and none of its rows has failed while others got through
	NewRows   bool // there are rows that were never sent
}

// Observe takes in how a call has ended.
func (o *Outage) Observe(now time.Time, e Ending) Change {
	o.Tick(now)
	o.reached = o.reached || Reaches(e.Answer)
	if e.Answer.Class != im.ClassTransient {
		return o.good(now, e.SentAt)
	}
	if !o.reached && elsewhere(e.Answer) {
		return NoChange // a wrong address is no outage
	}
	if o.since.IsZero() {
		o.since, o.lasted, o.dueAt, o.over = later(o.goodAt, e.SentAt), 0, time.Time{}, false
	}
	o.cause = e.Answer.Cause()
	o.over = o.over || !o.dueAt.IsZero() && !e.SentAt.Before(o.dueAt)
	if e.Evidence {
		o.calls++
		o.open = o.open || !e.Answer.HasCode || e.NewRows
	}
	o.sure = o.sure || !e.Connected && e.Answer.HTTPStatus == 0
	if wait := min(e.Answer.RetryAfter, retry.MaxRetryAfter); wait > 0 {
		o.askAt = later(o.askAt, now.Add(wait))
	}
	return o.judge(now)
}

// judge tells whether it is an outage by now.
func (o *Outage) judge(now time.Time) Change {
	enough := o.sure || o.calls > 0 && (o.Asks || !o.reached) || o.calls >= outageCalls && o.open
	if o.known || !enough || o.lasted < outageAfter {
		return NoChange
	}
	o.known, o.from = true, o.aliveAt
	o.askAt = later(o.askAt, now.Add(restFor))
	return Began
}

func (o *Outage) good(now, sentAt time.Time) Change {
	o.aliveAt, o.goodAt = later(o.aliveAt, sentAt), now
	if o.known && sentAt.Before(o.since) {
		return NoChange // it was under way when the outage began
	}
	change := NoChange
	if o.known {
		change, o.beganAt, o.endedAt = Ended, o.since, now
	}
	o.since, o.known, o.calls, o.sure, o.open = time.Time{}, false, 0, false, false
	return change
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// Tick lets time pass in which calls are under way. It has to be called about every half second while Failing.
func (o *Outage) Tick(now time.Time) {
	if !o.tickAt.IsZero() {
		o.lasted += min(now.Sub(o.tickAt), longestTick)
	}
	o.tickAt = now
	if most := o.most(); o.known && o.dueAt.IsZero() && most > 0 && o.lasted >= most {
		o.dueAt = now
	}
}

// most is how long an outage may last, below 0 where it has no limit.
func (o *Outage) most() time.Duration {
	switch {
	case o.Max != 0:
		return o.Max
	case !o.reached:
		return maxUnreached
	}
	return DefaultMaxOutage
}

// Reached tells whether the service has answered anything to anybody.
func (o *Outage) Reached() bool { return o.reached }

// Failing tells whether the last answer was not a good one.
func (o *Outage) Failing() bool { return !o.since.IsZero() }

// Known tells whether it is an outage.
func (o *Outage) Known() bool { return o.known }

// Since is when the outage began, zero where there is none.
func (o *Outage) Since() time.Time {
	if !o.known {
		return time.Time{}
	}
	return o.since
}

// Covers tells whether a call that was sent then and ends now says nothing of its rows if it fails.
func (o *Outage) Covers(sentAt time.Time) bool { return o.known || !sentAt.After(o.endedAt) }

// Refutes tells whether the service was there after a moment: what had failed until then has failed for itself.
func (o *Outage) Refutes(at time.Time) bool { return o.aliveAt.After(at) }

// Wait is how long to wait in an outage before the next call.
func (o *Outage) Wait(now time.Time) time.Duration { return max(0, o.askAt.Sub(now)) }

// Asked tells that a call is made in an outage.
func (o *Outage) Asked(now time.Time) { o.askAt = later(o.askAt, now.Add(askEvery)) }

// Over is the fault of a run whose outage has lasted too long, nil while it goes on. endpoint is as messages name it.
func (o *Outage) Over(endpoint string) *fault.Error {
	switch {
	case !o.known || !o.over:
		return nil
	case !o.reached:
		return unreached(fault.Unreachable, endpoint, o.cause)
	}
	return fault.New(fault.Unreachable,
		fault.Hintf("go on when the service is well again; %s is how long an outage may last", fault.Option{Key: "max-outage"}),
		"no good answer from %s since %s, for %s: %w", cmp.Or(endpoint, "the service"), clock(o.since), o.lasted.Round(time.Second), o.cause)
}

// Say is what people are told of a change: an event's name, a sentence, and its attributes.
func (o *Outage) Say(c Change) (event, text string, attrs []any) {
	if c == Began {
		return "outage.begin", fmt.Sprintf("no good answer since %s (%v): asking now and then until the service answers; no try is used up",
			clock(o.since), o.cause), []any{"since", o.since, "calls", o.calls}
	}
	took := o.endedAt.Sub(o.beganAt)
	return "outage.end", fmt.Sprintf("the service answers again: there was no good answer from %s until %s (%s); going on",
			clock(o.beganAt), clock(o.endedAt), took.Round(time.Second)),
		[]any{"since", o.beganAt, "until", o.endedAt, "seconds", took.Seconds()}
}

func clock(t time.Time) string { return t.Local().Format("2006-01-02 15:04:05") }

// Tries are those that a row has used up, or a call that asks.
type Tries struct {
	Used     int
	doubtful int       // the last so many of them: nobody may have had a good answer since
	failedAt time.Time // the last of them
}

// Failed counts a try that failed. Whether it counts in the end, the answers to others will show.
func (t *Tries) Failed(now time.Time, o *Outage) {
	if o.Refutes(t.failedAt) {
		t.doubtful = 0
	}
	t.Used++
	t.doubtful++
	t.failedAt = now
}

// Forgive gives back the tries that an outage has used up.
func (t *Tries) Forgive(o *Outage) {
	if t.failedAt.After(o.from) {
		t.Used -= t.doubtful
	}
	t.doubtful = 0
}

// Suspect tells whether a try has failed while others got through.
func (t *Tries) Suspect(o *Outage) bool {
	return t.Used > t.doubtful || t.doubtful > 0 && o.Refutes(t.failedAt)
}

// Refuted tells whether the last failure was not that of an outage.
func (t *Tries) Refuted(o *Outage) bool { return o.Refutes(t.failedAt) }
