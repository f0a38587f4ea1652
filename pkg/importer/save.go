package importer

import (
	"encoding/json"
	"time"

	"imimport/pkg/checkpoint"
	"imimport/pkg/fault"
	"imimport/report"
)

const keepHistoryEvery = 30 * time.Second

// saver writes checkpoints, beside the loop: a disk that takes its time to sync does not hold up the sending. One
// save at a time; its goroutine ends with its error on saved, for which the loop or finish waits.
type saver struct {
	save        func(*checkpoint.State) error
	history     *report.History
	keepHistory func([]byte)
	historyAt   time.Time
	saving      *checkpoint.State // on its way to the disk; nil for none
	saved       chan error
	onDisk      checkpoint.State
}

func newSaver(cfg *Config, now time.Time) saver {
	return saver{save: cfg.Save, history: cfg.History, keepHistory: cfg.KeepHistory, historyAt: now, saved: make(chan error, 1), onDisk: cfg.From}
}

// begin starts to save s.
func (sv *saver) begin(s *checkpoint.State) {
	history := sv.historyDue(s.SavedAt)
	sv.saving = s
	go func() {
		var err error
		panicked := fault.Guard(func() {
			if err = sv.save(s); err == nil && history != nil {
				sv.keepHistory(history)
			}
		})
		if panicked != nil {
			err = panicked
		}
		sv.saved <- err
	}()
}

// done takes in how the save under way has ended.
func (sv *saver) done(err error) error {
	if err == nil {
		sv.onDisk = *sv.saving
	}
	sv.saving = nil
	return err
}

// last saves s and waits for it.
func (sv *saver) last(s *checkpoint.State) error {
	if err := sv.save(s); err != nil {
		return err
	}
	sv.onDisk = *s
	return nil
}

// historyDue is the history as JSON, once in a while: it is for the report's plots, and costs milliseconds.
func (sv *saver) historyDue(now time.Time) []byte {
	if sv.history == nil || sv.keepHistory == nil || now.Sub(sv.historyAt) < keepHistoryEvery {
		return nil
	}
	sv.historyAt = now
	text, err := json.Marshal(sv.history)
	if err != nil {
		return nil // the plots have a gap, nothing more
	}
	return text
}
