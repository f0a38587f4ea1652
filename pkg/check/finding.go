package check

import (
	"imimport/pkg/distinct"
	"imimport/reader"
)

// finding looks for duplicates in a goroutine of its own.
type finding struct {
	finder *distinct.Finder
	batch  []keyed
	size   int           // bytes of the rows that the batch keeps in memory
	full   chan []keyed  // finish closes it
	empty  chan []keyed  // batches to be used again
	failed chan struct{} // closed when err is set
	done   chan struct{} // closed when the goroutine has ended
	err    error
}

type keyed struct {
	userID string
	row    int64
}

const (
	batchRows = 1 << 10
	batchSize = 1 << 20 // a UserID keeps the text around it: rows may be large
	batches   = 8
)

// startFinding starts the goroutine, which ends with finish.
func startFinding(finder *distinct.Finder) *finding {
	f := &finding{finder: finder, full: make(chan []keyed, batches), empty: make(chan []keyed, batches+2),
		failed: make(chan struct{}), done: make(chan struct{}), batch: make([]keyed, 0, batchRows)}
	go f.find()
	return f
}

func (f *finding) find() {
	defer close(f.done)
	for batch := range f.full {
		for _, k := range batch {
			if f.err != nil {
				break
			}
			if f.err = f.finder.Add(k.userID, k.row); f.err != nil {
				close(f.failed)
			}
		}
		clear(batch) // the rows' text can go
		select {
		case f.empty <- batch[:0]:
		default:
		}
	}
}

// take hands a row on. False means that no more are wanted.
func (f *finding) take(row *reader.Row) bool {
	f.batch = append(f.batch, keyed{row.UserID, row.Number})
	f.size += row.Size
	if len(f.batch) < batchRows && f.size < batchSize {
		return true
	}
	f.size = 0
	select {
	case f.full <- f.batch:
	case <-f.failed:
		return false
	}
	select {
	case f.batch = <-f.empty:
	default:
		f.batch = make([]keyed, 0, batchRows)
	}
	return true
}

// finish waits for the goroutine.
func (f *finding) finish() (*distinct.Duplicates, error) {
	f.full <- f.batch // the goroutine takes all until it is closed
	close(f.full)
	<-f.done
	if f.err != nil {
		_ = f.finder.Close() // the first error counts
		return nil, f.err
	}
	return f.finder.Finish()
}
