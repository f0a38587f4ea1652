//go:build unix

package output_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/pkg/output"
)

// In a directory where everybody may write, such as /tmp, anybody may have left a link under the name that root gives.
func TestALinkOfAnotherUserIsNotFollowed(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can make a link of another user")
	}
	dir, there := t.TempDir(), t.TempDir()
	for name, victim := range map[string]string{"there": write(t, filepath.Join(there, "there"), "precious"), "not there": filepath.Join(there, "none")} {
		path := link(t, victim, filepath.Join(dir, name))
		require.NoError(t, os.Lchown(path, 65534, 65534))
		_, err := output.Create(path)
		require.ErrorContains(t, err, "is a link of another user", name)
		require.ErrorContains(t, output.Publish(path, nil), "is a link of another user", name)
		_, err = output.Replaceable(path)
		require.ErrorContains(t, err, "is a link of another user", name)
	}
	assert.Equal(t, "precious", read(t, filepath.Join(there, "there")))
	assert.Equal(t, []string{"there"}, names(t, there))
}

func TestWhatIsPublishedCanBeReadByAll(t *testing.T) {
	path := write(t, filepath.Join(t.TempDir(), "ca.pem"), "old")
	require.NoError(t, output.Publish(path, []byte("new")))
	assert.Equal(t, "new", read(t, path))
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o644), info.Mode())
}

// The link stands for /dev/stdout where that leads to a pipe.
func TestALinkToAPipeIsWrittenThroughAndStays(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	reading, err := os.OpenFile(pipe, os.O_RDWR, 0)
	require.NoError(t, err)
	defer reading.Close()
	path := link(t, pipe, filepath.Join(dir, "stdout"))
	f := create(t, path, "rows")
	require.NoError(t, f.Keep())
	f.Drop()
	got := make([]byte, 4)
	_, err = reading.Read(got)
	require.NoError(t, err)
	assert.Equal(t, "rows", string(got))
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, os.ModeNamedPipe, info.Mode().Type())
	assert.Equal(t, []string{"pipe", "stdout"}, names(t, dir))
}
