package job

import (
	"context"
	"os"
	"sync"
	"time"

	"imimport/pkg/checkpoint"
	"imimport/pkg/fault"
	"imimport/report"
)

// Some network file systems keep a lock on one machine only, and others keep the lock of a machine that is gone. So each
// checkpoint names the machine that wrote it.

// machine is this one's name, "" where it has none. Containers have names of their own.
var machine = sync.OnceValue(func() string {
	name, _ := os.Hostname()
	return name
})

// isElsewhere tells whether another machine wrote a checkpoint.
func isElsewhere(s *checkpoint.State) bool { return s.Machine != "" && s.Machine != machine() }

// silence is how long a job of another machine is watched. A run writes a checkpoint about every second.
const silence = 4 * time.Second

// abandoned waits until it is known that the run of another machine has ended, which did not end in order. Its error is that
// the run goes on.
func (j *job) abandoned(ctx context.Context) error {
	if j.state.Complete || j.state.Stopped() != fault.None || !isElsewhere(&j.state) {
		return nil
	}
	j.host.Log.Info("the job's last run was on "+j.state.Machine+" and did not end in order: looking for some seconds whether it goes on",
		"event", "resume.elsewhere", "machine", j.state.Machine)
	select {
	case <-time.After(silence):
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	now, err := checkpoint.Load(j.dir.fs, j.spec.ID)
	if err != nil || now.SavedAt.Equal(j.state.SavedAt) {
		return nil //nolint:nilerr // a run that goes on has a checkpoint
	}
	return busyOn(now.Machine, j.dir.path)
}

func busyOn(name, path string) error {
	return fault.New(fault.Disk, fault.Hintf("wait for it, or stop it there; if that machine is gone and the file system still holds its lock: remove %s",
		at(path, Host{}).file(checkpoint.LockName)), "a process on the machine %s works on the job in %s", report.Printable(name), path)
}

// taken refuses to write into a job that another process may have taken up.
func (j *job) taken() error {
	if err := j.dir.held.Held(); err != nil {
		return err
	}
	if s, err := checkpoint.Load(j.dir.fs, j.spec.ID); err == nil && isElsewhere(s) {
		return busyOn(s.Machine, j.dir.path)
	}
	return nil
}
