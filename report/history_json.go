package report

import (
	"encoding/json"
	"fmt"
	"slices"
)

// historyJSON is a History in a file. Bins tells the shape of the latency histogram: a file of another shape is
// refused.
type historyJSON struct {
	Bins    int          `json:"bins"`
	Seconds int64        `json:"seconds"` // of a bucket
	Buckets []bucketJSON `json:"buckets"`
	Runs    []stretch    `json:"runs"`
	Marks   []mark       `json:"marks"`
	Dropped int64        `json:"dropped,omitempty"`
}

type bucketJSON struct {
	Start    int64       `json:"t"` // Unix seconds
	Attempts []int64     `json:"n"` // ok, retry, throttled, failed
	Rows     int64       `json:"rows"`
	Latency  [][2]uint32 `json:"latency"` // bin, count
}

// latest bounds the Unix seconds that a file may hold, so that nothing overflows on the way to a plot.
const (
	latest   = 1 << 40
	latestMS = latest * 1000
)

// MarshalJSON writes the whole history.
func (h *History) MarshalJSON() ([]byte, error) {
	out := historyJSON{Bins: latencyBins, Seconds: max(h.width, 1), Dropped: h.dropped,
		Buckets: make([]bucketJSON, 0, len(h.buckets)), Runs: append([]stretch{}, h.runs...), Marks: append([]mark{}, h.marks...)}
	for i := range h.buckets {
		b := &h.buckets[i]
		j := bucketJSON{Start: b.start, Attempts: b.attempts[:], Rows: b.rows}
		for bin, n := range b.latency {
			if n > 0 {
				j.Latency = append(j.Latency, [2]uint32{uint32(bin), n})
			}
		}
		out.Buckets = append(out.Buckets, j)
	}
	return json.Marshal(out)
}

// UnmarshalJSON reads what MarshalJSON has written, and refuses anything else.
func (h *History) UnmarshalJSON(text []byte) error {
	var in historyJSON
	if err := json.Unmarshal(text, &in); err != nil {
		return fmt.Errorf("read history: %w", err)
	}
	if in.Bins != latencyBins || in.Seconds < 1 || in.Seconds > latest || in.Dropped < 0 ||
		len(in.Buckets) > maxBuckets || len(in.Runs) > maxRuns || len(in.Marks) > maxMarks {
		return fmt.Errorf("read history: it was written by another version")
	}
	read := History{width: in.Seconds, buckets: make([]bucket, 0, maxBuckets), runs: in.Runs, marks: in.Marks, dropped: in.Dropped}
	for i, j := range in.Buckets {
		b, err := j.bucket()
		if err == nil && (b.start < -latest || b.start > latest || floor(b.start, in.Seconds) != b.start || i > 0 && b.start <= in.Buckets[i-1].Start) {
			err = fmt.Errorf("not in order")
		}
		if err != nil {
			return fmt.Errorf("read history: bucket %d: %w", i, err)
		}
		read.buckets = append(read.buckets, b)
	}
	for i, r := range in.Runs {
		if r.Start < -latestMS || r.End > latestMS || r.End < r.Start || r.Requests < 0 || r.Count < 1 || i > 0 && r.Start < in.Runs[i-1].End {
			return fmt.Errorf("read history: run %d: not in order", i)
		}
		in.Runs[i].Text = cut(r.Text, maxText)
	}
	for i, m := range in.Marks {
		if m.At < -latestMS || m.At > latestMS {
			return fmt.Errorf("read history: mark %d: out of range", i)
		}
		in.Marks[i].Text = cut(m.Text, maxText)
	}
	*h = read
	return nil
}

func (j bucketJSON) bucket() (bucket, error) {
	b := bucket{start: j.Start, rows: j.Rows}
	if len(j.Attempts) != attemptKinds || slices.Min(j.Attempts) < 0 || j.Rows < 0 {
		return b, fmt.Errorf("counts %v and %d", j.Attempts, j.Rows)
	}
	copy(b.attempts[:], j.Attempts)
	for _, l := range j.Latency {
		if l[0] >= latencyBins {
			return b, fmt.Errorf("latency bin %d", l[0])
		}
		b.latency[l[0]] = l[1]
	}
	return b, nil
}
