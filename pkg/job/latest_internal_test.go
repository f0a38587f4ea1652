package job

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// As Windows does without the privilege, and exFAT always: a sync there failed before it had sent anything.
func noLinks(string, string) error {
	return errors.New("a required privilege is not held by the client")
}

func TestLatestIsAFileWhereThereAreNoLinks(t *testing.T) {
	dir := t.TempDir()
	latest, first, second := filepath.Join(dir, Latest), filepath.Join("nights", "1"), filepath.Join("nights", "2")
	require.NoError(t, os.MkdirAll(filepath.Join(dir, second), 0o700))
	require.NoError(t, Point(dir, first))
	assert.Equal(t, latest, Dir(latest), "a link leads there by itself")

	require.NoError(t, os.WriteFile(filepath.Join(dir, ".latest.tmp"), []byte("what a crash left"), 0o600))
	require.NoError(t, point(dir, second, noLinks), "in place of an older state's link")
	content, err := os.ReadFile(latest)
	require.NoError(t, err)
	assert.Equal(t, "nights/2\n", string(content))
	assert.Equal(t, filepath.Join(dir, second), Dir(latest))
	assert.Equal(t, filepath.Join(dir, second), at(latest, Host{}).path, "for every command that takes a job")

	require.NoError(t, Point(dir, first), "and back, where links can be made again")
	to, err := os.Readlink(latest)
	require.NoError(t, err)
	assert.Equal(t, first, to)
}

func TestAFileThatIsNoPointStaysWhatItIs(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{"users.csv": "nights/1\n", Latest: "/etc\n"} {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		assert.Equal(t, path, Dir(path))
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, Latest), []byte("../elsewhere\n"), 0o600))
	assert.Equal(t, filepath.Join(dir, Latest), Dir(filepath.Join(dir, Latest)))
}
