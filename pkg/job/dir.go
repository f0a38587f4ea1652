package job

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"imimport/pkg/checkpoint"
	"imimport/pkg/fault"
	"imimport/pkg/plain"
	"imimport/reader"
)

// directory is a job directory.
type directory struct {
	path string // as the user named it
	fs   checkpoint.FS
	held *checkpoint.JobLock // nil: this process does not have its lock
	made bool                // by this process
}

func (d *directory) close() error {
	if d.held == nil {
		return nil
	}
	defer func() { d.held = nil }()
	return d.held.Unlock()
}

// discard closes a directory that no job has begun in, and takes it away if this process has made it.
func (d *directory) discard() {
	if d.made {
		_ = os.Remove(d.file(checkpoint.LockName)) // or it stays, and the next job may begin in it
	}
	_ = d.close()
	if d.made {
		_ = os.Remove(d.path) // only if nothing is in it
	}
}

// open opens a file of the directory to read.
func (d *directory) open(name string) (*os.File, error) { return plain.Open(d.file(name)) }

// file is the path of a file of the directory.
func (d *directory) file(name string) string { return filepath.Join(d.path, name) }

// DefaultDir is the job directory of a run that names none: the first input's base name with .import, in the
// current directory.
func DefaultDir(input string) string {
	if input == "-" {
		return "stdin" + jobSuffix
	}
	if reader.IsURL(input) {
		return strings.ReplaceAll(filepath.Base(reader.PublicName(input)), ":", "-") + jobSuffix // a port; Windows has no such names
	}
	return filepath.Base(input) + jobSuffix
}

const jobSuffix = ".import"

// create makes the directory of a new job and locks it. It never takes over one that holds something else.
func create(path string, h Host) (*directory, error) {
	_, missing := os.Stat(path)
	err := own(path)
	if err == nil {
		err = checkpoint.Dir(filepath.Dir(path)).Sync() // or a power loss could take the directory, and the job with it
	}
	if err != nil {
		return nil, fault.As(fault.Disk, err)
	}
	d := at(path, h)
	d.made = errors.Is(missing, fs.ErrNotExist)
	if err := d.lock(); err != nil {
		return nil, err
	}
	if err := vacant(path); err != nil {
		return nil, errors.Join(err, d.close())
	}
	return d, nil
}

// own makes the directory this user's alone.
func own(path string) error {
	hint := fault.Hintf("name another with %s", jobOption)
	switch err := checkpoint.Own(path); {
	case errors.Is(err, checkpoint.ErrNotOwn):
		return fault.New(fault.Usage, hint, "job directory: %w", err)
	case err != nil:
		return fault.New(fault.Disk, hint, "make job directory: %w", err)
	}
	return nil
}

// jobOption names a job directory.
var jobOption = fault.Option{Key: "job"}

// vacant refuses a directory that holds a job, or anything else that is not ours.
func vacant(path string) error {
	if _, err := os.Stat(filepath.Join(path, specName)); err == nil {
		resume := fault.Do(fault.Resume, path)
		if s, err := loadSpec(checkpoint.Dir(path)); err == nil {
			resume = s.resume(path)
		}
		return fault.New(fault.Usage, fault.Hintf("to go on with it: %s; to import anew: name another directory with %s, or remove this one", resume, jobOption),
			"%s holds a job already", path)
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return fault.New(fault.Disk, fault.Hint{}, "read job directory: %w", err)
	}
	for _, e := range entries {
		name := e.Name()
		if !strings.HasPrefix(name, ".") && !strings.HasSuffix(name, ".tmp") { // a lock, and what a crash left of a job that never began
			return fault.New(fault.Usage, fault.Hintf("name another directory with %s", jobOption), "%s is not empty and holds no job (%s is in it)", path, name)
		}
	}
	return nil
}

func at(path string, h Host) *directory {
	path = Dir(path)
	if h.fs != nil {
		return &directory{path: path, fs: h.fs(path)}
	}
	return &directory{path: path, fs: checkpoint.Dir(path)}
}

// lock takes the directory for this process.
func (d *directory) lock() (err error) {
	d.held, err = checkpoint.Lock(d.path)
	switch {
	case errors.Is(err, checkpoint.ErrLocked):
		return busy(d.path)
	case err != nil:
		return &fault.Error{Kind: fault.Disk, Err: err, Hint: fault.Hintf("the job directory must be writable")}
	}
	return nil
}

func busy(path string) error {
	d := at(path, Host{})
	if s, err := loadSpec(d.fs); err == nil {
		if c, err := checkpoint.Load(d.fs, s.ID); err == nil && isElsewhere(c) {
			return busyOn(c.Machine, path)
		}
	}
	return fault.New(fault.Disk, fault.Hintf("wait for it, or stop it first; to see where it stands: %s", fault.Do(fault.Status, path)),
		"another process works on the job in %s", path)
}

func noJob(path string, err error) error {
	path = reader.PublicName(path)
	if errors.Is(err, fs.ErrPermission) {
		return fault.New(fault.Disk, fault.Hint{}, "open job: %w", err)
	}
	hint := fault.Hintf("name the job directory of an earlier run; it is the input's name with .import, or what %s said", jobOption)
	if _, err := os.Stat(filepath.Join(DefaultDir(path), specName)); err == nil {
		hint = fault.Hintf("did you mean %s?", DefaultDir(path))
	}
	return fault.New(fault.Usage, hint, "%s is no job directory: it has no %s", path, specName)
}
