package verify

import (
	"errors"
	"io/fs"
	"syscall"

	"imimport/pkg/fault"
	"imimport/pkg/output"
	"imimport/report"
)

// table is a file of rows, in the layout of a job's outcome files.
type table struct {
	file   *output.File
	layout report.Layout
	buffer []byte
}

const flushAt = 128 << 10

func create(path string, layout report.Layout) (*table, error) {
	file, err := output.Create(path)
	if err != nil {
		return nil, notMade(err)
	}
	return &table{file, layout, layout.AppendHeader(nil)}, nil
}

// notMade is the error of a file that cannot be made in the directory for the results.
func notMade(err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return &fault.Error{Kind: fault.Usage, Err: err, Hint: fault.Hintf("make the directory first, or name another with %s", fault.Option{Key: "out"})}
	}
	return &fault.Error{Kind: fault.Disk, Err: err, Hint: fault.Hintf("is the directory yours to write to, and the disk not full? %s names another", fault.Option{Key: "out"})}
}

func (t *table) write(s *report.Settled) error {
	t.buffer = t.layout.AppendRow(t.buffer, s)
	if len(t.buffer) < flushAt {
		return nil
	}
	return t.flush()
}

func (t *table) flush() error {
	if _, err := t.file.Write(t.buffer); err != nil {
		return output.Full(err)
	}
	t.buffer = t.buffer[:0]
	return nil
}

// keep ends the file, which has its name then.
func (t *table) keep() error {
	if err := t.flush(); err != nil {
		return err
	}
	return output.Full(t.file.Keep())
}
