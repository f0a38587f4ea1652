package nightly_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

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
			var refused *job.Error
			require.ErrorAs(t, err, &refused)
			assert.Equal(t, 2, refused.Code)
			assert.ErrorContains(t, err, "is not empty and holds no state ("+holds+" is in it)")
			assert.NoFileExists(t, filepath.Join(w.cfg.Dir, "state.json"))
		})
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
