package job

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"

	"imimport/pkg/checkpoint"
	"imimport/report"
)

// live is how the job goes by its last checkpoint.
func (j *job) live(s *report.Summary) *report.Live {
	l := &report.Live{AsOf: j.state.SavedAt, Share: -1, SecondsLeft: -1}
	settled := float64(s.Rows.Read - s.Rows.NotAttempted)
	total := 0.0
	switch n := &j.state.Counters; {
	case j.state.Retry:
		total, settled = float64(n.PassRows), float64(n.PassRows-s.Rows.NotAttempted)
	case n.BytesTotal > 0 && n.BytesDone > 0: // the rows to come are as long as those that were read
		total = float64(s.Rows.Read) * float64(n.BytesTotal) / float64(n.BytesDone)
	}
	if total > 0 {
		l.Share = min(1, settled/total)
	}
	if c := j.state.Live; c != nil {
		l.RowsPerSecond, l.OutageSince, l.ThrottledSince = c.RowsPerSecond, c.OutageSince, c.ThrottledSince
		if total > 0 && c.RowsPerSecond > 0 && c.OutageSince.IsZero() {
			l.SecondsLeft = max(0, total-settled) / c.RowsPerSecond
		}
	}
	return l
}

// showLive writes the page of a job that is running. It is for people: where it cannot be written, the run goes on.
func (j *job) showLive(state checkpoint.State, h *report.History) {
	now := *j
	now.state = state
	var page bytes.Buffer
	if report.WriteHTML(&page, now.summary(stateRunning), h) == nil {
		_ = checkpoint.WriteFile(j.dir.fs, pageName, page.Bytes())
	}
}

// keepHistory writes the history of a run that goes on, and the page as of the last checkpoint.
func (j *job) keepHistory(text []byte) {
	_ = checkpoint.WriteFile(j.dir.fs, historyName, text) // without it a plot has a gap
	h := new(report.History)
	if j.saving != nil && json.Unmarshal(text, h) == nil {
		j.showLive(*j.saving, h)
	}
}

// lastOf is the last job of a state directory, and any other directory itself.
func lastOf(dir string) string {
	if _, err := os.Stat(filepath.Join(Dir(dir), specName)); err == nil {
		return dir
	}
	if last := filepath.Join(dir, Latest); Dir(last) != last || isDir(last) {
		return last
	}
	return dir
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
