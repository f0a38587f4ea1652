//go:build unix

package checkpoint_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/pkg/checkpoint"
	"imimport/pkg/plain"
)

func mode(t *testing.T, path string) os.FileMode {
	t.Helper()
	info, err := os.Stat(path)
	require.NoError(t, err)
	return info.Mode().Perm()
}

func TestADirectoryIsTakenForOneUserAlone(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0o002))
	base := t.TempDir()
	made := filepath.Join(base, "a", "b")
	require.NoError(t, checkpoint.Own(made))
	assert.Equal(t, os.FileMode(0o700), mode(t, made))

	require.NoError(t, os.Chmod(made, 0o777)) // one's own, left open
	require.NoError(t, checkpoint.Own(made))
	assert.Equal(t, os.FileMode(0o700), mode(t, made))

	open := filepath.Join(base, "open")
	require.NoError(t, os.Mkdir(open, 0o700))
	require.NoError(t, os.Chmod(open, 0o777))
	require.ErrorIs(t, checkpoint.Own(filepath.Join(open, "job")), checkpoint.ErrNotOwn)
	assert.NoDirExists(t, filepath.Join(open, "job"))
	require.NoError(t, os.Chmod(open, 0o777|os.ModeSticky))
	require.NoError(t, checkpoint.Own(filepath.Join(open, "job")))

	if os.Geteuid() == 0 {
		foreign := filepath.Join(base, "foreign")
		require.NoError(t, os.Mkdir(foreign, 0o700))
		require.NoError(t, os.Chown(foreign, 65534, 65534))
		require.ErrorIs(t, checkpoint.Own(foreign), checkpoint.ErrNotOwn, "for root too")
	}
}

// Whoever looks at a job in a directory of somebody else must not hang there.
func TestPlantedPipesAreNotWaitedFor(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"checkpoint.json", checkpoint.LockName} {
		require.NoError(t, syscall.Mkfifo(filepath.Join(dir, name), 0o600))
	}
	_, err := checkpoint.Load(checkpoint.Dir(dir), "x")
	require.ErrorIs(t, err, plain.ErrOther)
	_, err = checkpoint.Dir(dir).Append("checkpoint.json")
	require.ErrorIs(t, err, plain.ErrOther)
	assert.False(t, checkpoint.Locked(dir))
	require.ErrorIs(t, checkpoint.Own(dir), checkpoint.ErrNotOwn)
}

func TestPlantedLinksAreNotFollowed(t *testing.T) {
	base := t.TempDir()
	victim, dir := filepath.Join(base, "victim"), filepath.Join(base, "job")
	require.NoError(t, os.WriteFile(victim, []byte("precious"), 0o600))
	require.NoError(t, os.Mkdir(dir, 0o700))
	for _, name := range []string{"job.json.tmp", "succeeded.csv", ".lock"} {
		require.NoError(t, os.Symlink(victim, filepath.Join(dir, name)))
	}
	require.NoError(t, checkpoint.WriteFile(checkpoint.Dir(dir), "job.json", []byte("ours")))
	_, err := checkpoint.Dir(dir).Append("succeeded.csv")
	require.Error(t, err)
	_, err = checkpoint.Dir(dir).ReadFile("succeeded.csv")
	require.Error(t, err)
	require.ErrorIs(t, checkpoint.Own(dir), checkpoint.ErrNotOwn, "its lock is a link")
	_, err = checkpoint.Lock(dir)
	require.ErrorContains(t, err, "lock job")
	assert.False(t, checkpoint.Locked(dir))
	content, err := os.ReadFile(victim)
	require.NoError(t, err)
	assert.Equal(t, "precious", string(content))
}
