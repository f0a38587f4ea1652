package job_test

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/pkg/checkpoint"
	"imimport/pkg/fault/faulttest"
	"imimport/pkg/job"
)

var errDisk = errors.New("no space left on device")

// disk is a job directory with a model of what would be left of it after a power loss: what was synced,
// under the names that a sync of the directory has seen. Its k-th change fails; with dead set, so does
// every one after it.
type disk struct {
	checkpoint.Dir
	mu      sync.Mutex
	k       int
	dead    bool
	changes int

	entries, durable map[string]*inode
}

type inode struct{ content, durable []byte }

func newDisk(path string) *disk {
	d := &disk{Dir: checkpoint.Dir(path), entries: map[string]*inode{}}
	files, _ := os.ReadDir(path)
	for _, f := range files {
		content, _ := os.ReadFile(filepath.Join(path, f.Name()))
		d.entries[f.Name()] = &inode{content, content}
	}
	d.durable = maps.Clone(d.entries)
	return d
}

// change counts a change and decides whether it fails. The caller holds the lock.
func (d *disk) change() error {
	d.changes++
	if d.k > 0 && (d.changes == d.k || d.dead && d.changes > d.k) {
		return errDisk
	}
	return nil
}

func (d *disk) Append(name string) (checkpoint.File, error) { return d.open(name, d.Dir.Append, false) }
func (d *disk) Create(name string) (checkpoint.File, error) { return d.open(name, d.Dir.Create, true) }

func (d *disk) open(name string, open func(string) (checkpoint.File, error), empty bool) (checkpoint.File, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.change(); err != nil {
		return nil, err
	}
	f, err := open(name)
	if err != nil {
		return nil, err
	}
	node := d.entries[name]
	if node == nil {
		node = &inode{}
		d.entries[name] = node
	}
	if empty {
		node.content = nil
	}
	return &diskFile{f, d, node}, nil
}

func (d *disk) Rename(from, to string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.change(); err != nil {
		return err
	}
	d.entries[to] = d.entries[from]
	delete(d.entries, from)
	return d.Dir.Rename(from, to)
}

func (d *disk) Remove(name string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.change(); err != nil {
		return err
	}
	delete(d.entries, name)
	return d.Dir.Remove(name)
}

func (d *disk) Sync() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.change(); err != nil {
		return err
	}
	d.durable = maps.Clone(d.entries)
	return nil // the model is the disk; the real one need not wait
}

// losePower leaves in the directory what a power loss would.
func (d *disk) losePower(t *testing.T) {
	require.NoError(t, os.MkdirAll(string(d.Dir), 0o700)) // a directory that the process took away may be there again
	files, err := os.ReadDir(string(d.Dir))
	require.NoError(t, err)
	for _, f := range files {
		require.NoError(t, os.Remove(filepath.Join(string(d.Dir), f.Name())))
	}
	for name, node := range d.durable {
		require.NoError(t, os.WriteFile(filepath.Join(string(d.Dir), name), node.durable, 0o600))
	}
}

type diskFile struct {
	checkpoint.File
	disk *disk
	node *inode
}

func (f *diskFile) Write(p []byte) (int, error) {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	err := f.disk.change()
	if err != nil {
		p = p[:len(p)/2] // a full disk takes a part
	}
	f.node.content = append(f.node.content, p...)
	n, writeErr := f.File.Write(p)
	return n, errors.Join(err, writeErr)
}

func (f *diskFile) Truncate(size int64) error {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	if err := f.disk.change(); err != nil {
		return err
	}
	f.node.content = slices.Clone(f.node.content[:min(int(size), len(f.node.content))])
	return f.File.Truncate(size)
}

func (f *diskFile) Sync() error {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	if err := f.disk.change(); err != nil {
		return err
	}
	f.node.durable = slices.Clone(f.node.content)
	return nil
}

func (f *diskFile) Close() error {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	return errors.Join(f.disk.change(), f.File.Close())
}

// story works on a job until it is complete: a run that stops at a limit, a resume, a retry of what failed.
// Each step may fail for the disk; it is then taken again, as a person would.
func story(t *testing.T, w *world, begin func() *disk, strike func(*disk)) {
	first := true
	for steps := 0; ; steps++ {
		require.Less(t, steps, 20, "the job comes to no end")
		d := begin()
		w.host.SetFS(func(string) checkpoint.FS { return d })
		status, statusErr := job.Status(w.dir, faulttest.Program{})
		var err error
		switch {
		case statusErr != nil: // it never began
			o := w.options
			o.Limit = 30
			_, err = w.run(o)
		case status.State != "complete":
			_, err = w.resume(nil)
		case status.Rows.Failed > 0 && first:
			first = false
			w.setScenario("steps: []")
			_, err = w.retry("failed")
		default:
			return
		}
		if err != nil {
			first = true
			faulttest.Require(t, err, 6)
			assert.ErrorIs(t, err, errDisk)
		}
		strike(d)
	}
}

func TestWhicheverChangeOfTheDiskFailsNoRowIsLostOrDoubled(t *testing.T) {
	t.Parallel()
	strikeEachChange(t, false)
}

func TestAfterAPowerLossNoRowIsLostOrDoubled(t *testing.T) {
	t.Parallel()
	strikeEachChange(t, true)
}

// strikeEachChange tells the story again and again, and has its first, its second, its every change of the disk
// fail. With a power loss nothing is written after it. Without IMTEST_ALL it is every third change.
func strikeEachChange(t *testing.T, powerLoss bool) {
	w := newWorld(t, 0)
	w.tmp = inMemory(t)
	every := 3
	if os.Getenv("IMTEST_ALL") != "" {
		every = 1
	}
	for k := 1; ; k += every {
		w.begin(60)
		w.setScenario(`steps: [{userid: "u?3", answer: 70402}]`)
		total, struck := 0, false
		story(t, w, func() *disk {
			d := newDisk(w.dir)
			if !struck {
				d.k, d.dead = k-total, powerLoss
			}
			return d
		}, func(d *disk) {
			total += d.changes
			if !struck && total >= k {
				struck = true
				if powerLoss {
					d.losePower(t)
				}
			}
		})
		for _, line := range w.outcomes(60) {
			require.Equal(t, "succeeded", line.file, "k=%d", k)
		}
		require.Len(t, w.sandbox.Accounts(), 60)
		if !struck {
			require.Greater(t, k, 60, "the story has that many changes")
			return
		}
	}
}

// inMemory is a directory in memory, where the system has one: the tests here make thousands of files.
func inMemory(t *testing.T) string {
	dir, err := os.MkdirTemp("/dev/shm", "imimport-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { assert.NoError(t, os.RemoveAll(dir)) })
	return dir
}
