package importer

import (
	"encoding/json"
	"time"

	"imimport/pkg/checkpoint"
	"imimport/pkg/fault"
)

const keepHistoryEvery = 30 * time.Second

// saver writes checkpoints, beside the loop: a disk that takes its time to sync does not hold up the sending. One
// save at a time; its goroutine ends with its error on saved, for which the loop or last waits.
type saver struct {
	cfg      *Config
	rows     *rows
	accounts *accounts
	stop     *stop
	lanes    *lanes
	live     func() *checkpoint.Live

	historyAt time.Time
	saving    *checkpoint.State // on its way to the disk; nil for none
	saved     chan error
	onDisk    checkpoint.State
}

// begin starts to save, unless a save is under way or nothing counts any more.
func (sv *saver) begin() {
	if sv.saving != nil || sv.stop.broken {
		return
	}
	s, err := sv.snapshot()
	if err != nil {
		sv.stop.unsaved(err)
		return
	}
	s.Live = sv.live()
	history := sv.historyDue(s.SavedAt)
	sv.saving = s
	go func() {
		var err error
		panicked := fault.Guard(func() {
			if err = sv.cfg.Save(s); err == nil && history != nil {
				sv.cfg.KeepHistory(history)
			}
		})
		if panicked != nil {
			err = panicked
		}
		sv.saved <- err
	}()
}

// done takes in how the save under way has ended.
func (sv *saver) done(err error) {
	if err != nil {
		sv.stop.unsaved(err)
	} else {
		sv.onDisk = *sv.saving
	}
	sv.saving = nil
}

// last writes the last checkpoint, which says how the run ended.
func (sv *saver) last() {
	if sv.saving != nil {
		sv.done(<-sv.saved)
	}
	if sv.stop.broken {
		return
	}
	s, err := sv.snapshot()
	if err == nil {
		s.End(sv.stop.err(), sv.cfg.Voice)
		err = sv.cfg.Save(s)
	}
	if err != nil {
		sv.stop.unsaved(err)
		return
	}
	sv.onDisk = *s
}

// snapshot is the run as a checkpoint: what the ledger has been told so far, and no more.
func (sv *saver) snapshot() (*checkpoint.State, error) {
	now := time.Now()
	_, worst := sv.lanes.list[0].limiter.Seen(now)
	s, err := sv.accounts.state(now, worst)
	if err != nil {
		return nil, err
	}
	if l := sv.lanes.profile; l != nil {
		_, worst := l.limiter.Seen(now)
		s.Counters.WorstProfiles = max(s.Counters.WorstProfiles, worst)
	}
	s.QuotaMet = s.QuotaMet || sv.stop.kind() == fault.Quota
	s.Watermark, s.Ranges = sv.rows.watermark()
	s.Furthest = sv.rows.furthest()
	return s, nil
}

// historyDue is the history as JSON, once in a while: it is for the report's plots, and costs milliseconds.
func (sv *saver) historyDue(now time.Time) []byte {
	if sv.cfg.History == nil || sv.cfg.KeepHistory == nil || now.Sub(sv.historyAt) < keepHistoryEvery {
		return nil
	}
	sv.historyAt = now
	text, err := json.Marshal(sv.cfg.History)
	if err != nil {
		return nil // the plots have a gap, nothing more
	}
	return text
}
