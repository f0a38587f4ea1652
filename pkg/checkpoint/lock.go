package checkpoint

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
)

// ErrLocked tells that another process works on the job.
var ErrLocked = errors.New("another process works on this job")

// Lock takes the job directory for this process. The lock is the operating system's: it ends with the
// process, however that ends, and a file left behind means nothing. It fails with [ErrLocked] at once
// when another process has it.
func Lock(dir string) (unlock func() error, err error) {
	path := filepath.Join(dir, ".lock")
	lock := flock.New(path, flock.SetPermissions(filePerm))
	switch ok, err := lock.TryLock(); {
	case err != nil:
		return nil, fmt.Errorf("lock job: %w", err)
	case !ok:
		return nil, fmt.Errorf("lock %s: %w", dir, ErrLocked)
	}
	return lock.Unlock, nil
}

// Locked reports whether a process works on the job now. It leaves no trace in the directory.
func Locked(dir string) bool {
	path := filepath.Join(dir, ".lock")
	if _, err := os.Stat(path); err != nil {
		return false
	}
	lock := flock.New(path, flock.SetPermissions(filePerm), flock.SetFlag(os.O_RDONLY))
	ok, err := lock.TryRLock()
	if ok {
		_ = lock.Unlock() // a shared lock of a moment
	}
	return err == nil && !ok
}
