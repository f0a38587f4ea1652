package checkpoint

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"

	"imimport/pkg/plain"
)

// ErrLocked is for a job that another process works on.
var ErrLocked = errors.New("another process works on this job")

// LockName is the file that a lock needs.
const LockName = ".lock"

// JobLock is a job directory's lock. It has two parts: the file [LockName], which every system and older programs know,
// and the directory itself, which nobody can remove while the job is in it. NFS and Windows have no lock of a directory.
type JobLock struct {
	path string
	file *flock.Flock
	dir  *flock.Flock // nil where the system has none
}

// Lock locks the job directory for this process. The operating system holds the lock: it ends with the process, however
// that ends, and the file that is left behind does not matter. If another process has the lock, the error is
// [ErrLocked], at once.
func Lock(dir string) (*JobLock, error) {
	l := &JobLock{path: filepath.Join(dir, LockName)}
	for {
		l.file = flock.New(l.path, flock.SetPermissions(filePerm), flock.SetFlag(os.O_CREATE|os.O_RDONLY|plain.Flags))
		switch ok, err := l.file.TryLock(); {
		case err != nil:
			return nil, fmt.Errorf("lock job: %w", err)
		case !ok:
			return nil, fmt.Errorf("lock %s: %w", dir, ErrLocked)
		}
		if l.isThere() {
			break
		}
		_ = l.file.Unlock() // somebody removed it between its opening and its lock
	}
	d := flock.New(dir, flock.SetFlag(os.O_RDONLY))
	switch ok, err := d.TryLock(); {
	case err == nil && ok:
		l.dir = d
	case err == nil:
		return nil, errors.Join(fmt.Errorf("lock %s: %w", dir, ErrLocked), l.file.Unlock())
	default:
		_ = d.Close()
	}
	return l, nil
}

// Held refuses a lock that another process may have now: its file was removed, where the file is all there is.
func (l *JobLock) Held() error {
	if l.dir != nil || l.isThere() {
		return nil
	}
	return fmt.Errorf("%s was removed: another process may work on this job", l.path)
}

// isThere tells whether the file that is locked is the one that others will find.
func (l *JobLock) isThere() bool {
	ours, err := l.file.Stat()
	if err != nil {
		return false
	}
	found, err := os.Stat(l.path)
	return err == nil && os.SameFile(ours, found)
}

// Unlock ends the lock.
func (l *JobLock) Unlock() error {
	err := l.file.Unlock()
	if l.dir != nil {
		err = errors.Join(err, l.dir.Unlock())
	}
	return err
}

// Locked reports whether a process works on the job now. It only reads: nothing in the directory changes. It does so with
// a shared lock for a moment, in which a Lock fails.
func Locked(dir string) bool { return locked(filepath.Join(dir, LockName)) || locked(dir) }

func locked(path string) bool {
	lock := flock.New(path, flock.SetFlag(os.O_RDONLY|plain.Flags)) // without O_CREATE: one that is not there is an error
	ok, err := lock.TryRLock()
	if ok {
		_ = lock.Unlock() // it was only to look
	}
	return err == nil && !ok
}
