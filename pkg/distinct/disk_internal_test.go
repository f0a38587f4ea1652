package distinct

import (
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"imimport/pkg/spill"
)

var errDisk = errors.New("the disk is broken")

// brokenFile fails at its k-th call.
type brokenFile struct {
	*os.File
	left int
}

func (f *brokenFile) fails() bool {
	f.left--
	return f.left < 0
}

func (f *brokenFile) WriteAt(b []byte, offset int64) (int, error) {
	if f.fails() {
		return len(b) / 2, errDisk
	}
	return f.File.WriteAt(b, offset)
}

func (f *brokenFile) ReadAt(b []byte, offset int64) (int, error) {
	if f.fails() {
		return len(b) / 2, errDisk
	}
	return f.File.ReadAt(b, offset)
}

// Whichever write or read fails, it is an error; no duplicate is missed silently.
func TestWhicheverCallOfTheDiskFailsItIsTold(t *testing.T) {
	for k := 0; ; k++ {
		rows, err := findOn(t, k)
		if err == nil {
			require.Equal(t, 50, rows)
			require.Greater(t, k, 100, "it went to the disk")
			return
		}
		require.ErrorIs(t, err, errDisk, "call %d", k)
		require.ErrorContains(t, err, "temporary file: ")
	}
}

// findOn finds 50 duplicates on a disk that fails at the k-th call.
func findOn(t *testing.T, k int) (rows int, err error) {
	file, err := os.CreateTemp(t.TempDir(), "")
	require.NoError(t, err)
	f := New("", 1, First)
	f.file = spill.File{Disk: &brokenFile{file, k}}
	defer f.Close()
	for row := int64(1); row <= 150; row++ {
		if err := f.Add(fmt.Sprint(row%100), row); err != nil {
			return 0, err
		}
	}
	d, err := f.Finish()
	if err != nil {
		return 0, err
	}
	defer d.Close()
	for {
		_, ok, err := d.Next()
		if err != nil || !ok {
			return rows, err
		}
		rows++
	}
}
