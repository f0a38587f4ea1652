package job

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"imimport/pkg/checkpoint"
	"imimport/reader"
	"imimport/report"
)

// Ledger is what a job has settled, for those who go on from there. It reads, and takes no lock.
type Ledger struct {
	Summary report.Summary
	Options Options // what the job was asked
	ID      string
	dir     string
	layout  report.Layout
	config  reader.Config
	lengths report.Lengths
	inputs  []string
}

// OpenLedger looks at the job in dir as its last checkpoint has it.
func OpenLedger(dir string) (*Ledger, error) {
	summary, err := Status(dir)
	if err != nil {
		return nil, err
	}
	files := checkpoint.Dir(dir)
	spec, err := loadSpec(files)
	if err != nil {
		return nil, &Error{exitDisk, fmt.Errorf("open job %s: %w", dir, err), ""}
	}
	j := &job{dir: &directory{path: dir, fs: files}, spec: spec, options: spec.Options}
	l := &Ledger{Summary: summary, Options: spec.Options, ID: spec.ID, dir: dir, layout: spec.layout(), config: j.retryConfig()}
	for _, in := range spec.Inputs {
		l.inputs = append(l.inputs, in.Path)
	}
	state, err := checkpoint.Load(files, spec.ID)
	switch {
	case errors.Is(err, checkpoint.ErrNone): // nothing is settled
	case err != nil:
		return nil, &Error{exitDisk, fmt.Errorf("open job %s: %w", dir, err), ""}
	default:
		l.lengths = state.Lengths
	}
	return l, nil
}

// Path is the file of an outcome.
func (l *Ledger) Path(o report.Outcome) string { return filepath.Join(l.dir, l.layout.Name(o)) }

// Reads are the files that go on being read: the inputs, and those of outcomes.
func (l *Ledger) Reads() []string {
	return append(slices.Clone(l.inputs), l.Path(report.Succeeded), l.Path(report.Failed), l.Path(report.QuotaExceeded))
}

// ReaderConfig is how the files of outcomes are read.
func (l *Ledger) ReaderConfig() reader.Config { return l.config }

// Each gives the rows that have an outcome; what was written after the last checkpoint is none of them. A
// retry that is under way has its rows in no outcome file.
func (l *Ledger) Each(ctx context.Context, o report.Outcome, visit func(*reader.Row) error) error {
	if l.lengths[o] <= int64(l.layout.HeaderSize()) {
		return nil
	}
	return eachRow(ctx, l.Path(o), l.config, l.lengths[o], visit)
}
