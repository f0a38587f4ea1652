// Package output writes the files that users name. A file is written whole or not at all, never over an input, and never
// in place of a link or a device.
//
// # Decisions
//
// A file is written under a temporary name in the same directory, and gets its own name when it is whole. If writing fails, or
// the process is killed, the old file stays. Links are followed, for users keep them on purpose: the file that they
// lead to is replaced. But one that belongs to neither this user nor root may have been planted, and is refused, as the
// kernel does in directories such as /tmp where fs.protected_symlinks is set. A pipe or a
// device such as /dev/null is written in place. So is a file that standard output or standard error goes to: if it
// were replaced, the rest of that output would go to another file.
package output

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"imimport/pkg/fault"
)

// Full is an error of writing as a fault of the kind [fault.Disk]. A nil error and one that is a fault stay as they are.
func Full(err error) error {
	if _, known := errors.AsType[*fault.Error](err); err == nil || known {
		return err
	}
	return &fault.Error{Kind: fault.Disk, Err: err, Hint: fault.DiskHint(err, fault.Hintf("is the disk full?"))}
}

// RefuseInputs refuses a path that leads to one of the inputs. Its error is of the kind [fault.Usage].
// Inputs are as reader.Expand has them.
func RefuseInputs(path string, inputs []string, hint fault.Hint) error {
	for _, name := range inputs {
		info, err := os.Stat(name)
		if name == "-" {
			info, err = os.Stdin.Stat()
		}
		if err == nil && info.Mode().IsRegular() && isFile(path, info) {
			return fault.New(fault.Usage, hint, "%q is an input and would be written over", path)
		}
	}
	return nil
}

// Same tells whether two paths lead to one regular file, which need not exist.
func Same(a, b string) bool {
	if info, err := os.Stat(a); err == nil {
		return info.Mode().IsRegular() && isFile(b, info)
	}
	targetA, errA := Target(a)
	targetB, errB := Target(b)
	return errA == nil && errB == nil && targetA == targetB
}

func isFile(path string, info fs.FileInfo) bool {
	other, err := os.Stat(path)
	return err == nil && os.SameFile(info, other)
}

// Target is the file that a path leads to through links. It need not exist.
func Target(path string) (string, error) {
	for range 40 { // Linux has the same limit of links
		dir, name := filepath.Split(path) // not cleaned: if x is a link, x/.. is not the directory of x
		dir, err := filepath.EvalSymlinks(cmp.Or(dir, "."))
		if err == nil {
			dir, err = filepath.Abs(dir)
		}
		if err != nil {
			return "", err
		}
		path = filepath.Join(dir, name)
		link, err := os.Readlink(path)
		if err != nil { // it is not a link, or does not exist
			return path, nil //nolint:nilerr // both are an answer
		}
		if info, err := os.Lstat(path); err != nil || !trusted(info) {
			return "", errors.Join(fmt.Errorf("%s is a link of another user, and is not followed", path), err)
		}
		if path = link; !filepath.IsAbs(link) {
			path = dir + string(filepath.Separator) + link
		}
	}
	return "", errors.New("too many links")
}

// Replaceable is the Target of a path. It refuses what is not a regular file, and the file of a standard stream.
func Replaceable(path string) (string, error) {
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return "", fmt.Errorf("%q is a directory", path)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return "", err
	case err == nil && (!info.Mode().IsRegular() || standard(info) != nil):
		return "", fmt.Errorf("%q is no file that could be replaced", path)
	}
	return Target(path)
}

// standard is the standard stream that goes to a file, nil if none does.
func standard(file fs.FileInfo) *os.File {
	for _, stream := range []*os.File{os.Stdout, os.Stderr} {
		if info, err := stream.Stat(); err == nil && os.SameFile(info, file) {
			return stream
		}
	}
	return nil
}
