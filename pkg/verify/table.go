package verify

import (
	"errors"
	"io/fs"
	"path/filepath"
	"syscall"

	"imimport/pkg/fault"
	"imimport/pkg/output"
	"imimport/report"
)

// tables are the files of rows that were found.
type tables struct {
	missing   *table
	different *table // nil unless profiles are compared
}

func (cfg Config) paths(format string) (missing, different string) {
	return filepath.Join(cfg.Dir, "missing."+format), filepath.Join(cfg.Dir, "different."+format)
}

// refuseInputs makes sure that nothing is written over what is read.
func (cfg Config) refuseInputs(format string) error {
	hint := fault.Hintf("name another directory for the results with %s", fault.Option{Key: "out"})
	missing, different := cfg.paths(format)
	err := output.RefuseInputs(missing, cfg.Inputs, hint)
	if err != nil || !cfg.Profiles {
		return err
	}
	if err := output.RefuseInputs(different, cfg.Inputs, hint); err != nil {
		return err
	}
	if output.Same(missing, different) {
		return fault.New(fault.Usage, hint, "%q and %q are one file", missing, different)
	}
	return nil
}

func (cfg Config) createTables(format string, layout report.Layout) (t tables, err error) {
	missing, different := cfg.paths(format)
	if t.missing, err = create(missing, layout); err != nil || !cfg.Profiles {
		return t, err
	}
	layout.Service = true
	if t.different, err = create(different, layout); err != nil {
		t.drop()
	}
	return t, err
}

func (t tables) each(do func(*table) error) error {
	for _, one := range []*table{t.missing, t.different} {
		if one == nil {
			continue
		}
		if err := do(one); err != nil {
			return err
		}
	}
	return nil
}

// keep gives the files their names.
func (t tables) keep() error { return t.each((*table).keep) }

func (t tables) drop() {
	_ = t.each(func(one *table) error { one.file.Drop(); return nil })
}

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

// keep ends the file, which gets its name.
func (t *table) keep() error {
	if err := t.flush(); err != nil {
		return err
	}
	return output.Full(t.file.Keep())
}
