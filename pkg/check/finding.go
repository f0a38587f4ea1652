package check

import (
	"cmp"
	"sync"

	"imimport/pkg/distinct"
	"imimport/pkg/fault"
	"imimport/reader"
)

// finding looks for duplicates in a goroutine of its own.
type finding struct {
	finder finder
	batch  []keyed
	size   int           // bytes of the rows that the batch keeps in memory
	full   chan []keyed  // finish closes it
	failed chan struct{} // closed when err is set
	worker sync.WaitGroup
	err    error
}

// finder is a distinct.Finder.
type finder interface {
	Add(userID string, row int64) error
	Finish() (*distinct.Duplicates, error)
	Close() error
}

type keyed struct {
	userID string
	row    int64
}

const (
	batchRows = 1 << 10
	batchSize = 1 << 20 // a UserID keeps the text around it in memory, and rows may be large
	batches   = 8
)

// startFinding starts the goroutine. It ends with finish.
func startFinding(finder finder) *finding {
	f := &finding{finder: finder, full: make(chan []keyed, batches), failed: make(chan struct{}), batch: make([]keyed, 0, batchRows)}
	f.worker.Go(f.find)
	return f
}

// find takes every batch until finish closes the channel, also after an error.
func (f *finding) find() {
	var err error
	panicked := fault.Guard(func() { err = f.add() })
	if f.err = cmp.Or(panicked, err); f.err != nil {
		close(f.failed)
	}
	for range f.full { // after an error nobody wants them
	}
}

func (f *finding) add() error {
	for batch := range f.full {
		for _, k := range batch {
			if err := f.finder.Add(k.userID, k.row); err != nil {
				return err
			}
		}
	}
	return nil
}

// take hands a row over. False means that no more rows are wanted.
func (f *finding) take(row *reader.Row) bool {
	f.batch = append(f.batch, keyed{row.UserID, row.Number})
	f.size += row.Size
	if len(f.batch) < batchRows && f.size < batchSize {
		return true
	}
	select {
	case f.full <- f.batch:
	case <-f.failed:
		return false
	}
	f.batch, f.size = make([]keyed, 0, batchRows), 0
	return true
}

// finish hands the last batch over, waits for the goroutine and returns what it found, or its error.
func (f *finding) finish() (*distinct.Duplicates, error) {
	f.full <- f.batch // does not block for long: the goroutine takes all batches
	close(f.full)
	f.worker.Wait()
	if f.err != nil {
		_ = f.finder.Close() // the first error counts
		return nil, f.err
	}
	return f.finder.Finish()
}
