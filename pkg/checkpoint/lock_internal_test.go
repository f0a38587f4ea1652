package checkpoint

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// As on NFS and on Windows, where a directory has no lock.
func TestWithoutALockOfTheDirectoryTheFileMustBeThere(t *testing.T) {
	dir := t.TempDir()
	lock, err := Lock(dir)
	require.NoError(t, err)
	if lock.dir != nil {
		require.NoError(t, lock.dir.Unlock())
		lock.dir = nil
	}
	assert.NoError(t, lock.Held())
	require.NoError(t, os.Remove(filepath.Join(dir, LockName)))
	assert.ErrorContains(t, lock.Held(), "was removed")
	other, err := Lock(dir)
	require.NoError(t, err)
	assert.ErrorContains(t, lock.Held(), "was removed", "and another is in its place")
	require.NoError(t, other.Unlock())
}
