package job

import (
	"context"
	"slices"

	"imimport/pkg/fault"
	"imimport/reader"
	"imimport/report"
)

// Outcomes are what a job has settled, for those who go on from there. They are read, and need no lock.
type Outcomes struct {
	Summary report.Summary
	Options Options // what the job was asked
	ID      string
	job     *job
}

// OpenOutcomes looks at the job in dir as its last checkpoint has it.
func OpenOutcomes(dir string, v fault.Voice) (*Outcomes, error) {
	j, err := open(dir, Host{Voice: v})
	if err != nil {
		return nil, err
	}
	return &Outcomes{Summary: j.stands(), Options: j.spec.Options, ID: j.spec.ID, job: j}, nil
}

// Path is the file of an outcome.
func (l *Outcomes) Path(o report.Outcome) string { return l.job.dir.file(l.job.spec.layout().Name(o)) }

// Unchanged refuses the file of an outcome that is not as the job left it.
func (l *Outcomes) Unchanged(o report.Outcome) error { return l.job.unchanged(o) }

// Reads are the files that go on being read: the inputs, and those of outcomes.
func (l *Outcomes) Reads() []string {
	files := []string{l.Path(report.Succeeded), l.Path(report.Failed), l.Path(report.QuotaExceeded)}
	for _, in := range l.job.spec.Inputs {
		files = append(files, in.Path)
	}
	return slices.Clip(files)
}

// ReaderConfig is how the files of outcomes are read.
func (l *Outcomes) ReaderConfig() reader.Config { return l.job.outcomeConfig() }

// Each gives the rows that have an outcome; what was written after the last checkpoint is none of them. A
// retry that is under way has its rows in no outcome file.
func (l *Outcomes) Each(ctx context.Context, o report.Outcome, visit func(*reader.Row) error) error {
	if err := l.Unchanged(o); err != nil {
		return err
	}
	return l.job.eachSettled(ctx, o, visit)
}
