package report

import (
	"slices"
	"time"
)

// MarkKind is what happened at a moment of a job.
type MarkKind string

const (
	MarkStart         MarkKind = "start"
	MarkStop          MarkKind = "stop" // for any reason, including the end of the input
	MarkKill          MarkKind = "kill" // the process was killed or crashed; found at the next start
	MarkThrottleBegin MarkKind = "throttle.begin"
	MarkThrottleEnd   MarkKind = "throttle.end"
	MarkOutageBegin   MarkKind = "outage.begin"
	MarkOutageEnd     MarkKind = "outage.end"
	MarkQuota         MarkKind = "quota"
)

type mark struct {
	At   int64    `json:"ms"` // Unix milliseconds
	Kind MarkKind `json:"kind"`
	Text string   `json:"text"`
}

// stretch is a run, or several that were merged because there were too many.
type stretch struct {
	Start    int64    `json:"start_ms"` // Unix milliseconds, as is End
	End      int64    `json:"end_ms"`
	Ended    MarkKind `json:"ended,omitempty"`
	Text     string   `json:"text,omitempty"`
	Requests int64    `json:"requests"`
	Count    int64    `json:"count"` // of runs
}

// How many marks and runs are kept: the first ones, which tell how the job began, and the latest.
const (
	maxMarks  = 256
	keptFirst = 64
	maxRuns   = 64
	maxText   = 300
)

// Mark notes that something happened. Text is for people and is cut to 300 bytes.
func (h *History) Mark(now time.Time, kind MarkKind, text string) {
	ms := now.UnixMilli()
	switch kind {
	case MarkStart:
		h.begin(ms)
	case MarkStop, MarkKill:
		run := h.current(ms)
		run.End, run.Ended, run.Text = max(run.End, ms), kind, cut(text, maxText)
		ms = run.End // a killed process had gone on after its last checkpoint
	}
	if len(h.marks) == maxMarks {
		h.marks = slices.Delete(h.marks, keptFirst, keptFirst+1)
		h.dropped++
	}
	h.marks = append(h.marks, mark{ms, kind, cut(text, maxText)})
}

func (h *History) begin(ms int64) {
	if len(h.runs) == maxRuns {
		a, b := h.runs[0], &h.runs[1]
		b.Start, b.Requests, b.Count = a.Start, a.Requests+b.Requests, a.Count+b.Count
		h.runs = slices.Delete(h.runs, 0, 1)
	}
	if n := len(h.runs); n > 0 {
		ms = max(ms, h.runs[n-1].End)
	}
	h.runs = append(h.runs, stretch{Start: ms, End: ms, Count: 1})
}

// current is the run that has not ended. If there is none, a new one begins.
func (h *History) current(ms int64) *stretch {
	if len(h.runs) == 0 || h.runs[len(h.runs)-1].Ended != "" {
		h.begin(ms)
	}
	return &h.runs[len(h.runs)-1]
}
