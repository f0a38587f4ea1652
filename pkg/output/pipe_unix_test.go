//go:build unix

package output_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

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
