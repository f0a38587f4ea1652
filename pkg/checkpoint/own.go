package checkpoint

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrNotOwn is for a directory that is not this user's alone.
var ErrNotOwn = errors.New("others may write there")

// Own makes a directory, or takes one that is there, for this user alone: with mode 0700, whatever the umask. It refuses with
// [ErrNotOwn] a directory of another user, for root too, and one below a directory that everybody may write without the
// sticky bit: there anybody could put another in its place. Groups are trusted: with umask 002 a user's own directories
// are the group's too. What was planted in it before is met by the methods of [Dir], which follow no links.
func Own(dir string) error {
	path, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	there := path
	for {
		if _, err := os.Lstat(there); !errors.Is(err, fs.ErrNotExist) || there == filepath.Dir(there) {
			break
		}
		there = filepath.Dir(there)
	}
	missing := there != path
	if there, err = filepath.EvalSymlinks(there); err != nil {
		return err
	}
	if !missing {
		there = filepath.Dir(there) // alone looks at the directory itself
	}
	if err := below(there); err != nil {
		return err
	}
	if err := os.MkdirAll(path, dirPerm); err != nil {
		return err
	}
	if err := alone(path); err != nil {
		return err
	}
	lock := filepath.Join(path, LockName)
	if info, err := os.Lstat(lock); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%s is no file: %w", lock, ErrNotOwn)
	}
	return nil
}

const dirPerm = 0o700
