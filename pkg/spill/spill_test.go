package spill_test

import (
	"encoding/binary"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"imimport/pkg/spill"
)

const entrySize = 4

// Many lists share a file, and each gives its entries back in order, whatever their limits and the buffer.
func TestListsGiveTheirEntriesBackInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := spill.In("", ".spill-*")
		defer func() { require.NoError(t, f.Close()) }()
		lists := make([]spill.List, rapid.IntRange(1, 4).Draw(t, "lists"))
		for i := range lists {
			lists[i].Limit = rapid.IntRange(1, 40).Draw(t, "limit")
		}
		want := make([][]byte, len(lists))
		for n := range rapid.Uint32Range(0, 100).Draw(t, "entries") {
			i := rapid.IntRange(0, len(lists)-1).Draw(t, "list")
			entry := binary.BigEndian.AppendUint32(nil, n)
			require.NoError(t, lists[i].Add(&f, entry))
			want[i] = append(want[i], entry...)
			if rapid.IntRange(0, 9).Draw(t, "flush") == 0 {
				require.NoError(t, lists[i].Flush(&f))
			}
		}
		buf := make([]byte, entrySize*rapid.IntRange(1, 12).Draw(t, "buffer"))
		for i := range lists {
			require.EqualValues(t, len(want[i]), lists[i].Size())
			var got []byte
			for {
				part, err := lists[i].Take(&f, buf)
				require.NoError(t, err)
				if len(part) == 0 {
					break
				}
				got = append(got, part...)
			}
			require.Equal(t, want[i], got)
		}
	})
}

func TestTheFileIsMadeLateAndLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	f := spill.In(dir, ".spill-*")
	require.NoError(t, f.Close())
	l := spill.List{Limit: entrySize}
	require.NoError(t, l.Add(&f, make([]byte, entrySize)))
	require.NoError(t, l.Flush(&f))
	require.NoError(t, f.Close())
	require.NoError(t, f.Close())
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Empty(t, entries)
}

func TestADirectoryThatIsMissingIsAnError(t *testing.T) {
	f := spill.In(t.TempDir()+"/nowhere", "x")
	l := spill.List{Limit: entrySize}
	require.NoError(t, l.Add(&f, make([]byte, entrySize)))
	require.ErrorContains(t, l.Flush(&f), "make temporary file: ")
}
