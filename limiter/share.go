package limiter

import (
	"math"
	"time"
)

const (
	askAgain = 90 * time.Millisecond // after a refusal, before one call asks whether the service accepts again
	seldom   = time.Second           // between such calls, when many were refused
	many     = 10
	longest  = time.Minute // of a wait that the service asks for
	cut      = 0.10        // of the rate, after a refusal
	recovery = 5.0         // seconds until the whole limit, cut, is whole again
	least    = 10.0        // calls a second, however few were accepted
	guess    = 100.0       // calls a second without a limit, where fewer were accepted
)

// share is how much of the limit the service leaves to us: the whole of it, until a call is refused.
type share struct {
	ceiling  float64 // +Inf without a limit
	accepted Window

	slow       bool    // below the ceiling
	refused    float64 // the rate at the last refusal
	doubles    bool    // it was a guess: the rate doubles each second
	since      time.Time
	steady     time.Time // since when we send as fast as we may, without a pause
	doubt      bool      // the last refusal came too soon to measure the share,
	seen       float64   // but this was accepted
	resumeAt   time.Time // nothing is sent before
	asking     bool      // one call at a time, until one is accepted
	asked      *Call     // under way
	refusedNow int       // such calls that were refused
}

// rate is that of the tokens at now.
func (s *share) rate(now time.Time) float64 {
	if !s.slow {
		return s.ceiling
	}
	t, whole := max(0, now.Sub(s.since).Seconds()), s.ceiling
	if math.IsInf(whole, 1) {
		whole = s.refused
	}
	x := t/recovery - math.Cbrt(s.refused/whole)
	switch {
	case x > 3: // so long after the refusal its reason is taken to be gone
		return s.ceiling
	case s.doubles:
		return min(s.ceiling, s.refused*math.Exp2(t))
	}
	return min(s.ceiling, s.refused+cut*whole*x*x*x)
}

// wait is how long nothing may be sent, forever until an answer.
func (s *share) wait(now time.Time) time.Duration {
	if s.asked != nil {
		return forever
	}
	return max(0, s.resumeAt.Sub(now))
}

// pause sends nothing before until.
func (s *share) pause(until time.Time) {
	if until.After(s.resumeAt) {
		s.resumeAt, s.steady = until, until
	}
}

// sent hears of a call. idle says that nobody had wanted to send for a while.
func (s *share) sent(c *Call, idle bool) {
	if idle || s.steady.IsZero() {
		s.steady = c.sentAt
	}
	if s.asking {
		s.asked = c
	}
}

// lost hears that a call gets no answer.
func (s *share) lost(c *Call) {
	if c == s.asked {
		s.asked = nil
	}
}

// accept hears of an answer that is no refusal. Far away the answer to a call that asks takes long; one that the service
// has accepted a second after the refusal says the same.
func (s *share) accept(c *Call, now time.Time) {
	s.accepted.Add(now)
	if c == s.asked || s.asking && now.Sub(s.since) >= time.Second {
		s.asked, s.asking = nil, false
		s.since, s.steady = now, now
	}
}

// refuse hears of a refusal, and tells whether it is the first one of a slow-down: it is not, for a call that was sent
// before that.
func (s *share) refuse(c *Call, now time.Time, retryAfter time.Duration) bool {
	wait := max(askAgain, min(retryAfter, longest))
	if c == s.asked {
		s.askedInVain(now, wait)
		return false
	}
	if s.asking || c.sentAt.Before(s.since) {
		return false
	}
	s.measure(now)
	s.slow, s.since = true, now
	s.asking, s.refusedNow = true, 0
	s.pause(now.Add(wait))
	return true
}

// measure takes what was accepted in the second before now for our share, if we sent all through it.
func (s *share) measure(now time.Time) {
	rate := s.rate(now)
	s.seen = max(least, float64(s.accepted.Count(now)))
	s.doubt, s.doubles = now.Sub(s.steady) < time.Second, false
	switch {
	case math.IsInf(rate, 1):
		s.refused, s.doubles = max(guess, s.seen), s.seen < guess
	case s.doubt:
		s.refused = rate
	default:
		s.refused = min(s.seen, rate)
	}
}

// askedInVain hears that the service still refuses. Then our share is what was accepted before, even if that was
// measured in a bad second; at most half of the rate is given up on that.
func (s *share) askedInVain(now time.Time, wait time.Duration) {
	if s.doubt && s.seen < s.refused {
		s.doubles = s.seen < s.refused/2
		s.refused = max(s.seen, s.refused/2)
	}
	s.asked, s.doubt = nil, false
	if s.refusedNow++; s.refusedNow > many {
		wait = max(wait, seldom)
	}
	s.pause(now.Add(wait))
}
