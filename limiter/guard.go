package limiter

import "time"

// guard counts the calls that the service may see within a second of the next one. The package comment has the proof.
type guard struct {
	most     int // calls that the service may see in a second
	trips    trips
	open     []*Call // not answered yet
	answered times
	lost     []time.Time // when calls were given up since the last answer, the oldest first
}

// wait is how long no call may be sent: 0 if one may now, and forever until one is answered.
func (g *guard) wait(now time.Time) time.Duration {
	fastest, slowest := g.trips.extremes(now)
	hold := time.Second - fastest
	g.answered.drop(now.Add(-hold))
	lost := behind(g.lost, now.Add(-time.Second))
	n, wait := g.answered.len()+len(lost), forever
	if n+len(g.open) < g.most {
		return 0
	}
	for _, c := range g.open {
		if left := c.counts(now, slowest, hold); left > 0 {
			n++
			wait = min(wait, left)
		}
	}
	if n < g.most {
		return 0
	}
	if g.answered.len() > 0 {
		wait = min(wait, g.answered.first().Add(hold).Sub(now))
	}
	if len(lost) > 0 {
		wait = min(wait, lost[0].Add(time.Second).Sub(now))
	}
	return wait
}

// counts is how much longer an open call counts: until hold after the slowest answer of late would have come. One that
// is slower than all of late counts until it is answered.
func (c *Call) counts(now time.Time, slowest, hold time.Duration) time.Duration {
	age := now.Sub(c.writtenAt)
	if c.writtenAt.IsZero() || slowest == 0 || age > slowest {
		return forever
	}
	return max(0, slowest+hold-age)
}

func (g *guard) add(c *Call) {
	c.index = len(g.open)
	g.open = append(g.open, c)
}

// close takes out a call that was open, and reports false if it was not.
func (g *guard) close(c *Call) bool {
	if c.index < 0 {
		return false
	}
	last := len(g.open) - 1
	g.open[c.index] = g.open[last]
	g.open[c.index].index = c.index
	g.open[last] = nil
	g.open, c.index = g.open[:last], -1
	return true
}

// answer has a call count until a second after it was seen. A service that was stuck sees the calls that were given up
// together with it.
func (g *guard) answer(now time.Time) {
	for range g.lost {
		g.answered.add(now)
	}
	g.lost = nil
	g.answered.add(now)
}

// giveUp has a call count for a second: nobody knows whether it was seen.
func (g *guard) giveUp(now time.Time) {
	g.lost = append(g.lost, now)
	g.lost = g.lost[max(0, len(g.lost)-g.most):]
}

// behind is what follows t of times that rise.
func behind(times []time.Time, t time.Time) []time.Time {
	for len(times) > 0 && !times[0].After(t) {
		times = times[1:]
	}
	return times
}
