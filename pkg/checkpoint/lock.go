package checkpoint

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
)

// ErrLocked is for a job that another process works on.
var ErrLocked = errors.New("another process works on this job")

// LockName is the file that a lock needs.
const LockName = ".lock"

// Lock locks the job directory for this process. The operating system holds the lock: it ends with the process, however
// that ends, and the file that is left behind does not matter. If another process has the lock, the error is
// [ErrLocked], at once.
func Lock(dir string) (unlock func() error, err error) {
	path := filepath.Join(dir, LockName)
	lock := flock.New(path, flock.SetPermissions(filePerm))
	switch ok, err := lock.TryLock(); {
	case err != nil:
		return nil, fmt.Errorf("lock job: %w", err)
	case !ok:
		return nil, fmt.Errorf("lock %s: %w", dir, ErrLocked)
	}
	return lock.Unlock, nil
}

// Locked reports whether a process works on the job now. It only reads: nothing in the directory changes. It does so with
// a shared lock for a moment, in which a Lock fails.
func Locked(dir string) bool {
	path := filepath.Join(dir, LockName)
	if _, err := os.Stat(path); err != nil {
		return false
	}
	lock := flock.New(path, flock.SetPermissions(filePerm), flock.SetFlag(os.O_RDONLY))
	ok, err := lock.TryRLock()
	if ok {
		_ = lock.Unlock() // it was only to look
	}
	return err == nil && !ok
}
