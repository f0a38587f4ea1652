package syncrun

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"imimport/pkg/checkpoint"
	"imimport/pkg/fault"
	"imimport/pkg/job"
	"imimport/pkg/syncstate"
	"imimport/reader"
	"imimport/report"
)

const (
	jobsDir  = "nights" // the name in states of the first version
	goneName = "gone.csv"
)

// inputName begins with a point: a job's directory must hold nothing else before the job does.
func inputName(format string) string { return ".input." + format }

// begin makes the job's directory with the rows to be sent, and notes it in the state before anything is sent.
func (s *run) begin(ctx context.Context, sel *selection) (string, error) {
	name := s.cfg.Now().UTC().Format("2006-01-02T150405.000000Z")
	dir := filepath.Join(s.cfg.Dir, jobsDir, name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fault.As(fault.Disk, fmt.Errorf("make job directory: %w", err))
	}
	if err := s.writeInput(ctx, sel, filepath.Join(dir, inputName(sel.reader.Format()))); err != nil {
		return "", errors.Join(tableError(err), os.RemoveAll(dir))
	}
	err := writeIDs(filepath.Join(dir, "."+goneName), sel.gone)
	if err == nil {
		err = errors.Join(checkpoint.Dir(dir).Sync(), checkpoint.Dir(filepath.Dir(dir)).Sync())
	}
	if err == nil {
		note := s.state.Note()
		note.Rows, note.Job, note.Taken, note.Profile = sel.rows, name, "", fieldNames(sel.reader.Profile())
		err = s.state.Save(note)
	}
	if err == nil {
		err = job.Point(s.cfg.Dir, filepath.Join(jobsDir, name))
	}
	return dir, fault.As(fault.Disk, err)
}

// writeInput copies the rows that were picked, as an outcome file has them: with their place in the user's files.
func (s *run) writeInput(ctx context.Context, sel *selection, path string) error {
	r := sel.reader.Again(ctx)
	defer r.Close() //nolint:errcheck // it is only read
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("write rows to send: %w", err)
	}
	err = s.copyPicked(r, f, sel)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// copyPicked reads on to the end if accounts are to be deleted: only then it is known that the table is the one that was
// compared.
func (s *run) copyPicked(r *reader.Reader, f io.Writer, sel *selection) error {
	out := bufio.NewWriterSize(f, 256<<10)
	layout := report.Layout{JSON: r.Format() == "jsonl", Columns: r.Columns(), Sources: true, Map: r.Map(), Resent: r.Resends()}
	line := layout.AppendHeader(nil)
	_, _ = out.Write(line) // bufio keeps its error
	left := sel.send()
	for row, err := range r.Rows() {
		switch {
		case err != nil:
			return err
		case left == 0 && !sel.mayDelete: // the rest of the table need not be read
			return out.Flush()
		case !sel.picked.has(row.Number):
			continue
		}
		left--
		picked := report.Settled{Row: row.Number, File: s.cfg.Inputs[row.File], Line: row.Line, Fields: row.Fields, Object: row.Object, SentAs: row.SentAs}
		if row.Fault != nil {
			picked.Class, picked.Reason = "invalid", row.Fault.Msg
		}
		line = layout.AppendRow(line[:0], &picked)
		if _, err := out.Write(line); err != nil {
			return fmt.Errorf("write rows to send: %w", err)
		}
	}
	if name := r.Grown(); name != "" {
		return reader.Changed(name, "it is still being written")
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write rows to send: %w", err)
	}
	return nil
}

// writeIDs writes a table of UserIDs.
func writeIDs(path string, ids []string) error {
	f, err := checkpoint.Dir(filepath.Dir(path)).Create(filepath.Base(path))
	if err != nil {
		return fmt.Errorf("write %s: %w", goneName, err)
	}
	table := csv.NewWriter(f)
	err = table.Write([]string{"UserID"})
	for _, id := range slices.Sorted(slices.Values(ids)) {
		if err == nil {
			err = table.Write([]string{id})
		}
	}
	table.Flush()
	if err = errors.Join(err, table.Error()); err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", goneName, err)
	}
	return nil
}

// renameGone shows the list once the job is there.
func renameGone(dir string) error {
	err := os.Rename(filepath.Join(dir, "."+goneName), filepath.Join(dir, goneName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil // it was
	}
	return fault.As(fault.Disk, err)
}

// jobOptions read the job's own input, which is no longer as the table was.
func (s *run) jobOptions(sel *selection) job.Options {
	o := s.cfg.Options
	o.Format, o.Delimiter, o.Encoding, o.NoHeader, o.Map = sel.reader.Format(), "", "utf-8", false, sel.reader.Detected().Map
	o.Sheet, o.Excel = "", o.Excel || sel.reader.Workbook()
	o.Quote, o.Escape, o.SkipLines, o.Records, o.Null = "", "", 0, "", nil
	return o
}

// undo forgets a sync whose job could not be made.
func (s *run) undo(dir string, before syncstate.Note) error {
	if _, err := os.Stat(filepath.Join(dir, "job.json")); err == nil {
		return nil // there is one all the same
	}
	err := s.state.Save(before)
	if err == nil && before.Job != "" {
		err = job.Point(s.cfg.Dir, filepath.Join(jobsDir, before.Job))
	} else if err == nil {
		err = os.Remove(filepath.Join(s.cfg.Dir, job.Latest))
	}
	return fault.As(fault.Disk, errors.Join(err, os.RemoveAll(dir)))
}

// prune removes the oldest jobs. One that stays costs room only.
func (s *run) prune() {
	dir := filepath.Join(s.cfg.Dir, jobsDir)
	entries, _ := os.ReadDir(dir) // sorted by name, which is by time
	for i, e := range entries {
		if i < len(entries)-s.cfg.Keep && e.Name() != s.state.Note().Job {
			_ = os.RemoveAll(filepath.Join(dir, e.Name()))
		}
	}
}

// removeLeft removes the temporary files of a sync that was killed.
func removeLeft(dir string) {
	left, _ := filepath.Glob(filepath.Join(dir, ".sort-*.tmp"))
	for _, name := range left {
		_ = os.Remove(name)
	}
}
