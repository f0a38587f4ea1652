package report

import "time"

// History is how a job went over time, for the plots of the page. It covers all runs of the job in bounded memory: a
// bucket is a second long at first; when there are too many, neighbours are merged and buckets are twice as long. Time
// without answers has no bucket, so the days between two runs cost nothing.
//
// The zero value is an empty history. It is not safe for concurrent use: it belongs to the goroutine that takes the
// answers.
type History struct {
	width   int64 // of a bucket, in seconds; 0 means 1
	buckets []bucket
	runs    []stretch
	marks   []mark
	dropped int64 // marks left out for lack of room
}

const maxBuckets = 720

// AttemptKind is what became of an attempt.
type AttemptKind int

const (
	AttemptOK        AttemptKind = iota // accepted
	AttemptRetry                        // transient fault: another attempt follows, or this was the last
	AttemptThrottled                    // called too often
	AttemptFailed                       // refused: the row, the quota, the UserSig or the run
	attemptKinds     = iota
)

// bucket counts the attempts that were answered in its time.
type bucket struct {
	start    int64 // Unix seconds, a multiple of the width
	attempts [attemptKinds]int64
	rows     int64 // that the service accepted
	latency  latencies
}

func (b *bucket) requests() int64 {
	var n int64
	for _, k := range b.attempts {
		n += k
	}
	return n
}

// add adds the counts of another bucket.
func (b *bucket) add(c *bucket) {
	for kind, n := range c.attempts {
		b.attempts[kind] += n
	}
	b.rows += c.rows
	b.latency.merge(&c.latency)
}

// Attempt counts a request that was answered at now and carried so many rows. It allocates only once in a job.
func (h *History) Attempt(now time.Time, latency time.Duration, kind AttemptKind, rows int) {
	b := h.at(now.Unix())
	b.attempts[kind]++
	if kind == AttemptOK {
		b.rows += int64(rows)
	}
	b.latency.observe(latency)
	ms := now.UnixMilli()
	run := h.current(ms)
	run.Requests++
	run.End = max(run.End, ms)
}

// at is the bucket of a second. If the clock goes back, by NTP or because another machine resumes the job, it is the
// latest bucket, so that buckets stay in order.
func (h *History) at(second int64) *bucket {
	if h.buckets == nil {
		h.buckets, h.width = make([]bucket, 0, maxBuckets), max(h.width, 1)
	}
	for {
		n := len(h.buckets)
		switch {
		case n > 0 && second < h.buckets[n-1].start+h.width:
			return &h.buckets[n-1]
		case n < maxBuckets:
			h.buckets = append(h.buckets, bucket{start: floor(second, h.width)})
		default:
			h.halve()
		}
	}
}

// halve doubles the width and merges the buckets that now share their start. Sparse buckets may need it several times.
func (h *History) halve() {
	h.width *= 2
	kept := h.buckets[:0]
	for i := range h.buckets {
		b := &h.buckets[i]
		start := floor(b.start, h.width)
		if n := len(kept); n > 0 && kept[n-1].start == start {
			kept[n-1].add(b)
			continue
		}
		kept = append(kept, *b)
		kept[len(kept)-1].start = start
	}
	h.buckets = kept
}

func floor(n, width int64) int64 {
	return n - (n%width+width)%width
}
