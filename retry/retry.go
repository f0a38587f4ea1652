// Package retry decides when a request that met a transient fault is sent again.
//
// A [Policy] is a plain value; each row that fails gets a [Schedule] of its own, because a backoff is
// state. A schedule only says how long to wait: the waiting is the caller's, in a heap beside its other
// rows, so that a row that waits holds no worker and a cancelled wait forgets nothing.
//
// Built on github.com/cenkalti/backoff/v4. Its own Retry loop is not used: it sleeps in the caller's
// goroutine, and on a cancelled context it drops the last real error. Its MaxElapsedTime is switched off:
// tries bound a row, not time, so that a slow service does not cost rows.
package retry

import (
	"time"

	"github.com/cenkalti/backoff/v4"
)

// MaxRetryAfter is the longest wait that a service's Retry-After is granted.
const MaxRetryAfter = time.Minute

// Policy bounds and spaces the tries of one row. The zero value of each field is its default.
type Policy struct {
	MaxAttempts int           // tries in all, the first included; 0 is 8
	Initial     time.Duration // the first wait, before jitter of ±50%; 0 is 500 ms
	Max         time.Duration // the longest wait, jitter included; 0 is 30 s
}

// WithDefaults fills in what is 0.
func (p Policy) WithDefaults() Policy {
	if p.MaxAttempts == 0 {
		p.MaxAttempts = 8
	}
	if p.Initial == 0 {
		p.Initial = 500 * time.Millisecond
	}
	if p.Max == 0 {
		p.Max = 30 * time.Second
	}
	p.Initial = min(p.Initial, p.Max)
	return p
}

// Schedule is the state of one row's tries. Not safe for concurrent use.
type Schedule struct {
	policy  Policy
	backoff *backoff.ExponentialBackOff
	tries   int
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

// Next counts a failed try and tells how long to wait before the next one; false when the tries are
// used up. A Retry-After above the backoff's own wait is honoured, up to [MaxRetryAfter].
func (s *Schedule) Next(retryAfter time.Duration) (time.Duration, bool) {
	s.tries++
	if s.tries >= s.policy.MaxAttempts {
		return 0, false
	}
	wait := min(s.backoff.NextBackOff(), s.policy.Max)
	return max(wait, min(retryAfter, MaxRetryAfter)), true
}
