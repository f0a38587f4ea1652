package job

import (
	"context"
	"errors"
	"time"

	"imimport/pkg/checkpoint"
	"imimport/pkg/importer"
	"imimport/report"
)

// Night makes a job the night of a sync. Nothing but the sync goes on from it: what it has left to send may be
// older by now than what a later night has sent.
type Night struct {
	Next string `json:"next"` // the command that goes on: the sync, without a secret

	Limits Limits `json:"-"` // of the process: the sync makes calls beside the job's

	// Then is what is left to do when every row has its outcome. An [Error] of it with code 1 leaves the job
	// complete; one with 5, 6 or 130, or another error, which is one of the disk, has stopped it.
	Then func(context.Context) error `json:"-"`
}

// RunNight is [Run] for the night of a sync.
func RunNight(ctx context.Context, input, dir string, n Night, o Options, h Host) (report.Summary, error) {
	return begin(ctx, []string{input}, dir, &n, o, h)
}

// then does what is left of a night whose rows are settled, and keeps how it ended.
func (j *job) then(ctx context.Context) error {
	err := j.spec.Night.Then(ctx)
	if err == nil {
		return nil
	}
	var e *Error
	if !errors.As(err, &e) {
		e = &Error{exitDisk, err, ""}
	}
	j.state.SavedAt, j.state.ExitCode, j.state.LastError, j.state.Hint = time.Now(), e.Code, e.Error(), e.Hint
	if e.Code != exitFailed {
		j.state.Complete, j.state.StopReason = false, stopReasons[e.Code]
	}
	if err := checkpoint.Save(j.dir.fs, &j.state); err != nil {
		j.host.Log.Warn("cannot write how the night ended: "+err.Error(), "event", "checkpoint.failed")
	}
	return e
}

var stopReasons = map[int]string{
	exitRefused: importer.StoppedRefused.String(), exitDisk: importer.StoppedDisk.String(), exitInterrupted: importer.Interrupted.String(),
}

// refuseNight refuses to go on with a night by itself.
func (s *spec) refuseNight(dir string) error {
	if s.Night == nil {
		return nil
	}
	return usage("sync again, which sends what is left, and nothing that has become old: "+s.Night.Next,
		"the job in %s is a night of a sync, and cannot go on by itself", dir)
}
