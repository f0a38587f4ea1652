package sandbox

// second counts events in the sliding second that ends with the newest one: those less than a second
// before it. Times are nanoseconds since some start and never fall. The client's limiter has a counter much like this
// one; they are two on purpose, so that a mistake in one shows in the other.
type second struct {
	times []int64 // the oldest first
	worst int
}

const aSecond = int64(1e9)

// add counts an event.
func (s *second) add(now int64) {
	s.worst = max(s.worst, s.expire(now)+1)
	s.times = append(s.times, now)
}

// expire forgets events that are a second old or older, and returns how many are left.
func (s *second) expire(now int64) int {
	for len(s.times) > 0 && now-s.times[0] >= aSecond {
		s.times = s.times[1:]
	}
	return len(s.times)
}

// gate is the limit of one command: it lets so many calls through in a second.
type gate struct {
	let   second // calls let through, and refused ones if they count
	fixed struct {
		second int64
		n      int
	}
}

// take reports whether one more call fits. wall is the wall clock's second, which fixed windows go by.
func (g *gate) take(now, wall int64, limit int, r *Rules) bool {
	if g.fixed.second != wall {
		g.fixed.second, g.fixed.n = wall, 0
	}
	used := g.let.expire(now)
	if r.Window == FixedWindow {
		used = g.fixed.n
	}
	ok := limit == None || used < limit
	if ok || r.CountRefused {
		g.let.add(now)
		g.fixed.n++
	}
	return ok
}
