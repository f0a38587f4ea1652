//go:build unix

package plain_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/pkg/plain"
)

// A pipe that was waited for would have this test hang.
func TestOnlyRegularFilesAreOpened(t *testing.T) {
	base := t.TempDir()
	victim, missing := filepath.Join(base, "victim"), filepath.Join(base, "missing")
	require.NoError(t, os.WriteFile(victim, []byte("precious"), 0o600))
	ways := map[string]func(path string) error{
		"link":                func(path string) error { return os.Symlink(victim, path) },
		"link to nothing":     func(path string) error { return os.Symlink(missing, path) },
		"link to a directory": func(path string) error { return os.Symlink(base, path) },
		"link to a device":    func(path string) error { return os.Symlink("/dev/zero", path) },
		"link to itself":      func(path string) error { return os.Symlink(path, path) },
		"pipe":                func(path string) error { return syscall.Mkfifo(path, 0o600) },
		"directory":           func(path string) error { return os.Mkdir(path, 0o700) },
	}
	for name, plant := range ways {
		path := filepath.Join(base, "planted "+name)
		require.NoError(t, plant(path))
		for _, flag := range []int{os.O_RDONLY, os.O_WRONLY | os.O_CREATE | os.O_TRUNC, os.O_WRONLY | os.O_CREATE | os.O_APPEND, os.O_RDWR | os.O_CREATE} {
			_, err := plain.OpenFile(path, flag, 0o600)
			assert.ErrorIs(t, err, plain.ErrOther, "%s, flags %x", name, flag)
		}
		_, err := plain.ReadFile(path)
		assert.ErrorIs(t, err, plain.ErrOther, name)
	}
	content, err := plain.ReadFile(victim)
	require.NoError(t, err)
	assert.Equal(t, "precious", string(content))
	assert.NoFileExists(t, missing)
	_, err = plain.Open(missing)
	assert.ErrorIs(t, err, os.ErrNotExist)
}
