package checkpoint

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"imimport/pkg/plain"
	"imimport/report"
)

// File is an open file of a job directory.
type File = report.File

// FS is what a job needs of its directory. Names are plain file names. [Dir] is the real one; tests have one that
// fails or loses power.
type FS interface {
	Append(name string) (File, error) // opened to append, made if it is missing
	Create(name string) (File, error) // made anew
	ReadFile(name string) ([]byte, error)
	Rename(from, to string) error
	Remove(name string) error
	Sync() error // makes renames, new files and removals durable
}

// Dir is a directory of the operating system. Its methods take regular files only ([plain]), for links and
// pipes may have been planted in it.
type Dir string

const filePerm = 0o600

func (d Dir) path(name string) string { return filepath.Join(string(d), name) }

func (d Dir) Append(name string) (File, error) {
	return plain.OpenFile(d.path(name), os.O_CREATE|os.O_WRONLY|os.O_APPEND, filePerm)
}

func (d Dir) Create(name string) (File, error) {
	if err := ignoreMissing(d.Remove(name)); err != nil {
		return nil, err
	}
	return plain.OpenFile(d.path(name), os.O_CREATE|os.O_WRONLY|os.O_EXCL, filePerm)
}

func (d Dir) ReadFile(name string) ([]byte, error) { return plain.ReadFile(d.path(name)) }

func (d Dir) Rename(from, to string) error { return os.Rename(d.path(from), d.path(to)) }

func (d Dir) Remove(name string) error { return os.Remove(d.path(name)) }

// WriteFile replaces a file. A crash at any moment leaves either the old content or the new one, whole: it writes a
// temporary file beside it, syncs it, renames it over the file, and syncs the directory.
func WriteFile(dir FS, name string, content []byte) error {
	tmp := name + ".tmp"
	if err := write(dir, tmp, content); err != nil {
		return fmt.Errorf("write %s: %w", name, errors.Join(err, ignoreMissing(dir.Remove(tmp))))
	}
	if err := dir.Rename(tmp, name); err != nil {
		return fmt.Errorf("replace %s: %w", name, errors.Join(err, ignoreMissing(dir.Remove(tmp))))
	}
	if err := dir.Sync(); err != nil {
		return fmt.Errorf("sync directory of %s: %w", name, err)
	}
	return nil
}

func write(dir FS, name string, content []byte) error {
	f, err := dir.Create(name)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
