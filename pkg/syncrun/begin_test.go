package syncrun_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/pkg/fault/faulttest"
	"imimport/pkg/importer"
	"imimport/pkg/job"
)

func TestDirectoryThatHoldsSomethingElseIsNotTakenOver(t *testing.T) {
	for name, holds := range map[string]string{"a job": "job.json", "a file": "notes.txt", "a hidden file": ".profile"} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			require.NoError(t, os.Mkdir(w.cfg.Dir, 0o700))
			for _, name := range []string{".lock", holds} {
				require.NoError(t, os.WriteFile(filepath.Join(w.cfg.Dir, name), nil, 0o600))
			}
			_, _, err := w.sync("UserID,Nick\nu1,a\n")
			faulttest.Require(t, err, 2)
			assert.ErrorContains(t, err, "is not empty and holds no state ("+holds+" is in it)")
			assert.NoFileExists(t, filepath.Join(w.cfg.Dir, "state.json"))
		})
	}
}

// A sync removes what it no longer needs in these directories.
func TestStateWhosePartsAreLinksIsRefused(t *testing.T) {
	for _, name := range []string{"records", "nights"} {
		w := newWorld(t)
		there := t.TempDir()
		for _, held := range []string{"0-passwd", "00-1"} {
			require.NoError(t, os.WriteFile(filepath.Join(there, held), []byte("precious"), 0o600))
		}
		require.NoError(t, os.Mkdir(w.cfg.Dir, 0o700))
		require.NoError(t, os.Symlink(there, filepath.Join(w.cfg.Dir, name)))
		w.cfg.Keep = 1
		_, _, err := w.sync("UserID,Nick\nu1,a\n")
		entries, _ := os.ReadDir(there)
		assert.Len(t, entries, 2, name)
		faulttest.Require(t, err, 2)
		assert.ErrorContains(t, err, name+" in "+w.cfg.Dir+" is no directory")
	}
}

func TestFirstSyncThatWasKilledBeforeItHadAStateIsNoObstacle(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, os.Mkdir(w.cfg.Dir, 0o700))
	for _, name := range []string{".lock", ".sort-1.tmp"} {
		require.NoError(t, os.WriteFile(filepath.Join(w.cfg.Dir, name), nil, 0o600))
	}
	_, _, err := w.sync("UserID,Nick\nu1,a\n")
	require.NoError(t, err)
	assert.NoFileExists(t, filepath.Join(w.cfg.Dir, ".sort-1.tmp"))
}

// A state that cannot be written stops a sync whose job is complete.
func TestStateThatCannotBeWrittenStopsTheSync(t *testing.T) {
	w := newWorld(t)
	connect := w.cfg.Host.Connect
	w.cfg.Host.Connect = func(ctx context.Context, o job.Options, n int) (importer.Client, job.Target, error) {
		require.NoError(t, os.WriteFile(filepath.Join(w.cfg.Dir, "records"), nil, 0o600)) // in the place of a directory
		return connect(ctx, o, n)
	}
	s, _, err := w.sync("UserID,Nick\nu1,a\n")
	faulttest.Require(t, err, 6)
	assert.Equal(t, "stopped", s.State)
	assert.Equal(t, "disk", s.StopReason)
	assert.Equal(t, 6, s.ExitCode)
	assert.Equal(t, "imimport sync users.csv --state state", s.Next)

	w.cfg.Host.Connect = connect
	require.NoError(t, os.Remove(filepath.Join(w.cfg.Dir, "records")))
	_, plan, err := w.sync("UserID,Nick\nu1,a\n")
	require.NoError(t, err)
	assert.EqualValues(t, 1, plan.Same, "the next one has taken up what was accepted")
}
