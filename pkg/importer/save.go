package importer

import (
	"encoding/json"
	"fmt"
	"time"

	"imimport/pkg/checkpoint"
)

// snapshot is the run as a checkpoint: what the ledger has been told so far, and no more.
func (r *run) snapshot() (*checkpoint.State, error) {
	lengths, err := r.cfg.Ledger.Flush()
	if err != nil {
		return nil, err
	}
	from := &r.cfg.From
	s := &checkpoint.State{Job: from.Job, Pass: from.Pass, Retry: from.Retry, Input: from.Input,
		QuotaMet: from.QuotaMet || r.reason == StoppedQuota,
		Lengths:  lengths, Tally: r.tally.Clone(), SavedAt: time.Now()}
	s.Watermark, s.Ranges = r.window.watermark()
	s.Counters = r.counters
	s.Counters.Elapsed = r.base.Elapsed + time.Since(r.startedAt)
	if !r.firstSent.IsZero() {
		s.Counters.Sending = r.base.Sending + r.lastSent.Sub(r.firstSent)
	}
	_, worst := r.main.limiter.Sent(s.SavedAt)
	s.Counters.WorstSecond = max(r.base.WorstSecond, worst)
	return s, nil
}

// checkpoint begins to save, beside the loop: a disk that takes its time to sync does not hold up the
// sending. One save at a time; its goroutine ends with the word on r.saved, which the loop or finish
// waits for.
func (r *run) checkpoint() {
	if r.saving != nil || r.reason == StoppedDisk {
		return
	}
	s, err := r.snapshot()
	if err != nil {
		r.stopDisk(err)
		return
	}
	r.saving = s
	history := r.historyDue(s.SavedAt)
	go func() {
		err := r.cfg.Save(s)
		if err == nil && history != nil {
			r.cfg.KeepHistory(history)
		}
		r.saved <- err
	}()
}

// historyDue is the history as JSON, once in a while: it is for the report's plots, and costs milliseconds.
func (r *run) historyDue(now time.Time) []byte {
	if r.cfg.History == nil || r.cfg.KeepHistory == nil || now.Sub(r.historyAt) < keepHistoryEvery {
		return nil
	}
	r.historyAt = now
	text, err := json.Marshal(r.cfg.History)
	if err != nil {
		return nil // it is drawn, not counted on
	}
	return text
}

const keepHistoryEvery = 30 * time.Second

func (r *run) checkpointed(err error) {
	if err != nil {
		r.stopDisk(err)
	} else {
		r.onDisk = *r.saving
	}
	r.saving = nil
}

// finish writes the last checkpoint and says how the run ended.
func (r *run) finish() Result {
	if r.saving != nil {
		r.checkpointed(<-r.saved)
	}
	if r.reason == running {
		r.reason = Complete
	}
	if r.reason != StoppedDisk {
		if err := r.lastCheckpoint(); err != nil {
			r.stopDisk(err)
		}
	}
	if r.warned > warningsTold {
		r.cfg.Log.Warn(fmt.Sprintf("%d rows like these were sent; imimport check lists their kinds, --strict refuses them", r.warned),
			"event", "row.warnings", "rows", r.warned)
	}
	r.tick(time.Now())
	return Result{State: r.onDisk, Read: r.counters.Read, Reason: r.reason, Err: r.err, Hint: r.hint}
}

func (r *run) lastCheckpoint() error {
	s, err := r.snapshot()
	if err != nil {
		return err
	}
	s.Complete = r.reason == Complete
	s.StopReason, s.ExitCode, s.Hint = r.reason.String(), r.reason.ExitCode(), r.hint
	if r.err != nil {
		s.LastError = r.err.Error()
	}
	if err := r.cfg.Save(s); err != nil {
		return err
	}
	r.onDisk = *s
	return nil
}
