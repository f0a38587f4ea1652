package job

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"imimport/pkg/checkpoint"
	"imimport/report"
)

// Status tells where a job stands: also while another process works on it, and after one died.
func Status(dir string) (report.Summary, error) {
	if _, err := os.Stat(filepath.Join(dir, specName)); err != nil {
		return report.Summary{}, noJob(dir, err)
	}
	files := checkpoint.Dir(dir)
	spec, err := loadSpec(files)
	if err != nil {
		return report.Summary{}, &Error{exitDisk, fmt.Errorf("open job %s: %w", dir, err), ""}
	}
	running := checkpoint.Locked(dir)
	state, err := checkpoint.Load(files, spec.ID)
	if errors.Is(err, checkpoint.ErrNone) {
		state, err = &checkpoint.State{Job: spec.ID, Pass: 1, SavedAt: time.Now()}, nil
	}
	if err != nil {
		return report.Summary{}, &Error{exitDisk, fmt.Errorf("open job %s: %w", dir, err), ""}
	}
	switch {
	case running:
		return summarize(spec, state, "running", dir), nil
	case state.Complete:
		return summarize(spec, state, "complete", dir), nil
	case state.StopReason == "":
		s := summarize(spec, state, "stopped", dir)
		s.StopReason, s.ExitCode = "killed", 137
		return s, nil
	}
	return summarize(spec, state, "stopped", dir), nil
}
