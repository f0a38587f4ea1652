package distinct_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"imimport/pkg/distinct"
)

// plain is what a map finds.
func plain(keys []string) (pairs []distinct.Pair, repeated int) {
	first, seen := map[string]int64{}, map[string]bool{}
	for i, key := range keys {
		row := int64(i + 1)
		if f, ok := first[key]; ok {
			pairs = append(pairs, distinct.Pair{Row: row, First: f})
			seen[key] = true
		} else {
			first[key] = row
		}
	}
	return pairs, len(seen)
}

type tester interface {
	require.TestingT
	Helper()
}

func find(t tester, dir string, budget int, keys []string) *distinct.Duplicates {
	t.Helper()
	f := distinct.New(dir, budget, distinct.First)
	for i, key := range keys {
		require.NoError(t, f.Add(key, int64(i+1)))
	}
	d, err := f.Finish()
	require.NoError(t, err)
	return d
}

func all(t tester, d *distinct.Duplicates) (pairs []distinct.Pair) {
	t.Helper()
	for {
		p, ok, err := d.Next()
		require.NoError(t, err)
		if !ok {
			return pairs
		}
		pairs = append(pairs, p)
	}
}

func TestFindsWhatAMapFinds(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.IntRange(0, 2500).Draw(t, "rows")
		kinds := rapid.IntRange(1, 4000).Draw(t, "kinds")
		budget := rapid.IntRange(1, 32<<10).Draw(t, "budget")
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		keys := make([]string, rows)
		for i := range keys {
			keys[i] = fmt.Sprint("u", random.IntN(kinds))
		}
		want, repeated := plain(keys)

		d := find(t, dir, budget, keys)
		defer d.Close()
		require.EqualValues(t, len(want), d.Rows())
		require.EqualValues(t, repeated, d.Keys())
		require.Equal(t, want, all(t, d))
	})
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Empty(t, entries, "temporary files are gone")
}

func TestSplitsPartitionsAgainAndAgain(t *testing.T) {
	keys := make([]string, 60_000) // 48 keys in the table: three levels of partitions
	for i := range keys {
		keys[i] = fmt.Sprint("u", i%45_000)
	}
	d := find(t, t.TempDir(), 1, keys)
	defer d.Close()
	want, _ := plain(keys)
	assert.EqualValues(t, 15_000, d.Rows())
	assert.Equal(t, want, all(t, d))
}

func TestOneKeyThatFillsThePartition(t *testing.T) {
	keys := make([]string, 20_000)
	for i := range keys {
		keys[i] = "the same"
		if i%100 == 0 {
			keys[i] = fmt.Sprint("u", i)
		}
	}
	d := find(t, t.TempDir(), 1, keys)
	defer d.Close()
	want, _ := plain(keys)
	assert.EqualValues(t, 1, d.Keys())
	assert.Equal(t, want, all(t, d))
}

func TestRejectGoesForwardThroughTheRows(t *testing.T) {
	d := find(t, t.TempDir(), 0, []string{"a", "b", "a", "A", "b", "a"})
	defer d.Close()
	for _, step := range []struct {
		row, first int64
		dup        bool
	}{{1, 0, false}, {3, 1, true}, {4, 0, false}, {6, 1, true}, {7, 0, false}} { // 5 is not asked for
		first, dup, err := d.Reject(step.row)
		require.NoError(t, err)
		assert.Equal(t, step.first, first, "row %d", step.row)
		assert.Equal(t, step.dup, dup, "row %d", step.row)
	}
	_, _, err := d.Reject(7)
	assert.ErrorContains(t, err, "must be above 7")
}

func TestSeenTellsTheFirstRowAtOnce(t *testing.T) {
	var seen distinct.Seen
	first := map[string]int64{}
	for row := int64(1); row <= 50_000; row++ {
		key := fmt.Sprint("u", row*row%30_011)
		got, dup := seen.Add(key, row)
		want, known := first[key]
		require.Equal(t, known, dup, "row %d", row)
		require.Equal(t, want, got, "row %d", row)
		if !known {
			first[key] = row
		}
	}
}

// Whatever the order of the rows, and however often they go to the disk: each but the highest of its key is found once.
func TestLastFindsAllButTheHighestRow(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.IntRange(0, 2500).Draw(t, "rows")
		kinds := rapid.IntRange(1, 4000).Draw(t, "kinds")
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		f := distinct.New(dir, rapid.IntRange(1, 32<<10).Draw(t, "budget"), distinct.Last)
		keys, highest := make([]string, rows), map[string]int64{}
		for _, i := range random.Perm(rows) {
			row := int64(i + 1)
			keys[i] = fmt.Sprint("u", random.IntN(kinds))
			highest[keys[i]] = max(highest[keys[i]], row)
			require.NoError(t, f.Add(keys[i], row))
		}
		d, err := f.Finish()
		require.NoError(t, err)
		defer d.Close()
		require.EqualValues(t, rows-len(highest), d.Rows())
		found := map[int64]bool{}
		for _, p := range all(t, d) {
			require.Greater(t, p.First, p.Row)
			require.Equal(t, keys[p.First-1], keys[p.Row-1])
			require.NotEqual(t, highest[keys[p.Row-1]], p.Row)
			found[p.Row] = true
		}
		require.Len(t, found, rows-len(highest))
	})
	assert.ErrorContains(t, distinct.New(dir, 0, distinct.Last).Add("a", 0), "must be above 0")
}

func TestRowsAscend(t *testing.T) {
	f := distinct.New(t.TempDir(), 0, distinct.First)
	assert.ErrorContains(t, f.Add("a", 0), "must be above 0")
	require.NoError(t, f.Add("a", 5))
	assert.ErrorContains(t, f.Add("b", 5), "add row 5: must be above 5")
}

func TestSmallInputsNeverTouchTheDisk(t *testing.T) {
	nowhere := filepath.Join(t.TempDir(), "missing")
	keys := make([]string, 30_000)
	for i := range keys {
		keys[i] = fmt.Sprint("u", i%20_000)
	}
	d := find(t, nowhere, 4<<20, keys)
	defer d.Close()
	assert.EqualValues(t, 10_000, d.Rows())
	want, _ := plain(keys)
	assert.Equal(t, want, all(t, d))
}

func TestADirectoryThatTakesNoFile(t *testing.T) {
	f := distinct.New(filepath.Join(t.TempDir(), "missing"), 1, distinct.First)
	var err error
	for row := int64(1); row < 10_000 && err == nil; row++ {
		err = f.Add(fmt.Sprint(row), row)
	}
	require.ErrorIs(t, err, os.ErrNotExist)
	assert.ErrorContains(t, err, "make temporary file: ")
	assert.NoError(t, f.Close())
}

func TestClosingAnUnfinishedFinder(t *testing.T) {
	dir := t.TempDir()
	f := distinct.New(dir, 1, distinct.First)
	for row := int64(1); row < 10_000; row++ {
		require.NoError(t, f.Add(fmt.Sprint(row), row))
	}
	require.NoError(t, f.Close())
	require.NoError(t, f.Close())
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Empty(t, entries)
}

// Ten million rows, two in a hundred of them duplicates, in the default budget:
//
//	go test ./pkg/distinct -run '^$' -bench Find -benchtime 1x
func BenchmarkFind(b *testing.B) {
	const rows = 10_000_000
	dir := b.TempDir()
	for b.Loop() {
		f := distinct.New(dir, 0, distinct.First)
		for row := int64(1); row <= rows; row++ {
			key := row
			if row%50 == 0 {
				key = row - 1
			}
			if err := f.Add(fmt.Sprintf("user_%010d", key), row); err != nil {
				b.Fatal(err)
			}
		}
		d, err := f.Finish()
		if err != nil {
			b.Fatal(err)
		}
		if d.Rows() != rows/50 {
			b.Fatal(d.Rows())
		}
		_ = d.Close()
	}
	b.ReportMetric(float64(rows*b.N)/b.Elapsed().Seconds(), "rows/s")
}
