package limiter

import "time"

// Window counts events in any one second and remembers the most, as the service does to judge a client. Not safe for
// concurrent use. The sandbox has a counter much like this one; they are two on purpose, so that a mistake in one
// shows in the other.
type Window struct {
	times []time.Time // of the events in the second that ends with the latest, the oldest first
	worst int
}

// Add counts an event at now. One that comes a little late is taken for as late as the one before.
func (w *Window) Add(now time.Time) {
	if n := len(w.times); n > 0 && now.Before(w.times[n-1]) {
		now = w.times[n-1]
	}
	w.worst = max(w.worst, w.Count(now)+1)
	w.times = append(w.times, now)
}

// Count is the number of events in the second that ends at now.
func (w *Window) Count(now time.Time) int {
	for len(w.times) > 0 && now.Sub(w.times[0]) >= time.Second {
		w.times = w.times[1:]
	}
	return len(w.times)
}

// Worst is the most events in any one second so far.
func (w *Window) Worst() int { return w.worst }
