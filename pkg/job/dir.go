package job

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"imimport/pkg/checkpoint"
	"imimport/reader"
)

// directory is a job directory that this process has the lock of.
type directory struct {
	path   string // as the user named it
	fs     checkpoint.FS
	unlock func() error
}

// DefaultDir is the job directory of a run that names none: the first input's base name with .import, in the
// current directory.
func DefaultDir(input string) string {
	if input == "-" {
		return "stdin.import"
	}
	if reader.IsURL(input) {
		input, _, _ = strings.Cut(input, "?")
	}
	return filepath.Base(input) + ".import"
}

// create makes the directory of a new job and locks it. It never takes one over that holds something else.
func create(path string, h Host) (*directory, error) {
	err := os.MkdirAll(path, 0o700)
	if err == nil {
		err = checkpoint.Dir(filepath.Dir(path)).Sync() // a directory that a power loss takes away takes its job along
	}
	if err != nil {
		return nil, &Error{exitDisk, fmt.Errorf("make job directory: %w", err), "name another with --job"}
	}
	d, err := lock(path, h)
	if err != nil {
		return nil, err
	}
	if err := vacant(path); err != nil {
		return nil, errors.Join(err, d.unlock())
	}
	return d, nil
}

// vacant refuses a directory that holds a job, or anything else that is not ours.
func vacant(path string) error {
	if _, err := os.Stat(filepath.Join(path, specName)); err == nil {
		return usage(fmt.Sprintf("to go on with it: imimport resume %s; to import anew: name another directory with --job, or remove this one", quote(path)),
			"%s holds a job already", path)
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return &Error{exitDisk, fmt.Errorf("read job directory: %w", err), ""}
	}
	for _, e := range entries {
		name := e.Name()
		if !strings.HasPrefix(name, ".") && !strings.HasSuffix(name, ".tmp") { // those are a lock, and what a crash left of a job that never began
			return usage("name another directory with --job", "%s is not empty and holds no job (%s is in it)", path, name)
		}
	}
	return nil
}

// open locks the directory of a job that is there.
func open(path string, h Host) (*directory, *spec, error) {
	if _, err := os.Stat(filepath.Join(path, specName)); err != nil {
		return nil, nil, noJob(path, err)
	}
	d, err := lock(path, h)
	if err != nil {
		return nil, nil, err
	}
	s, err := loadSpec(d.fs)
	if err != nil {
		return nil, nil, errors.Join(&Error{exitDisk, fmt.Errorf("open job %s: %w", path, err), ""}, d.unlock())
	}
	return d, s, nil
}

func noJob(path string, err error) error {
	path = reader.PublicName(path)
	if errors.Is(err, fs.ErrPermission) {
		return &Error{exitDisk, fmt.Errorf("open job: %w", err), ""}
	}
	hint := "name the job directory of an earlier run; it is the input's name with .import, or what --job said"
	if _, err := os.Stat(filepath.Join(DefaultDir(path), specName)); err == nil {
		hint = fmt.Sprintf("did you mean %s?", quote(DefaultDir(path)))
	}
	return usage(hint, "%s is no job directory: it has no %s", path, specName)
}

func lock(path string, h Host) (*directory, error) {
	unlock, err := checkpoint.Lock(path)
	switch {
	case errors.Is(err, checkpoint.ErrLocked):
		return nil, &Error{exitDisk, fmt.Errorf("another process works on the job in %s", path),
			fmt.Sprintf("wait for it, or stop it first; to see where it stands: imimport status %s", quote(path))}
	case err != nil:
		return nil, &Error{exitDisk, err, "the job directory must be writable"}
	}
	d := &directory{path: path, fs: checkpoint.Dir(path), unlock: unlock}
	if h.fs != nil {
		d.fs = h.fs(path)
	}
	return d, nil
}

// open opens a file of the directory to read.
func (d *directory) open(name string) (*os.File, error) { return os.Open(filepath.Join(d.path, name)) }

// quoted are paths as words of a shell.
func quoted(paths []string) string {
	words := make([]string, len(paths))
	for i, path := range paths {
		words[i] = quote(path)
	}
	return strings.Join(words, " ")
}

// quote makes a path safe to paste into a shell.
func quote(path string) string {
	if strings.HasPrefix(path, "-") {
		path = "./" + path // or it would be taken for a flag
	}
	if path != "" && strings.Trim(path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=:@%+,") == "" {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}
