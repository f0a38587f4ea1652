// Package bulk makes calls that are about many accounts each, within a command's limit: account_check,
// portrait_get, account_delete. One loop, its caller's, takes every token and every decision; a goroutine a
// call only makes it. Calls that met a transient or a throttle answer are made again as an import makes them.
//
// An account whose own result is a transient code is asked about again as a whole call is, within the tries of the
// call that it came in; once they are used up, the code is its result.
//
// A call in which the service gives nothing for all its tries ends the run: unlike the row of an import, there
// is no file for it to go to, and a result that leaves it out would be no proof.
package bulk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"imimport/limiter"
	"imimport/pkg/im"
	"imimport/retry"
)

// Size is the most accounts that a call takes.
const Size = 100

// ErrStopped tells that Stop ended the run: what was in flight has been settled.
var ErrStopped = errors.New("interrupted")

// RefusedError tells that the service does not answer what it was asked.
type RefusedError struct {
	Err  error
	Hint string
}

func (e *RefusedError) Error() string { return e.Err.Error() }
func (e *RefusedError) Unwrap() error { return e.Err }

// Config is a run. Limiter, Resign and Log are needed.
type Config struct {
	Limiter *limiter.Limiter
	Shared  *limiter.Limiter // nil, or that of all calls of the process
	Policy  retry.Policy
	Workers int // calls in flight; 0 is 50
	Resign  func(im.Answer) error
	Stop    <-chan struct{} // closed: finish what is in flight
	Log     *slog.Logger
}

const (
	defaultWorkers = 50
	maxResigns     = 5
	signAgainAfter = time.Minute // code 70050: the service has seen too many wrong UserSigs
)

// Result is an account's own result.
type Result interface{ Class() im.Class }

// Call asks the service about accounts, and runs beside others. The results of a success are those of the accounts,
// in their order.
type Call[A any, R Result] func(context.Context, []A) ([]R, im.Answer)

// Run makes a call for the accounts that next gives, until it says false. settle gets each account once, when it has
// its result. next and settle are called by the caller's goroutine, and their errors
// end the run, after what is in flight. Returns the number of requests.
func Run[A any, R Result](ctx context.Context, cfg Config, next func() ([]A, bool, error), call Call[A, R], settle func([]A, []R) error) (requests int64, err error) {
	if cfg.Workers <= 0 {
		cfg.Workers = defaultWorkers
	}
	r := &run[A, R]{cfg: cfg, next: next, call: call, settle: settle, answers: make(chan *attempt[A, R], cfg.Workers)}
	pacing, end := context.WithCancel(ctx)
	r.group.Go(func() { // ends with Stop, or with the run
		defer end()
		select {
		case <-cfg.Stop:
		case <-pacing.Done():
		}
	})
	err = r.loop(ctx, pacing)
	end()
	for r.inFlight > 0 { // they end with their answers, or with ctx
		a := <-r.answers
		r.inFlight--
		if a.answer.Class == im.ClassSuccess { // it was done, whatever ended the run
			accounts, results, _ := a.divide()
			err = errors.Join(err, r.settleSome(accounts, results))
		}
	}
	r.group.Wait()
	return r.requests, err
}

type run[A any, R Result] struct {
	cfg      Config
	next     func() ([]A, bool, error)
	call     Call[A, R]
	settle   func([]A, []R) error
	answers  chan *attempt[A, R] // as large as there are workers: none of them waits
	group    sync.WaitGroup
	inFlight int
	waiting  []*attempt[A, R] // to be made again, from their dueAt on
	ended    bool             // next has nothing more
	requests int64
	reached  bool
}

type attempt[A any, R Result] struct {
	accounts []A
	results  []R
	answer   im.Answer
	sentAt   time.Time
	dueAt    time.Time
	schedule *retry.Schedule
	resigns  int
}

// loop is the whole machine: settle what has come, send what is due, else wait for either. pacing ends with Stop.
func (r *run[A, R]) loop(ctx, pacing context.Context) error {
	for {
		for len(r.answers) > 0 {
			if err := r.answered(<-r.answers); err != nil {
				return err
			}
		}
		select {
		case <-r.cfg.Stop:
			return ErrStopped
		default:
		}
		if r.inFlight < r.cfg.Workers {
			a, err := r.due(time.Now())
			if err != nil {
				return err
			}
			if a != nil {
				if err := r.send(ctx, pacing, a); err != nil {
					return err
				}
				continue
			}
		}
		if r.inFlight == 0 && len(r.waiting) == 0 {
			return nil
		}
		if err := r.wait(ctx); err != nil {
			return err
		}
	}
}

// due is the next call to be made: those that are made again go before new ones.
func (r *run[A, R]) due(now time.Time) (*attempt[A, R], error) {
	for i, a := range r.waiting {
		if !a.dueAt.After(now) {
			r.waiting = append(r.waiting[:i], r.waiting[i+1:]...)
			return a, nil
		}
	}
	if r.ended {
		return nil, nil
	}
	accounts, ok, err := r.next()
	if !ok || err != nil {
		r.ended = true
		return nil, err
	}
	return &attempt[A, R]{accounts: accounts}, nil
}

func (r *run[A, R]) send(ctx, pacing context.Context, a *attempt[A, R]) error {
	if err := r.cfg.Limiter.Wait(pacing); err != nil {
		return cmp.Or(ctx.Err(), ErrStopped)
	}
	if r.cfg.Shared != nil { // last, so that the call is sent when its token is taken
		if err := r.cfg.Shared.Wait(ctx); err != nil {
			return err
		}
	}
	r.requests++
	r.inFlight++
	a.sentAt = time.Now()
	r.group.Go(func() { // ends with the call, which ends with ctx
		a.results, a.answer = r.call(ctx, a.accounts)
		r.answers <- a
	})
	return nil
}

func (r *run[A, R]) wait(ctx context.Context) error {
	var timer <-chan time.Time
	if len(r.waiting) > 0 && r.inFlight < r.cfg.Workers {
		first := r.waiting[0].dueAt
		for _, a := range r.waiting {
			if a.dueAt.Before(first) {
				first = a.dueAt
			}
		}
		t := time.NewTimer(time.Until(first))
		defer t.Stop()
		timer = t.C
	}
	select {
	case a := <-r.answers:
		return r.answered(a)
	case <-timer:
		return nil
	case <-r.cfg.Stop:
		return ErrStopped
	case <-ctx.Done():
		return ctx.Err()
	}
}

// answered decides by the answer's class.
func (r *run[A, R]) answered(a *attempt[A, R]) error {
	r.inFlight--
	switch a.answer.Class {
	case im.ClassSuccess:
		r.reached = true
		return r.succeeded(a)
	case im.ClassTransient:
		if !r.later(a) {
			hint := "start it again when the service is well"
			if !r.reached {
				hint = "check --region or --endpoint, this machine's network and its proxy settings"
			}
			return &RefusedError{fmt.Errorf("no answer after all tries: %w", describe(&a.answer)), hint}
		}
	case im.ClassThrottle:
		news := r.cfg.Limiter.Throttled(time.Now(), a.sentAt, a.answer.RetryAfter)
		if r.cfg.Shared != nil {
			r.cfg.Shared.Throttled(time.Now(), a.sentAt, a.answer.RetryAfter)
		}
		if news {
			r.cfg.Log.Info(fmt.Sprintf("throttled: the service says too often (%d); pausing a second", a.answer.Code), "event", "throttle.begin")
		}
		r.waiting = append(r.waiting, a)
	case im.ClassResign:
		return r.signAgain(a)
	default:
		return &RefusedError{fmt.Errorf("the service refuses this: %w", describe(&a.answer)), im.Lookup(a.answer.Code).Remedy}
	}
	return nil
}

// later makes a call wait for its next try; false where its tries are used up.
func (r *run[A, R]) later(a *attempt[A, R]) bool {
	if a.schedule == nil {
		a.schedule = r.cfg.Policy.Start()
	}
	wait, again := a.schedule.Next(a.answer.RetryAfter)
	if again {
		a.dueAt = time.Now().Add(wait)
		r.waiting = append(r.waiting, a)
	}
	return again
}

// succeeded settles the accounts that have their result, and makes the others wait.
func (r *run[A, R]) succeeded(a *attempt[A, R]) error {
	accounts, results, open := a.divide()
	if len(open) > 0 {
		whole := a.accounts
		if a.accounts = open; !r.later(a) {
			accounts, results = whole, a.results
		}
	}
	return r.settleSome(accounts, results)
}

func (r *run[A, R]) settleSome(accounts []A, results []R) error {
	if len(accounts) == 0 {
		return nil
	}
	return r.settle(accounts, results)
}

// divide parts the accounts of a call that have their result from those that are to be asked about again.
func (a *attempt[A, R]) divide() (accounts []A, results []R, open []A) {
	for i, result := range a.results {
		if class := result.Class(); class == im.ClassTransient || class == im.ClassThrottle {
			open = append(open, a.accounts[i])
		} else {
			accounts, results = append(accounts, a.accounts[i]), append(results, result)
		}
	}
	return accounts, results, open
}

func (r *run[A, R]) signAgain(a *attempt[A, R]) error {
	a.resigns++
	err := r.cfg.Resign(a.answer)
	if err == nil && a.resigns > maxResigns {
		err = errors.New("new UserSigs are refused again and again")
	}
	if err != nil {
		return &RefusedError{fmt.Errorf("the service refuses the UserSig: %w", errors.Join(describe(&a.answer), err)), im.Lookup(a.answer.Code).Remedy}
	}
	if a.answer.Code == 70050 {
		a.dueAt = time.Now().Add(signAgainAfter)
	}
	r.waiting = append(r.waiting, a)
	return nil
}

func describe(a *im.Answer) error {
	switch {
	case a.Err != nil:
		return a.Err
	case a.Info != "":
		return fmt.Errorf("%d %s: %q", a.Code, im.Lookup(a.Code).Meaning, a.Info)
	}
	return fmt.Errorf("%d %s", a.Code, im.Lookup(a.Code).Meaning)
}
