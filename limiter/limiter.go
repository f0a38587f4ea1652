package limiter

import (
	"cmp"
	"context"
	"errors"
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// DefaultLimit is what the service documents for its commands that carry one account.
const DefaultLimit = 200

// None is no limit.
const None = -1

const (
	below   = 0.005 // how far the pacer stays below the limit: at the limit itself the guard would pace, in bursts
	catchUp = 0.020 // seconds of lateness that cost no token
	forever = time.Duration(math.MaxInt64)
)

// Limiter lets one goroutine send calls. Its other methods, and those of a [Call], are safe for concurrent use.
type Limiter struct {
	limit    float64
	answered chan struct{} // holds a token when a wait may be over

	mu    sync.Mutex
	pacer *rate.Limiter
	guard guard
	share share
	seen  Window // by the service, as far as the answers tell
}

// New makes a Limiter for so many calls in any one second, at least 1. 0 is [DefaultLimit], and [None] is no limit.
func New(limit float64) (*Limiter, error) {
	limit = cmp.Or(limit, DefaultLimit)
	if limit < 0 && limit != None || math.IsNaN(limit) || math.IsInf(limit, 0) {
		return nil, errors.New("rate: must be above 0")
	}
	l := &Limiter{limit: limit, answered: make(chan struct{}, 1), guard: guard{most: max(1, int(limit))}}
	l.share.ceiling = limit * (1 - below)
	burst := 1 + int(math.Ceil(limit*catchUp))
	switch {
	case limit == None:
		l.guard.most, l.share.ceiling, burst = math.MaxInt, math.Inf(1), 10
	case limit < 1: // the guard holds one a second, and not less
		burst = 1
	}
	l.pacer = rate.NewLimiter(pace(l.share.ceiling), burst)
	return l, nil
}

// Wait blocks until a call may be sent, and counts it from then on. One goroutine at a time.
func (l *Limiter) Wait(ctx context.Context) (*Call, error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		c, wait := l.WaitAt(time.Now())
		if c != nil {
			return c, nil
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-l.answered:
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

// WaitAt is Wait without the waiting: a call that may be sent at now, or how long to wait before asking again. An
// answer may end the wait sooner.
func (l *Limiter) WaitAt(now time.Time) (*Call, time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if wait := max(l.share.wait(now), l.guard.wait(now)); wait > 0 {
		return nil, wait
	}
	if l.share.slow {
		r := l.share.rate(now)
		l.pacer.SetLimitAt(now, pace(r))
		l.share.slow = r < l.share.ceiling
	}
	tokens := l.pacer.TokensAt(now)
	if !l.pacer.AllowN(now, 1) {
		return nil, time.Duration((1-tokens)/float64(l.pacer.Limit())*float64(time.Second)) + 1
	}
	c := &Call{limiter: l, sentAt: now}
	l.guard.add(c)
	l.share.sent(c, tokens >= float64(l.pacer.Burst()))
	return c, 0
}

// pace spells infinity as package rate does.
func pace(r float64) rate.Limit { return rate.Limit(min(r, float64(rate.Inf))) }

// Pause sends nothing for d from now on, a minute at most. The rate stays as it is.
func (l *Limiter) Pause(now time.Time, d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.share.pause(now.Add(min(d, longest)))
}

// Limit is how many calls are sent at most in any one second, or None.
func (l *Limiter) Limit() float64 { return l.limit }

// Rate is how many calls a second are sent at most, at now: a little less than the limit, and less while the service
// refuses calls. It is +Inf without a limit.
func (l *Limiter) Rate(now time.Time) float64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.share.rate(now)
}

// Slowed reports whether the rate is lower because the service has refused calls.
func (l *Limiter) Slowed(now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.share.slow && l.share.rate(now) < l.share.ceiling
}

// Seen is how many calls the service has answered in the second before now, and the most in any one second so far. Both
// are worked out from the answers, and not from what the guard counts: that is never above the limit, and proves nothing.
func (l *Limiter) Seen(now time.Time) (count, worst int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.seen.Count(now), l.seen.Worst()
}
