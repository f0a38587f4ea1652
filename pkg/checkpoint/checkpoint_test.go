package checkpoint_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"imimport/pkg/checkpoint"
	"imimport/pkg/fault"
	"imimport/reader"
	"imimport/report"
)

func state() *checkpoint.State {
	return &checkpoint.State{
		Job: "0011223344556677", Pass: 2, Retry: true,
		Watermark: reader.Position{Offset: 100, Row: 10}, Ranges: checkpoint.Ranges{{12, 14}, {20, 20}},
		Written:  report.Written{Lengths: report.Lengths{100, 50, 20}, Sums: [3]uint32{1, 2, 3}},
		Tally:    report.Tally{Succeeded: 10, Failed: 3, QuotaExceeded: 1, Codes: map[report.CodeKey]*report.Count{{Code: 70402, Class: "row"}: {Rows: 3}}},
		Counters: checkpoint.Counters{Read: 20, Requests: 30, Elapsed: time.Minute},
		SavedAt:  time.Unix(1700000000, 0).UTC(),
	}
}

func TestACheckpointIsReadAsItWasWritten(t *testing.T) {
	dir := checkpoint.Dir(t.TempDir())
	_, err := checkpoint.Load(dir, "x")
	require.ErrorIs(t, err, checkpoint.ErrNone)
	require.NoError(t, checkpoint.Save(dir, state()))
	got, err := checkpoint.Load(dir, state().Job)
	require.NoError(t, err)
	assert.Equal(t, state(), got)
	info, err := os.Stat(filepath.Join(string(dir), "checkpoint.json"))
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}

func TestACheckpointOfTheFormatsFirstProgramsIsRead(t *testing.T) {
	content, err := os.ReadFile(filepath.Join("testdata", "with-exit-code.json")) // as a run with a limit of 120 rows wrote it
	require.NoError(t, err)
	require.Contains(t, string(content), `"exit_code":7`)
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "checkpoint.json"), content, 0o600))
	got, err := checkpoint.Load(checkpoint.Dir(dir), "16537c329aebae9c")
	require.NoError(t, err)
	assert.EqualValues(t, 120, got.Tally.Succeeded)
	assert.EqualValues(t, 120, got.Watermark.Row)
	assert.Equal(t, fault.Limit, got.Stopped())
}

func TestAForeignCheckpointIsRefused(t *testing.T) {
	dir := checkpoint.Dir(t.TempDir())
	require.NoError(t, checkpoint.Save(dir, state()))
	_, err := checkpoint.Load(dir, "another")
	assert.ErrorContains(t, err, "belongs to another job")
}

func TestADamagedCheckpointIsRefusedWhicheverByteItIs(t *testing.T) {
	dir := checkpoint.Dir(t.TempDir())
	require.NoError(t, checkpoint.Save(dir, state()))
	path := filepath.Join(string(dir), "checkpoint.json")
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	for i := range len(whole) - 1 {
		damaged := append([]byte(nil), whole...)
		damaged[i] ^= 0x10
		require.NoError(t, os.WriteFile(path, damaged, 0o600))
		got, err := checkpoint.Load(dir, state().Job)
		if err == nil { // white space and letter case of the envelope's own keys are free in JSON
			assert.Equal(t, state(), got, "byte %d", i)
		}
		require.NoError(t, os.WriteFile(path, whole[:i], 0o600))
		_, err = checkpoint.Load(dir, state().Job)
		assert.ErrorContains(t, err, "damaged", "cut at byte %d", i)
	}
}

func TestAnotherVersionIsRefused(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "checkpoint.json"), []byte(`{"version":99,"sum":0,"state":{}}`), 0o600))
	_, err := checkpoint.Load(checkpoint.Dir(dir), "x")
	assert.ErrorContains(t, err, "version 99")
}

func FuzzLoad(f *testing.F) {
	dir := checkpoint.Dir(f.TempDir())
	require.NoError(f, checkpoint.Save(dir, state()))
	whole, err := os.ReadFile(filepath.Join(string(dir), "checkpoint.json"))
	require.NoError(f, err)
	f.Add(whole)
	f.Add([]byte(`{"version":1,"sum":2745614147,"state":{}}`))
	f.Add([]byte(""))
	f.Fuzz(func(t *testing.T, content []byte) {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, "checkpoint.json"), content, 0o600))
		s, err := checkpoint.Load(checkpoint.Dir(dir), state().Job)
		assert.True(t, (s == nil) == (err != nil))
	})
}

func TestRangesHoldWhatWasAdded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var ranges checkpoint.Ranges
		in := map[int64]bool{}
		next := int64(1)
		for range rapid.IntRange(0, 20).Draw(t, "n") {
			first := next + rapid.Int64Range(0, 3).Draw(t, "gap")
			last := first + rapid.Int64Range(-1, 5).Draw(t, "length")
			ranges = ranges.Add(first, last)
			for row := first; row <= last; row++ {
				in[row] = true
			}
			next = max(next, last+1)
		}
		for i := 1; i < len(ranges); i++ {
			require.Greater(t, ranges[i][0], ranges[i-1][1]+1, "ranges do not touch")
		}
		for row := int64(0); row < next+3; row++ {
			require.Equal(t, in[row], ranges.Contains(row), "row %d", row)
		}
	})
}

// failing is a directory whose k-th call fails.
type failing struct {
	checkpoint.Dir
	k, calls int
}

var errDisk = errors.New("no space left on device")

func (f *failing) fail() error {
	if f.calls++; f.calls == f.k {
		return errDisk
	}
	return nil
}

func (f *failing) Create(name string) (checkpoint.File, error) {
	if err := f.fail(); err != nil {
		return nil, err
	}
	file, err := f.Dir.Create(name)
	return &failingFile{file, f}, err
}

func (f *failing) Rename(from, to string) error {
	if err := f.fail(); err != nil {
		return err
	}
	return f.Dir.Rename(from, to)
}

func (f *failing) Sync() error {
	if err := f.fail(); err != nil {
		return err
	}
	return f.Dir.Sync()
}

type failingFile struct {
	checkpoint.File
	dir *failing
}

func (f *failingFile) Write(p []byte) (int, error) {
	if err := f.dir.fail(); err != nil {
		n, _ := f.File.Write(p[:len(p)/2])
		return n, err
	}
	return f.File.Write(p)
}

func (f *failingFile) Sync() error  { return errors.Join(f.dir.fail(), f.File.Sync()) }
func (f *failingFile) Close() error { return errors.Join(f.dir.fail(), f.File.Close()) }

func TestWhicheverCallFailsTheOldCheckpointOrTheNewOneIsThereWhole(t *testing.T) {
	failed := 0
	for k := 1; ; k++ {
		dir := &failing{Dir: checkpoint.Dir(t.TempDir())}
		require.NoError(t, checkpoint.Save(dir, state()))
		dir.k, dir.calls = k, 0
		newer := state()
		newer.Counters.Requests = 31
		err := checkpoint.Save(dir, newer)
		got, loadErr := checkpoint.Load(dir.Dir, newer.Job)
		require.NoError(t, loadErr)
		if err == nil {
			require.Equal(t, newer, got)
			break
		}
		failed++
		require.ErrorIs(t, err, errDisk)
		require.Contains(t, []int64{30, 31}, got.Counters.Requests)
		_, err = os.Stat(filepath.Join(string(dir.Dir), "checkpoint.json.tmp"))
		require.ErrorIs(t, err, os.ErrNotExist, "nothing is left behind")
	}
	assert.Equal(t, 6, failed, "create, write, sync, close, rename, sync of the directory")
}

func TestALockHoldsOthersOffAndDiesWithItsProcess(t *testing.T) {
	if os.Getenv("LOCK_AND_HANG") != "" {
		_, err := checkpoint.Lock(os.Getenv("LOCK_AND_HANG"))
		if err != nil {
			os.Exit(1)
		}
		os.Stdout.WriteString("locked\n")
		select {}
	}
	dir := t.TempDir()
	assert.False(t, checkpoint.Locked(dir))
	child := exec.Command(os.Args[0], "-test.run", "^"+t.Name()+"$")
	child.Env = append(os.Environ(), "LOCK_AND_HANG="+dir)
	out, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	_, err = out.Read(make([]byte, 7))
	require.NoError(t, err)

	assert.True(t, checkpoint.Locked(dir))
	_, err = checkpoint.Lock(dir)
	assert.ErrorIs(t, err, checkpoint.ErrLocked)

	require.NoError(t, child.Process.Kill())
	_ = child.Wait()
	assert.False(t, checkpoint.Locked(dir))
	lock, err := checkpoint.Lock(dir)
	require.NoError(t, err)
	assert.True(t, checkpoint.Locked(dir))
	require.NoError(t, lock.Unlock())
}

func TestRemovingTheLocksFileLetsNobodyIn(t *testing.T) {
	dir := t.TempDir()
	lock, err := checkpoint.Lock(dir)
	require.NoError(t, err)
	require.NoError(t, os.Remove(filepath.Join(dir, checkpoint.LockName)))
	assert.True(t, checkpoint.Locked(dir))
	_, err = checkpoint.Lock(dir)
	assert.ErrorIs(t, err, checkpoint.ErrLocked)
	assert.NoError(t, lock.Held(), "the directory is locked")
	require.NoError(t, lock.Unlock())
	again, err := checkpoint.Lock(dir)
	require.NoError(t, err)
	require.NoError(t, again.Unlock())
}
