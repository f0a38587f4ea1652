// Package retry decides when a request that met a transient fault is sent again.
//
// A [Policy] is a plain value. Each row that fails gets a [Schedule] of its own, because a backoff has state. A schedule
// only says how long to wait; the caller waits, with a heap of its rows, so that a row that waits holds no worker
// and a cancelled wait loses no error. The caller counts the tries, too: it may learn later that some do not count.
//
// Built on github.com/cenkalti/backoff/v4. Its own Retry loop is not used: it sleeps in the caller's goroutine,
// and on a cancelled context it drops the last real error. Its MaxElapsedTime is switched off: a row is given up after
// a number of tries and not after a time, so that a slow service does not cost rows.
package retry

import (
	"cmp"
	"time"

	"github.com/cenkalti/backoff/v4"
)

// Defaults of a Policy.
const (
	DefaultMaxAttempts = 8
	DefaultInitial     = 500 * time.Millisecond
	DefaultMax         = 30 * time.Second
)

// MaxRetryAfter is the longest wait for a Retry-After of the service.
const MaxRetryAfter = time.Minute

// Policy bounds and spaces the tries of one row. The zero value of each field is its default.
type Policy struct {
	MaxAttempts int           // tries in all, the first included; 0 is DefaultMaxAttempts
	Initial     time.Duration // the first wait, before jitter of ±50%; 0 is DefaultInitial
	Max         time.Duration // the longest wait, jitter included; 0 is DefaultMax
}

// WithDefaults sets fields that are 0 to their defaults. Initial is at most Max.
func (p Policy) WithDefaults() Policy {
	p.MaxAttempts = cmp.Or(p.MaxAttempts, DefaultMaxAttempts)
	p.Max = cmp.Or(p.Max, DefaultMax)
	p.Initial = min(cmp.Or(p.Initial, DefaultInitial), p.Max)
	return p
}

// Left tells whether a row that has used up so many tries has one left.
func (p Policy) Left(used int) bool { return used < p.WithDefaults().MaxAttempts }

// Schedule spaces the tries of one row. Not safe for concurrent use.
type Schedule struct {
	policy  Policy
	backoff *backoff.ExponentialBackOff
}

// Start makes the schedule of a row whose first try has just failed.
func (p Policy) Start() *Schedule {
	p = p.WithDefaults()
	return &Schedule{policy: p, backoff: backoff.NewExponentialBackOff(
		backoff.WithInitialInterval(p.Initial),
		backoff.WithMaxInterval(p.Max),
		backoff.WithMultiplier(2),
		backoff.WithRandomizationFactor(0.5),
		backoff.WithMaxElapsedTime(0),
	)}
}

// Next is how long to wait after a failed try. A longer Retry-After is respected, up to [MaxRetryAfter].
func (s *Schedule) Next(retryAfter time.Duration) time.Duration {
	return max(min(s.backoff.NextBackOff(), s.policy.Max), min(retryAfter, MaxRetryAfter))
}
