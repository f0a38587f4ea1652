package limiter

import "time"

// Window counts events in any one second and remembers the most, as the service does to judge a client. Not safe for
// concurrent use. The sandbox has a counter much like this one; they are two on purpose, so that a mistake in one
// shows in the other.
type Window struct {
	times times // of the events in the second that ends with the latest
	worst int
}

// Add counts an event at now. One that comes a little late is taken for as late as the one before.
func (w *Window) Add(now time.Time) {
	w.worst = max(w.worst, w.Count(now)+1)
	w.times.add(now)
}

// Count is the number of events in the second that ends at now.
func (w *Window) Count(now time.Time) int {
	w.times.drop(now.Add(-time.Second))
	return w.times.len()
}

// Worst is the most events in any one second so far.
func (w *Window) Worst() int { return w.worst }

// times are times that rise. Without a limit there are many: each takes 8 bytes, which hold no pointer.
type times struct {
	zero time.Time // the first of all
	list []time.Duration
	from int // in list
}

// add adds a time. One before the last is taken for as late as that.
func (t *times) add(now time.Time) {
	if t.zero.IsZero() {
		t.zero = now
	}
	at := now.Sub(t.zero)
	if n := len(t.list); n > 0 {
		at = max(at, t.list[n-1])
	}
	if len(t.list) == cap(t.list) && t.from > len(t.list)/2 {
		t.list, t.from = t.list[:copy(t.list, t.list[t.from:])], 0
	}
	t.list = append(t.list, at)
}

// drop takes out the times up to now.
func (t *times) drop(now time.Time) {
	at := now.Sub(t.zero)
	for t.from < len(t.list) && t.list[t.from] <= at {
		t.from++
	}
}

func (t *times) len() int { return len(t.list) - t.from }

// first is the oldest, if there is one.
func (t *times) first() time.Time { return t.zero.Add(t.list[t.from]) }
