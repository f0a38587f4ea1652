package limiter

import "time"

const (
	remember = 15 * time.Second     // and up to twice as long: how far back the round trips are looked at
	margin   = 3 * time.Millisecond // by which the fastest that can be is faster than the fastest that was seen
	enough   = 10                   // round trips tell something
	doubt    = 5                    // and by this part of their spread, divided by how many were seen
)

// trips knows the fastest and the slowest round trip of late.
type trips struct {
	turnedAt time.Time
	now      trip
	before   trip
}

// trip is the extremes of some round trips.
type trip struct {
	fastest, slowest time.Duration
	seen             int
}

func (t *trips) add(now time.Time, d time.Duration) {
	t.turn(now)
	t.now = t.now.with(trip{d, d, 1})
}

// extremes are the fastest and the slowest round trip of late, less and plus the margin; 0 is not known.
func (t *trips) extremes(now time.Time) (fastest, slowest time.Duration) {
	t.turn(now)
	both := t.now.with(t.before)
	if both.seen < enough {
		return 0, both.slowest
	}
	m := margin + doubt*(both.slowest-both.fastest)/time.Duration(both.seen)
	return max(0, both.fastest-m), both.slowest + margin
}

func (t *trips) turn(now time.Time) {
	if age := now.Sub(t.turnedAt); age >= remember {
		t.before = t.now
		if age >= 2*remember {
			t.before = trip{}
		}
		t.now, t.turnedAt = trip{}, now
	}
}

func (t trip) with(other trip) trip {
	switch {
	case t.seen == 0:
		return other
	case other.seen == 0:
		return t
	}
	return trip{min(t.fastest, other.fastest), max(t.slowest, other.slowest), t.seen + other.seen}
}
