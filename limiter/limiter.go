// Package limiter paces requests so that the service never sees more than a limit in any one second.
//
// A [Limiter] is a token bucket (golang.org/x/time/rate) that treats the limit as a ceiling and not as
// an average. The worst second a server can see is refill + burst, so the bucket holds one token and
// its refill stays a little below the limit: jitter on the way cannot push a window over it. One
// goroutine takes every token, so a process that was frozen has one token and one waiter when it wakes,
// not one for each of its workers.
//
// A bucket of one would lose a token whenever its goroutine comes some milliseconds late, which on a busy
// machine is a tenth of the rate. So tokens of the last 20 ms may be caught up with, and a window of the
// requests really sent sees to it that no second holds more than refill + burst all the same.
//
// When the service says "too often" all the same (the limit is the app's, and other programs share it),
// [Limiter.Throttled] pauses everything for a second, cuts the refill by a third and lets it creep back
// along a cubic curve: quickly at first, flat near the rate that was refused, slowly beyond it. That is
// TCP CUBIC's answer (RFC 9438) to the same question: how to live just under a limit nobody tells.
//
// Decisions. Chosen: burst 1 and 2.5% headroom by default: 402 requests in the worst second were measured
// for a bucket of 200 at 200/s, 220 for 20, 201 for 1. Rejected: additive creeping, which at a service that
// allows half of what was asked spends its time either far below the limit or in refusals.
package limiter

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	pause    = time.Second      // a throttle answer: nothing is sent for this long
	maxPause = time.Minute      // the most that a Retry-After gets
	cut      = 1.0 / 3          // by how much the refill falls
	recovery = 12 * time.Second // until it is back where it was refused
	headroom = 0.025            // the default
	catchUp  = 0.020            // seconds of lateness that cost no token
)

// Config is a limit. The zero value is no limit at all.
type Config struct {
	Rate     float64 // requests in any one second; 0 is no limit
	Burst    int     // the bucket's size; 0 is 1
	Headroom float64 // how far the refill stays below Rate, as a fraction; 0 is 0.025, or more where the burst needs it; below 0 is none
}

// refill is the tokens a second that cfg asks for.
func (cfg Config) refill() float64 {
	switch {
	case cfg.Headroom < 0:
		return cfg.Rate
	case cfg.Headroom > 0:
		return cfg.Rate * (1 - cfg.Headroom)
	case cfg.Rate >= float64(cfg.Burst)+1: // room for the bucket and for a refill
		return min(cfg.Rate*(1-headroom), cfg.Rate-float64(cfg.Burst))
	}
	return min(cfg.Rate, 1) * (1 - headroom) // at most one a second: the bucket alone is the window
}

// Limiter hands out tokens to one goroutine. Its other methods are safe for concurrent use.
type Limiter struct {
	ceiling float64 // refill when nobody throttles, +Inf for none
	limit   float64 // what was asked for; 0 is none
	burst   float64

	mu        sync.Mutex
	bucket    *rate.Limiter
	sent      Window
	slow      bool      // throttled, and not yet back at the ceiling
	refused   float64   // the refill that met the last throttle answer
	resumesAt time.Time // nothing is sent before; the curve of recovery starts here
}

// New checks cfg: a bucket whose worst second is over the limit is refused.
func New(cfg Config) (*Limiter, error) {
	cfg.Burst = max(cfg.Burst, 1)
	if cfg.Rate == 0 {
		return &Limiter{ceiling: math.Inf(1), burst: 1, bucket: rate.NewLimiter(rate.Inf, 1)}, nil
	}
	refill := cfg.refill()
	worst := refill + float64(cfg.Burst)
	switch {
	case !(refill > 0) || math.IsInf(refill, 0):
		return nil, errors.New("rate: must be above 0, and the headroom below 100%")
	case worst > cfg.Rate && (refill > 1 || cfg.Burst > 1):
		return nil, fmt.Errorf("rate: one second could see %.4g requests (refill %.4g + burst %d), over the rate of %g",
			worst, refill, cfg.Burst, cfg.Rate)
	}
	return &Limiter{ceiling: refill, limit: cfg.Rate, burst: float64(cfg.Burst),
		bucket: rate.NewLimiter(rate.Limit(refill), cfg.Burst+int(refill*catchUp))}, nil
}

// Wait blocks until the next request may be sent, and counts it as sent. One goroutine at a time.
func (l *Limiter) Wait(ctx context.Context) error {
	wait := l.reserve(time.Now())
	for {
		if err := sleep(ctx, wait); err != nil {
			return err
		}
		if wait = l.send(time.Now()); wait == 0 {
			return nil
		}
	}
}

// reserve takes the next token and tells how long until it is there.
func (l *Limiter) reserve(now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.slow {
		refill := l.refill(now)
		l.bucket.SetLimitAt(now, rate.Limit(refill))
		l.slow = refill < l.ceiling
	}
	return l.bucket.ReserveN(now, 1).DelayFrom(now)
}

// send counts a request, unless a pause has begun since its token was taken, or the second before now is
// full: then it tells how long that lasts.
func (l *Limiter) send(now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if wait := l.resumesAt.Sub(now); wait > 0 {
		return wait
	}
	if most := math.Floor(l.refill(now) + l.burst); float64(l.sent.Count(now)) >= most {
		return max(1, l.sent.Oldest().Add(time.Second).Sub(now))
	}
	l.sent.Add(now)
	return 0
}

// Throttled tells of an answer at now, to a request sent at sentAt, that said "too often", and how long
// the service asked to wait (0: it did not say). It reports whether this is news: answers to requests
// from before the last slow-down change nothing.
func (l *Limiter) Throttled(now, sentAt time.Time, retryAfter time.Duration) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if sentAt.Before(l.resumesAt) {
		return false
	}
	l.refused = l.estimate(now)
	l.resumesAt = now.Add(max(pause, min(retryAfter, maxPause)))
	l.slow = true
	l.bucket.SetLimitAt(now, rate.Limit(l.refill(now)))
	return true
}

// Pause sends nothing for d from now on. It says nothing about the rate.
func (l *Limiter) Pause(now time.Time, d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if until := now.Add(min(d, maxPause)); until.After(l.resumesAt) {
		l.resumesAt = until
	}
}

// estimate is the rate that the service refuses: what it has seen of us in the second before, but not
// below half of what we were about to send, for it may have seen little.
func (l *Limiter) estimate(now time.Time) float64 {
	seen, refill := float64(max(l.sent.Count(now), 1)), l.refill(now)
	if math.IsInf(refill, 1) {
		return seen
	}
	return max(min(seen, refill), refill/2)
}

// refill is the rate of tokens at now.
func (l *Limiter) refill(now time.Time) float64 {
	if !l.slow {
		return l.ceiling
	}
	x := 1 - max(0, now.Sub(l.resumesAt).Seconds())/recovery.Seconds()
	if x < -3 { // far beyond what was refused, a minute later: whoever refused has gone
		return l.ceiling
	}
	return min(l.ceiling, l.refused*(1-cut*x*x*x))
}

// Limit is the limit that was asked for, 0 for none.
func (l *Limiter) Limit() float64 { return l.limit }

// Refill is the rate at which tokens come now, in requests a second: the ceiling, or below it after a
// throttle answer. +Inf where there is no limit.
func (l *Limiter) Refill(now time.Time) float64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.refill(now)
}

// Slowed reports whether a throttle answer still holds the rate below the ceiling.
func (l *Limiter) Slowed(now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.slow && l.refill(now) < l.ceiling
}

// Sent is the number of requests in the second before now; Worst the most in any second so far.
func (l *Limiter) Sent(now time.Time) (count, worst int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.sent.Count(now), l.sent.Worst()
}

func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
