package job

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"imimport/pkg/checkpoint"
	"imimport/pkg/fault"
	"imimport/pkg/importer"
	"imimport/reader"
	"imimport/report"
)

// Sync makes a job part of a sync. Its input is written by the sync, like an outcome file: each row says where it
// stands in the user's files. Only the next sync goes on from it: what it has left to send may be older by now than what a
// later sync has sent.
type Sync struct {
	Files []string `json:"files"` // the user's
	Next  string   `json:"next"`  // the command that goes on: the sync, without a secret

	Found      report.Sync `json:"found"`                 // in the files
	Before     string      `json:"before,omitempty"`      // the job of the sync before, "" for none
	SameFailed bool        `json:"same_failed,omitempty"` // the rows that failed are those that failed in it

	Lanes []importer.Lane `json:"-"` // of the process: the sync makes calls beside the job's

	// After is nil or what is left to do when every row has its outcome: it deletes accounts, and tells how many. A fault of
	// the kind Partial leaves the job complete; one of another kind, or another error, which is one of the disk, has
	// stopped it.
	After func(context.Context) (deleted int64, err error) `json:"-"`
}

// RunSync is [Run] for the job of a sync.
func RunSync(ctx context.Context, input, dir string, n Sync, o Options, h Host) (report.Summary, error) {
	return begin(ctx, []string{input}, dir, &n, o, h)
}

// after does what is left to do when every row is settled, and records how it ended. The job is complete only then.
func (j *job) after(ctx context.Context) error {
	j.state.Complete = false
	err := checkpoint.Save(j.dir.fs, &j.state)
	if err == nil {
		j.spec.Sync.Found.Deleted, err = j.spec.Sync.After(ctx)
		err = errors.Join(err, j.spec.save(j.dir.fs))
	}
	j.state.Complete, j.state.SavedAt = true, time.Now()
	if err == nil {
		if err = checkpoint.Save(j.dir.fs, &j.state); err == nil {
			return nil
		}
	}
	err = fault.As(fault.Disk, err)
	j.state.End(err, j.host.voice())
	if err := checkpoint.Save(j.dir.fs, &j.state); err != nil {
		j.host.Log.Warn("cannot write how the sync ended: "+err.Error(), "event", "checkpoint.failed")
	}
	return err
}

// places puts the rows of a sync where the user's files have them. A row keeps its number in the job's input
// while it is under way, since the checkpoint counts by it; its outcome has the number of the table.
type places struct {
	files map[string]int

	mu   sync.Mutex
	rows map[int64]int64 // of rows under way, to their number in the table
}

func newPlaces(n *Sync) *places {
	p := &places{files: map[string]int{}, rows: map[int64]int64{}}
	for i, name := range n.Files {
		p.files[report.Escaped(name)] = i
	}
	return p
}

// find is called by the goroutine that reads.
func (p *places) find(row *reader.Row) error {
	at := row.Prior
	if at == nil {
		return fmt.Errorf("line %d of the job's own input is damaged", row.Line)
	}
	row.File, row.Line, row.Prior = p.files[at.File], at.Line, nil
	if at.Class == "invalid" { // as the table was read; what was copied from it is not always so
		kind := ""
		if row.Fault != nil {
			kind = row.Fault.Kind
		}
		row.Fault = &reader.RowError{File: at.File, Line: at.Line, Kind: kind, Msg: at.Reason}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rows[row.Number] = at.Row
	return nil
}

// relabel is called by the loop.
func (p *places) relabel(s *report.Settled) {
	p.mu.Lock()
	defer p.mu.Unlock()
	row := p.rows[s.Row]
	delete(p.rows, s.Row)
	s.Row = row
}
