package report

import "time"

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
	at   int64 // Unix milliseconds
	kind MarkKind
	text string
}

// stretch is a run, or several that were merged because there were too many.
type stretch struct {
	start, end int64 // Unix milliseconds
	ended      MarkKind
	text       string
	requests   int64
	count      int64 // of runs
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
		run.end, run.ended, run.text = max(run.end, ms), kind, cut(text, maxText)
		ms = run.end // a killed process had gone on after its last checkpoint
	}
	if len(h.marks) == maxMarks {
		h.marks = append(h.marks[:keptFirst], h.marks[keptFirst+1:]...)
		h.dropped++
	}
	h.marks = append(h.marks, mark{ms, kind, cut(text, maxText)})
}

func (h *History) begin(ms int64) {
	if len(h.runs) == maxRuns {
		a, b := &h.runs[0], h.runs[1]
		a.end, a.ended, a.text = b.end, b.ended, b.text
		a.requests += b.requests
		a.count += b.count
		h.runs = append(h.runs[:1], h.runs[2:]...)
	}
	if n := len(h.runs); n > 0 {
		ms = max(ms, h.runs[n-1].end)
	}
	h.runs = append(h.runs, stretch{start: ms, end: ms, count: 1})
}

// current is the run that has not ended. If there is none, a new one begins.
func (h *History) current(ms int64) *stretch {
	if len(h.runs) == 0 || h.runs[len(h.runs)-1].ended != "" {
		h.begin(ms)
	}
	return &h.runs[len(h.runs)-1]
}
