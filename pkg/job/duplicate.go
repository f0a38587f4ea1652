package job

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	"imimport/pkg/distinct"
	"imimport/pkg/fault"
	"imimport/reader"
	"imimport/report"
)

// duplicate tells the rows that are not sent because another row of the same UserID counts; nil where
// all are sent, in order.
//
// Where duplicates are rejected, the whole input is read once before the first request, on each run anew:
// where it can be read again, whatever its size, within a fixed memory and a temporary file in the job
// directory. Standard input and pipes cannot, and a URL may give another version the second time. For them every UserID is
// kept in memory, 32 to 64 bytes each; those of earlier runs come from the outcome files.
func (j *job) duplicate(ctx context.Context, src *source) (func(*reader.Row) string, error) {
	reject := j.options.Counts() == distinct.First
	switch {
	case j.state.Retry && reject:
		return againDuplicate, nil
	case j.state.Retry:
		return nil, nil
	case reject && !slices.ContainsFunc(j.spec.Inputs, func(in input) bool { return reader.IsURL(in.Path) || !reader.ReadableTwice(in.Path) }):
		return j.rejectFound(ctx, src)
	case reject:
		return j.rejectSeen(ctx)
	}
	return nil, nil
}

// againDuplicate is for the rows of a retry: a duplicate stays one, whatever became of the row before it.
func againDuplicate(row *reader.Row) string {
	if row.Prior != nil && row.Prior.Class == "duplicate" {
		return row.Prior.Reason
	}
	return ""
}

func duplicateOf(first int64) string { return fmt.Sprintf("the same UserID as row %d", first) }

// findBudget is the memory for finding duplicates before the run.
const findBudget = 16 << 20

// rejectFound finds the duplicates of the whole input, and looks each row up when it is read. The reader's
// goroutine does that, since it can fail; the loop's asks for the verdict.
func (j *job) rejectFound(ctx context.Context, src *source) (func(*reader.Row) string, error) {
	found, end, err := j.findDuplicates(ctx, src.Again(ctx))
	if err != nil {
		return nil, err
	}
	j.host.Log.Info(report.Counted(found.Rows(), "row repeats the UserID of an earlier row and fails as a duplicate", "rows repeat the UserID of an earlier row and fail as duplicates"),
		"event", "duplicates.found", "rows", found.Rows())
	v := &verdicts{firsts: map[int64]int64{}}
	src.drop = found.Close
	src.end = end
	src.look = func(row *reader.Row) error {
		var err error
		if row.Fault == nil {
			var first int64
			var dup bool
			if first, dup, err = found.Reject(row.Number); dup {
				v.add(row.Number, first)
			}
		}
		return err
	}
	return v.reason, nil
}

// findDuplicates reads the whole input, and tells where and how it ended. Rows that are invalid are no one's
// first.
func (j *job) findDuplicates(ctx context.Context, r *reader.Reader) (*distinct.Duplicates, *sourceEnd, error) {
	j.host.Log.Info("looking for duplicates in the whole input", "event", "duplicates.begin")
	defer func() { _ = r.Close() }() // it was only read
	finder := distinct.New(j.dir.path, findBudget, distinct.First)
	ending, err := feed(ctx, r, finder)
	if err != nil {
		return nil, nil, errors.Join(err, finder.Close())
	}
	found, err := finder.Finish()
	if err != nil {
		return nil, nil, fault.As(fault.Disk, err)
	}
	return found, &sourceEnd{r.Position().Row, ending}, nil
}

// feed hands the input's rows to the finder. What ends the reading ends the run too, once it comes there.
func feed(ctx context.Context, r *reader.Reader, finder *distinct.Finder) (ending, err error) {
	for row, err := range r.Rows() {
		if err != nil {
			return err, ctx.Err()
		}
		if row.Fault != nil {
			continue
		}
		if err := finder.Add(row.UserID, row.Number); err != nil {
			return nil, fault.As(fault.Disk, err)
		}
	}
	return io.EOF, ctx.Err()
}

// verdicts go from the goroutine that reads to the one that decides. It holds the duplicates among the rows
// that are between them.
type verdicts struct {
	mu     sync.Mutex
	firsts map[int64]int64 // row to the first of its UserID
}

func (v *verdicts) add(row, first int64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.firsts[row] = first
}

func (v *verdicts) reason(row *reader.Row) string {
	v.mu.Lock()
	defer v.mu.Unlock()
	first, dup := v.firsts[row.Number]
	if !dup {
		return ""
	}
	delete(v.firsts, row.Number)
	return duplicateOf(first)
}

// rejectSeen keeps the UserIDs of all rows, those of earlier runs first.
func (j *job) rejectSeen(ctx context.Context) (func(*reader.Row) string, error) {
	var seen distinct.Seen
	for _, o := range []report.Outcome{report.Succeeded, report.Failed, report.QuotaExceeded} {
		err := j.eachSettled(ctx, o, func(row *reader.Row) error {
			if p := row.Prior; p != nil && p.Class != "invalid" && p.Class != "duplicate" {
				seen.Add(row.UserID, p.Row)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return func(row *reader.Row) string {
		if first, dup := seen.Add(row.UserID, row.Number); dup {
			return duplicateOf(first)
		}
		return ""
	}, nil
}
