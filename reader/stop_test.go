package reader_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/reader"
)

// Two gigabytes of empty lines are two megabytes of gzip.
func TestEmptyLinesWithoutEndAreReadNoFurtherThanTheContext(t *testing.T) {
	path := filepath.Join(t.TempDir(), "u.csv")
	require.NoError(t, os.WriteFile(path, append([]byte("UserID\nu1\n"), bytes.Repeat([]byte("\n"), 4<<20)...), 0o600))
	ctx, cancel := context.WithCancel(t.Context())
	r, err := reader.Open(ctx, []string{path}, reader.Config{})
	require.NoError(t, err)
	defer r.Close()
	var row reader.Row
	require.NoError(t, r.Read(&row))
	cancel()
	require.ErrorIs(t, r.Read(&row), context.Canceled)
	done, _ := r.Bytes()
	assert.Less(t, done, int64(4<<20))
}
