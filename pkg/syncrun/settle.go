package syncrun

import (
	"context"
	"encoding/csv"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"imimport/pkg/fault"
	"imimport/pkg/im"
	"imimport/pkg/job"
	"imimport/pkg/plain"
	"imimport/pkg/syncstate"
	"imimport/reader"
	"imimport/report"
)

// settleLast brings the state up to where the last sync's job stands, which may have been resumed since.
func (s *run) settleLast(ctx context.Context) error {
	note := s.state.Note()
	if note.Job == "" {
		return nil
	}
	dir := filepath.Join(s.cfg.Dir, jobsDir, note.Job)
	if _, err := os.Stat(filepath.Join(dir, "job.json")); errors.Is(err, fs.ErrNotExist) {
		return nil // it never began, or its directory was removed
	}
	l, err := job.OpenOutcomes(dir, s.cfg.Host.Voice)
	if err != nil {
		return err
	}
	if l.Summary.State == "running" {
		return fault.New(fault.Disk, fault.Hintf("wait for it"), "another process works on the job in %s", dir)
	}
	mark := l.Summary.EndedAt.UTC().Format("2006-01-02T15:04:05.000000000Z") + "/" + strconv.FormatInt(deletedSize(dir), 10)
	if note.Taken == mark {
		return nil
	}
	c, err := s.state.Change()
	if err != nil {
		return stateError(err)
	}
	defer c.Close() //nolint:errcheck // Update has closed it, or nothing was changed
	if err := errors.Join(settleRows(ctx, c, l, dir), settleDeleted(c, dir)); err != nil {
		return fault.As(fault.Disk, err)
	}
	note.Taken = mark
	return stateError(s.state.Update(c, note))
}

// settleRows takes a job up. Rows without an outcome may have reached the service, unless the job stopped
// in order and had not read them yet; so may rows that were tried more than once or whose tries were used up. How
// far a job had read that was resumed is not known: a run before the last may have read further.
func settleRows(ctx context.Context, c *syncstate.Changes, l *job.Outcomes, dir string) error {
	if l.Summary.State != "complete" {
		read := int64(-1)
		if l.Summary.StopReason != "killed" && l.Summary.Runs == 1 {
			read = l.Summary.Rows.Read
		}
		if err := eachSent(ctx, l, dir, read, func(row *reader.Row) error { return c.Set(row.UserID, syncstate.Unsure) }); err != nil {
			return err
		}
	}
	for _, o := range []report.Outcome{report.Failed, report.QuotaExceeded} {
		err := l.Each(ctx, o, func(row *reader.Row) error {
			neverSent := row.Fault != nil || row.UserID == ""
			switch p := row.Prior; {
			case neverSent:
				return nil
			case p != nil && p.Class != "transient" && p.Attempts <= 1:
				return c.Keep(row.UserID)
			}
			return c.Set(row.UserID, syncstate.Unsure)
		})
		if err != nil {
			return err
		}
	}
	return l.Each(ctx, report.Succeeded, func(row *reader.Row) error {
		return c.Set(row.UserID, contentOf(row))
	})
}

// eachSent gives the rows of a job's input that may have been sent, up to a row where that is not negative.
func eachSent(ctx context.Context, l *job.Outcomes, dir string, last int64, visit func(*reader.Row) error) error {
	r, err := reader.Open(ctx, []string{filepath.Join(dir, inputName(l.Options.Format))}, l.Options.ReaderConfig())
	if err != nil {
		return err
	}
	defer r.Close() //nolint:errcheck // it is only read
	for row, err := range r.Rows() {
		switch {
		case err != nil:
			return err
		case last >= 0 && row.Number > last:
			return nil
		case row.Fault != nil || row.Prior != nil && row.Prior.Class == "invalid":
			continue
		}
		if err := visit(row); err != nil {
			return err
		}
	}
	return nil
}

const (
	deletedName  = "deleted.csv"
	deletingName = ".deleting.csv"
	notThere     = 70107 // account_delete: there is no such account
)

func deletedSize(dir string) int64 {
	info, err := os.Stat(filepath.Join(dir, deletedName))
	if err != nil {
		return 0
	}
	return info.Size()
}

// settleDeleted forgets accounts that were deleted. Those that were to be, and have no outcome, are unknown.
func settleDeleted(c *syncstate.Changes, dir string) error {
	settled := map[string]bool{}
	err := eachRecord(filepath.Join(dir, deletedName), func(record []string) error {
		code, err := strconv.Atoi(record[1])
		settled[record[0]] = err == nil && im.ClassOf(code) != im.ClassTransient // after a timeout it may be there or not
		if err == nil && (code == 0 || code == notThere) {
			return c.Remove(record[0])
		}
		return nil
	})
	if err != nil {
		return err
	}
	return eachRecord(filepath.Join(dir, deletingName), func(record []string) error {
		if settled[record[0]] {
			return nil
		}
		return c.Set(record[0], syncstate.Unknown)
	})
}

// eachRecord reads a table with a header; a line that a crash cut short is none.
func eachRecord(path string, visit func([]string) error) error {
	f, err := plain.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // it is only read
	table := csv.NewReader(f)
	for header := true; ; header = false {
		record, err := table.Read()
		var broken *csv.ParseError
		switch {
		case errors.Is(err, io.EOF) || errors.As(err, &broken):
			return nil
		case err != nil:
			return err
		case header:
			continue
		}
		if err := visit(record); err != nil {
			return err
		}
	}
}
