//go:build unix

package checkpoint

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// below looks at a directory and all above it.
func below(dir string) error {
	for path := dir; ; path = filepath.Dir(path) {
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		if info.Mode()&0o002 != 0 && info.Mode()&fs.ModeSticky == 0 {
			return fmt.Errorf("%s: %w", path, ErrNotOwn)
		}
		if path == filepath.Dir(path) {
			return nil
		}
	}
}

// alone takes a directory from all others.
func alone(dir string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if !ours(info) {
		return fmt.Errorf("%s belongs to another user: %w", dir, ErrNotOwn)
	}
	if info.Mode().Perm() == dirPerm {
		return nil
	}
	changed := os.Chmod(dir, dirPerm) // a file system may have no modes
	if info, err = os.Stat(dir); err == nil && info.Mode()&0o022 != 0 {
		return errors.Join(fmt.Errorf("%s: %w", dir, ErrNotOwn), changed)
	}
	return err
}

func ours(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Geteuid()
}
