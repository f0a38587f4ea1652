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
	if t.missing, err = output.CreateTable(missing, layout); err != nil {
		return t, notMade(err)
	}
	if !cfg.Profiles {
		return t, nil
	}
	layout.Service = true
	if t.different, err = output.CreateTable(different, layout); err != nil {
		t.drop()
		return t, notMade(err)
	}
	return t, nil
}

func (t tables) each(do func(*output.Table) error) error {
	for _, one := range []*output.Table{t.missing, t.different} {
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
func (t tables) keep() error { return t.each((*output.Table).Keep) }

func (t tables) drop() {
	_ = t.each(func(one *output.Table) error { one.Drop(); return nil })
}

// notMade is the error of a file that cannot be made in the directory for the results.
func notMade(err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return &fault.Error{Kind: fault.Usage, Err: err, Hint: fault.Hintf("make the directory first, or name another with %s", fault.Option{Key: "out"})}
	}
	return &fault.Error{Kind: fault.Disk, Err: err, Hint: fault.Hintf("is the directory yours to write to, and the disk not full? %s names another", fault.Option{Key: "out"})}
}
