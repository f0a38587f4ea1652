package limiter

import "time"

// Window counts events in any one second and remembers the most, as the service does to judge a client. Not safe for
// concurrent use. The sandbox has a counter much like this one; they are two on purpose, so that a mistake in one
// shows in the other.
type Window struct {
	times []time.Time // a ring of the events in the second that ends with the latest
	head  int         // the oldest
	n     int
	worst int
}

// Add counts an event at now, which must not be before that of an earlier call.
func (w *Window) Add(now time.Time) {
	w.drop(now)
	if w.n == len(w.times) {
		w.grow()
	}
	w.times[(w.head+w.n)%len(w.times)] = now
	w.n++
	w.worst = max(w.worst, w.n)
}

// Count is the number of events in the second that ends at now.
func (w *Window) Count(now time.Time) int {
	w.drop(now)
	return w.n
}

// Oldest is the first event of the second that ended with the last Add or Count. There must be one.
func (w *Window) Oldest() time.Time { return w.times[w.head] }

// Worst is the most events in any one second so far.
func (w *Window) Worst() int { return w.worst }

func (w *Window) drop(now time.Time) {
	for w.n > 0 && now.Sub(w.times[w.head]) >= time.Second {
		w.head = (w.head + 1) % len(w.times)
		w.n--
	}
}

func (w *Window) grow() {
	times := make([]time.Time, max(256, 2*len(w.times)))
	for i := range w.n {
		times[i] = w.times[(w.head+i)%len(w.times)]
	}
	w.times, w.head = times, 0
}
