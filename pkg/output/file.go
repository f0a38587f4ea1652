package output

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// File is a file that is being written. Every File ends with Keep or Drop. It is for one goroutine.
type File struct {
	path, target string
	file         *os.File
	standard     bool   // file is a standard stream, and stays open
	temporary    string // "" if it is written in place, or has ended
}

// Create begins a file that will have the name path.
func Create(path string) (*File, error) {
	f := &File{path: path}
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return nil, fmt.Errorf("write %q: is a directory", path)
	case err == nil && standard(info) != nil:
		f.file, f.standard = standard(info), true
		return f, nil
	case err != nil && !errors.Is(err, fs.ErrNotExist): // so that a link is followed only where the system would
		return nil, f.fault(err)
	case err == nil && !info.Mode().IsRegular():
		f.file, err = os.OpenFile(path, os.O_WRONLY, 0)
		return f, f.fault(err)
	}
	if f.target, err = Target(path); err != nil {
		return nil, f.fault(err)
	}
	if f.file, err = os.CreateTemp(filepath.Dir(f.target), "."+filepath.Base(f.target)+"-*.tmp"); err != nil {
		return nil, f.fault(err)
	}
	f.temporary = f.file.Name()
	return f, nil
}

// Publish writes a file that everybody may read, unlike those of [Create], which are for this user alone.
func Publish(path string, content []byte) error {
	f, err := Create(path)
	if err != nil {
		return err
	}
	defer f.Drop()
	if f.temporary != "" {
		err = f.fault(f.file.Chmod(0o644))
	}
	if err == nil {
		_, err = f.Write(content)
	}
	if err == nil {
		err = f.Keep()
	}
	return err
}

func (f *File) fault(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("write %q: %w", f.path, err)
}

// Write adds to the file.
func (f *File) Write(b []byte) (int, error) {
	n, err := f.file.Write(b)
	return n, f.fault(err)
}

// Keep finishes the file and gives it its name. After an error of Keep, Drop it.
func (f *File) Keep() error {
	if f.standard {
		f.file = nil
		return nil
	}
	if f.temporary != "" {
		if err := f.file.Sync(); err != nil { // or after a power loss the name could lead to an empty file
			return f.fault(err)
		}
	}
	file := f.file
	f.file = nil
	if err := file.Close(); err != nil || f.temporary == "" {
		return f.fault(err)
	}
	if err := os.Rename(f.temporary, f.target); err != nil {
		return f.fault(err)
	}
	f.temporary = ""
	return nil
}

// Drop removes what was not kept. After Keep it does nothing.
func (f *File) Drop() {
	if f.file != nil && !f.standard {
		_ = f.file.Close() // it is not wanted
	}
	if f.temporary != "" {
		_ = os.Remove(f.temporary) // its name says that it is temporary
	}
	f.file, f.temporary = nil, ""
}
