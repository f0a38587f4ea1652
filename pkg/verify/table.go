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
	missing   *output.Table
	different *output.Table // nil unless profiles are compared
}

func (cfg Config) paths(format string) (missing, different string) {
	return filepath.Join(cfg.Dir, "missing."+format), filepath.Join(cfg.Dir, "different."+format)
}

// refuseInputs makes sure that nothing is written over what is read.
func (cfg Config) refuseInputs(format string) error {
	hint := fault.Hintf("name another directory for the results with %s", fault.Option{Key: "out"})
	missing, different := cfg.paths(format)
	err := output.RefuseInputs(missing, cfg.Inputs, hint)
	if err == nil && cfg.Profiles {
		err = output.RefuseInputs(different, cfg.Inputs, hint)
	}
	if err != nil || !cfg.Profiles {
		return err
	}
	if output.Same(missing, different) {
		return fault.New(fault.Usage, hint, "%q and %q are one file", missing, different)
	}
	return nil
}

func (cfg Config) createTables(format string, layout report.Layout) (t tables, err error) {
	missing, different := cfg.paths(format)
	if t.missing, err = output.CreateTable(missing, layout); err != nil || !cfg.Profiles {
		return t, notMade(err)
	}
	layout.Service = true
	if t.different, err = output.CreateTable(different, layout); err != nil {
		t.drop()
		return t, notMade(err)
	}
	return t, nil
}

// keep gives the files their names.
func (t tables) keep() error {
	err := t.missing.Keep()
	if err == nil && t.different != nil {
		err = t.different.Keep()
	}
	return err
}

func (t tables) drop() {
	t.missing.Drop()
	if t.different != nil {
		t.different.Drop()
	}
}

// notMade is the error of a file that cannot be made in the directory for the results.
func notMade(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR):
		return &fault.Error{Kind: fault.Usage, Err: err, Hint: fault.Hintf("make the directory first, or name another with %s", fault.Option{Key: "out"})}
	}
	return &fault.Error{Kind: fault.Disk, Err: err, Hint: fault.DiskHint(err, fault.Hintf("is the directory yours to write to, and the disk not full? %s names another", fault.Option{Key: "out"}))}
}
