// Package plain opens regular files and nothing else. It follows no link in the last part of a name, and it never waits for
// a pipe: in a directory that others may write, both may have been planted in place of a file that the program reads or
// writes by itself. Files that a user names are for other packages: there a link or a pipe may be meant.
//
// # Decisions
//
// Names and flags of open(2) instead of an [os.Root]: the program's own names have one part each, a job's directory is
// refused unless it is this user's alone, and os.Root follows links that stay inside of it. A pipe is opened
// without waiting and then refused, because looking first and opening then leaves a moment in between.
package plain

import (
	"errors"
	"io"
	"io/fs"
	"os"
)

// ErrOther is for a name that leads to a link, a pipe, a device or a directory.
var ErrOther = errors.New("is no regular file")

// Open opens a regular file to read.
func Open(name string) (*os.File, error) { return OpenFile(name, os.O_RDONLY, 0) }

// OpenFile is [os.OpenFile] for regular files.
func OpenFile(name string, flag int, perm fs.FileMode) (*os.File, error) {
	f, err := os.OpenFile(name, flag|Flags, perm)
	if err != nil {
		if info, other := os.Lstat(name); other == nil && !info.Mode().IsRegular() {
			err = &fs.PathError{Op: "open", Path: name, Err: ErrOther}
		}
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: "open", Path: name, Err: ErrOther}
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// ReadFile is [os.ReadFile] for regular files.
func ReadFile(name string) (content []byte, err error) {
	f, err := Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return io.ReadAll(f)
}
