// Package bulk makes calls that are about many accounts each, within a command's limit: account_check,
// portrait_get, account_delete. One loop, its caller's, takes every token and makes every decision; a goroutine for
// each call only makes it. What an answer means for its call is package decide's to say, as in an import.
//
// An account whose own result is a transient code is asked about again as a whole call is, within the tries of the
// call that it came in; once they are used up, the code is its result.
//
// A call that gets no good answer in all its tries, while others get one, ends the run: a row of an import has a file to
// go to, but here a result that leaves the call out would be no proof. Where nobody gets a good answer it is an outage: the
// tries do not count, and a call is made now and then until one is answered well or the outage has lasted too long.
//
// The calls that are open are bounded: those in flight by the workers, and those that wait for their next try by 100,
// for no new call is made while that many wait. Without the bound, verify of 1.5 million rows grew from 39 to 362 MB
// against a service that answered 70050 to every call.
package bulk

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"imimport/limiter"
	"imimport/pkg/decide"
	"imimport/pkg/fault"
	"imimport/pkg/im"
	"imimport/retry"
)

// Config is a run. Limiter, Resign and Log are needed.
type Config struct {
	Limiter   *limiter.Limiter
	Shared    *limiter.Limiter   // nil, or that of all calls of the process
	Beside    []*limiter.Limiter // of other commands of the app: they pause too when the service refuses the whole app
	Policy    retry.Policy
	MaxOutage time.Duration // longer than that without a good answer ends the run; 0 is the default, below 0 none
	Workers   int           // calls in flight; 0 is 50
	Resign    func(im.Answer) error
	Stop      <-chan struct{} // closed: finish what is in flight
	Log       *slog.Logger
}

const (
	defaultWorkers = 50
	maxWaiting     = 100 // calls that wait for their next try
)

// Result is an account's own result.
type Result interface{ Class() im.Class }

// Call asks the service about accounts, and runs beside others. The results of a success are those of the accounts,
// in their order.
type Call[A any, R Result] func(context.Context, []A) ([]R, im.Answer)

// Run makes a call for the accounts that next gives, until it says false. settle gets each account once, when it has
// its result. next and settle are called by the caller's goroutine, and their errors end the run, after what is in
// flight has been settled. It returns the number of requests.
//
// Its own errors are faults: Refused where the service refuses the call or does not answer this one, Unreachable where it
// cannot be reached, Interrupted where Stop or
// ctx ended the run, Internal where something panicked.
func Run[A any, R Result](ctx context.Context, cfg Config, next func() ([]A, bool, error), call Call[A, R], settle func([]A, []R) error) (requests int64, err error) {
	if cfg.Workers <= 0 {
		cfg.Workers = defaultWorkers
	}
	r := &run[A, R]{cfg: cfg, killed: ctx, next: next, call: call, settle: settle, answers: make(chan *attempt[A, R], cfg.Workers),
		outage: decide.Outage{Max: cfg.MaxOutage, Asks: true}}
	var end context.CancelFunc
	r.pacing, end = context.WithCancel(ctx)
	r.group.Go(func() { // ends with Stop, or with the run
		defer end()
		select {
		case <-cfg.Stop:
		case <-r.pacing.Done():
		}
	})
	err = guarded(r.loop)
	end()
	for r.inFlight > 0 { // they end with their answers, or with ctx
		a := <-r.answers
		r.inFlight--
		err = errors.Join(err, guarded(func() error { return r.last(a) }))
	}
	r.group.Wait()
	return r.requests, err
}

// guarded is f's error, or the fault of its panic.
func guarded(f func() error) (err error) {
	if panicked := fault.Guard(func() { err = f() }); panicked != nil {
		return panicked
	}
	return err
}

type run[A any, R Result] struct {
	cfg      Config
	killed   context.Context // the caller's
	pacing   context.Context // ends with Stop, too
	next     func() ([]A, bool, error)
	call     Call[A, R]
	settle   func([]A, []R) error
	answers  chan *attempt[A, R] // as large as there are workers: none of them waits
	group    sync.WaitGroup
	inFlight int
	waiting  []*attempt[A, R] // to be made again, from their dueAt on
	spent    []*attempt[A, R] // whose tries are used up: that ends the run once others have had a good answer
	ended    bool             // next has nothing more
	requests int64
	outage   decide.Outage
}

// attempt is a call that goes round from the loop to its goroutine and back. It belongs to whoever holds it.
type attempt[A any, R Result] struct {
	decide.Call
	tries    decide.Tries
	fault    *fault.Error // of a call whose tries are used up
	accounts []A
	results  []R
	answer   im.Answer
	panicked error
	passes   []*limiter.Call // one of each limiter
	slowed   bool            // its answer has slowed the command's limiter down
	dueAt    time.Time
}

// loop is the whole machine: settle what has come, send what is due, else wait for either.
func (r *run[A, R]) loop() error {
	for {
		for len(r.answers) > 0 {
			if err := r.answered(<-r.answers); err != nil {
				return err
			}
		}
		select {
		case <-r.cfg.Stop:
			return interrupted()
		default:
		}
		now := time.Now()
		if err := r.outageLasts(now); err != nil {
			return err
		}
		if r.mayCall(now) {
			a, err := r.due(now)
			if err != nil {
				return err
			}
			if a != nil {
				if err := r.send(a); err != nil {
					return err
				}
				continue
			}
		}
		if r.inFlight == 0 && len(r.waiting) == 0 {
			if len(r.spent) == 0 {
				return nil
			}
			if err := r.onlySpent(now); err != nil {
				return err
			}
		}
		if err := r.wait(); err != nil {
			return err
		}
	}
}

func interrupted() error { return fault.New(fault.Interrupted, fault.Hint{}, "interrupted") }

// due is the next call to make: those that are made again go before new ones.
func (r *run[A, R]) due(now time.Time) (*attempt[A, R], error) {
	for i, a := range r.waiting {
		if !a.dueAt.After(now) {
			r.waiting = append(r.waiting[:i], r.waiting[i+1:]...)
			return a, nil
		}
	}
	if r.ended || len(r.waiting)+len(r.spent) >= maxWaiting {
		return nil, nil
	}
	accounts, ok, err := r.next()
	if !ok || err != nil {
		r.ended = true
		return nil, err
	}
	return &attempt[A, R]{accounts: accounts}, nil
}

func (r *run[A, R]) send(a *attempt[A, R]) error {
	a.passes = nil
	r.outage.Asked(time.Now())
	for _, l := range []*limiter.Limiter{r.cfg.Limiter, r.cfg.Shared} { // the shared one last: the call is sent when its token is taken
		if l == nil {
			continue
		}
		pass, err := l.Wait(r.pacing)
		if err != nil {
			a.end()
			return interrupted()
		}
		a.passes = append(a.passes, pass)
	}
	r.requests++
	r.inFlight++
	ctx := r.killed
	for _, pass := range a.passes {
		ctx = pass.Trace(ctx)
	}
	r.group.Go(func() { // ends with the call, which ends with ctx
		a.panicked = fault.Guard(func() { a.results, a.answer = r.call(ctx, a.accounts) })
		a.end()
		r.answers <- a
	})
	return nil
}

// end tells the limiters how the call has ended.
func (a *attempt[A, R]) end() {
	now := time.Now()
	for i, pass := range a.passes {
		slowed := decide.End(pass, now, &a.answer)
		if i == 0 {
			a.slowed = slowed
		}
	}
}

func (r *run[A, R]) wait() error {
	var timer <-chan time.Time
	if wait, ok := r.untilDue(time.Now()); ok {
		t := time.NewTimer(wait)
		defer t.Stop()
		timer = t.C
	}
	select {
	case a := <-r.answers:
		return r.answered(a)
	case <-timer:
		return nil
	case <-r.cfg.Stop:
	case <-r.killed.Done():
	}
	return interrupted()
}

// untilDue is how long to sleep when nothing happens, false where only an answer can come.
func (r *run[A, R]) untilDue(now time.Time) (wait time.Duration, ok bool) {
	if r.outage.Failing() {
		wait, ok = tick, true // its time is counted
	}
	if r.inFlight == r.cfg.Workers {
		return wait, ok
	}
	if r.outage.Known() {
		if rest := r.outage.Wait(now); rest > 0 {
			wait = min(wait, rest)
		}
		return wait, ok
	}
	for _, a := range r.waiting {
		if until := max(0, a.dueAt.Sub(now)); !ok || until < wait {
			wait, ok = until, true
		}
	}
	return wait, ok
}

// answered does what is decided about an answer.
func (r *run[A, R]) answered(a *attempt[A, R]) error {
	r.inFlight--
	if a.panicked != nil {
		return a.panicked
	}
	now := time.Now()
	killed := r.killed.Err() != nil
	if !killed {
		if err := r.observe(now, a); err != nil {
			return err
		}
	}
	v := a.Answered(decide.Facts{Answer: &a.answer, Rows: len(a.accounts), Asks: true, Killed: killed, Reached: r.outage.Reached(),
		Outage: r.outage.Covers(a.sentAt()), Used: a.tries.Used, TriesLeft: r.cfg.Policy.Left(a.tries.Used + 1)}, r.cfg.Policy, r.cfg.Resign)
	if v.Try && v.Do != decide.Settle {
		a.tries.Failed(now, &r.outage)
	}
	if v.PauseAll > 0 {
		r.pauseAll(now, v.PauseAll)
	}
	switch v.Do {
	case decide.Settle:
		return r.succeeded(a, now)
	case decide.Later:
		a.dueAt = now.Add(v.Wait)
	case decide.SlowDown:
		r.slowDown(a)
	case decide.Again:
	case decide.Fail:
		a.fault = v.Fault
		r.spent = append(r.spent, a)
		return nil
	case decide.Leave:
		return interrupted()
	default:
		return v.Fault
	}
	r.waiting = append(r.waiting, a)
	return nil
}

func (r *run[A, R]) pauseAll(now time.Time, d time.Duration) {
	for _, l := range append([]*limiter.Limiter{r.cfg.Limiter, r.cfg.Shared}, r.cfg.Beside...) {
		if l != nil {
			l.Pause(now, d)
		}
	}
}

func (r *run[A, R]) slowDown(a *attempt[A, R]) {
	if a.slowed {
		r.cfg.Log.Info(fmt.Sprintf("throttled: the service says too often (%d); slowing down", a.answer.Code), "event", "throttle.begin")
	}
}

// succeeded settles the accounts that have their result, and makes the others wait.
func (r *run[A, R]) succeeded(a *attempt[A, R], now time.Time) error {
	accounts, results, open := a.divide()
	if len(open) > 0 {
		if a.tries.Used++; r.cfg.Policy.Left(a.tries.Used) {
			a.accounts, a.dueAt = open, now.Add(a.Next(r.cfg.Policy, a.answer.RetryAfter))
			r.waiting = append(r.waiting, a)
		} else {
			accounts, results = a.accounts, a.results
		}
	}
	return r.settleSome(accounts, results)
}

// last settles what a call has done whose answer came after the run had ended: it was done, whatever ended the run.
func (r *run[A, R]) last(a *attempt[A, R]) error {
	accounts, results, _ := a.divide()
	if done := a.panicked == nil && a.answer.Class == im.ClassSuccess; !done {
		accounts = nil
	}
	return r.settleSome(accounts, results)
}

func (r *run[A, R]) settleSome(accounts []A, results []R) error {
	if len(accounts) == 0 {
		return nil
	}
	return r.settle(accounts, results)
}

// divide parts the accounts of a call that have their result from those to ask about again.
func (a *attempt[A, R]) divide() (accounts []A, results []R, open []A) {
	for i, result := range a.results {
		if decide.AskAgain(result.Class()) {
			open = append(open, a.accounts[i])
		} else {
			accounts, results = append(accounts, a.accounts[i]), append(results, result)
		}
	}
	return accounts, results, open
}
