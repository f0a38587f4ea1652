package syncstate_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"imimport/pkg/distinct"
	"imimport/pkg/fault"
	"imimport/pkg/syncstate"
)

var app = syncstate.Binding{Endpoint: "https://im.example.com", SDKAppID: 1400000000}

func update(t require.TestingT, s *syncstate.State, n syncstate.Note, change func(*syncstate.Changes)) {
	c, err := s.Change()
	require.NoError(t, err)
	change(c)
	require.NoError(t, s.Update(c, n))
}

type found struct {
	fresh, changed []int64
	gone           []string
	counts         syncstate.Counts
}

func compare(t require.TestingT, s *syncstate.State, dir string, rows []string, contents []uint64) found {
	in := syncstate.NewInput(dir, distinct.Last)
	defer in.Close()
	for i, id := range rows {
		require.NoError(t, in.Add(id, contents[i], int64(i+1)))
	}
	var f found
	var err error
	f.counts, err = s.Compare(in, syncstate.Diff{
		New:     func(row int64) { f.fresh = append(f.fresh, row) },
		Changed: func(row int64) { f.changed = append(f.changed, row) },
		Gone:    func(id string) error { f.gone = append(f.gone, id); return nil },
	})
	require.NoError(t, err)
	slices.Sort(f.fresh)
	slices.Sort(f.changed)
	slices.Sort(f.gone)
	return f
}

// TestAStateIsAMap holds a state against a plain map through updates and reopenings.
func TestAStateIsAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("", "state")
		require.NoError(t, err)
		defer os.RemoveAll(dir)
		ids := rapid.StringMatching(`u[0-9]`)
		model := map[string]uint64{}
		s := syncstate.New(dir, app)
		for range rapid.IntRange(1, 4).Draw(t, "updates") {
			update(t, s, syncstate.Note{Rows: 7, Job: "n"}, func(c *syncstate.Changes) {
				for range rapid.IntRange(0, 12).Draw(t, "changes") {
					id := ids.Draw(t, "id")
					if rapid.Bool().Draw(t, "remove") {
						delete(model, id)
						require.NoError(t, c.Remove(id))
						continue
					}
					content := rapid.SampledFrom([]uint64{syncstate.Unknown, 7, 8}).Draw(t, "content")
					model[id] = content
					require.NoError(t, c.Set(id, content))
				}
			})
			s, err = syncstate.Open(dir, app)
			require.NoError(t, err)
			require.Equal(t, syncstate.Note{Rows: 7, Job: "n"}, s.Note())
		}
		rows := rapid.SliceOfN(ids, 0, 12).Draw(t, "rows")
		contents := rapid.SliceOfN(rapid.SampledFrom([]uint64{syncstate.Unknown, 7, 8}), len(rows), len(rows)).Draw(t, "contents")
		last := map[string]int{}
		for i, id := range rows {
			if _, seen := last[id]; !seen || contents[i] != syncstate.Unknown {
				last[id] = i
			}
		}
		var want found
		for id, i := range last {
			content, there := model[id]
			switch {
			case contents[i] == syncstate.Unknown:
			case !there:
				want.fresh = append(want.fresh, int64(i+1))
			case content != contents[i]:
				want.changed = append(want.changed, int64(i+1))
			}
		}
		for id := range model {
			if _, there := last[id]; !there {
				want.gone = append(want.gone, id)
			}
		}
		slices.Sort(want.fresh)
		slices.Sort(want.changed)
		slices.Sort(want.gone)
		got := compare(t, s, dir, rows, contents)
		want.counts = got.counts
		require.Equal(t, want, got)
		require.EqualValues(t, []int{len(got.fresh), len(got.changed), len(got.gone)}, []int{int(got.counts.New + got.counts.Again), int(got.counts.Changed), int(got.counts.Gone)})
	})
}

func TestManyRecordsSpillAndNamesAreCompacted(t *testing.T) {
	dir := t.TempDir()
	s := syncstate.New(dir, app)
	const n = 300_000 // over the buffers in memory
	for generation := range uint64(3) {
		update(t, s, syncstate.Note{}, func(c *syncstate.Changes) {
			for i := range n {
				require.NoError(t, c.Set(fmt.Sprint("u", i), 10+generation))
			}
		})
	}
	var rows []string
	var contents []uint64
	for i := range n {
		if i%1000 != 7 {
			rows, contents = append(rows, fmt.Sprint("u", i)), append(contents, 12)
		}
	}
	got := compare(t, s, dir, rows, contents)
	assert.Empty(t, got.fresh)
	assert.Empty(t, got.changed)
	assert.Len(t, got.gone, n/1000)
	assert.Contains(t, got.gone, "u7")
	names, err := filepath.Glob(filepath.Join(dir, "names-*"))
	require.NoError(t, err)
	require.Len(t, names, 1, "the old file of names is gone")
	info, err := os.Stat(names[0])
	require.NoError(t, err)
	assert.Less(t, info.Size(), int64(n*8), "it holds each name once")
	records, err := os.ReadDir(filepath.Join(dir, "records"))
	require.NoError(t, err)
	assert.Len(t, records, 256)
}

func TestAForeignOrDamagedStateIsRefused(t *testing.T) {
	dir := t.TempDir()
	_, err := syncstate.Open(dir, app)
	require.ErrorIs(t, err, syncstate.ErrNone)
	s := syncstate.New(dir, app)
	update(t, s, syncstate.Note{}, func(c *syncstate.Changes) {
		require.NoError(t, c.Set("u1", 5))
		require.NoError(t, c.Set("u2", 5))
	})
	other := app
	other.SDKAppID++
	_, err = syncstate.Open(dir, other)
	var foreign *syncstate.ForeignError
	require.ErrorAs(t, err, &foreign)

	err = filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		whole, err := os.ReadFile(path)
		require.NoError(t, err)
		for at := 0; at < len(whole); at += 1 + len(whole)/64 {
			broken := slices.Clone(whole)
			broken[at] ^= 0x40
			require.NoError(t, os.WriteFile(path, broken, 0o600))
			assert.Error(t, readAll(dir), "%s, byte %d", path, at)
			var damaged *syncstate.DamagedError
			assert.ErrorAs(t, readAll(dir), &damaged)
		}
		require.NoError(t, os.WriteFile(path, whole[:len(whole)-1], 0o600))
		assert.Error(t, readAll(dir), "%s cut short", path)
		require.NoError(t, os.Remove(path))
		assert.Error(t, readAll(dir), "%s missing", path)
		return os.WriteFile(path, whole, 0o600)
	})
	require.NoError(t, err)
	require.NoError(t, readAll(dir))
}

// readAll reads every file of a state.
func readAll(dir string) error {
	s, err := syncstate.Open(dir, app)
	if err != nil {
		return err
	}
	in := syncstate.NewInput(dir, distinct.Last)
	defer in.Close()
	_, err = s.Compare(in, syncstate.Diff{Gone: func(string) error { return nil }})
	return err
}

func TestAnUpdateThatIsBrokenOffLeavesTheStateBefore(t *testing.T) {
	dir := t.TempDir()
	s := syncstate.New(dir, app)
	update(t, s, syncstate.Note{Rows: 1}, func(c *syncstate.Changes) { require.NoError(t, c.Set("u1", 5)) })

	c, err := s.Change()
	require.NoError(t, err)
	require.NoError(t, c.Set("u1", 6))
	require.NoError(t, c.Set("u2", 6))
	obstacle := filepath.Join(dir, "state.json.tmp", "x") // the last step cannot be made
	require.NoError(t, os.MkdirAll(obstacle, 0o700))
	require.Error(t, s.Update(c, syncstate.Note{Rows: 2}))
	require.NoError(t, os.RemoveAll(filepath.Dir(obstacle)))

	s, err = syncstate.Open(dir, app)
	require.NoError(t, err)
	assert.EqualValues(t, 1, s.Note().Rows)
	got := compare(t, s, dir, []string{"u1", "u2"}, []uint64{5, 6})
	assert.Empty(t, got.changed)
	assert.Equal(t, []int64{2}, got.fresh)
	update(t, s, syncstate.Note{}, func(c *syncstate.Changes) { require.NoError(t, c.Set("u3", 6)) })
	got = compare(t, s, dir, []string{"u1"}, []uint64{5})
	assert.Equal(t, []string{"u3"}, got.gone)
	assert.False(t, errors.Is(readAll(dir), syncstate.ErrNone))
}

// Of an account that was under way it makes a difference whether the state has known it before.
func TestUnsureAccountIsNewUnlessItWasKnown(t *testing.T) {
	dir := t.TempDir()
	s := syncstate.New(dir, app)
	update(t, s, syncstate.Note{}, func(c *syncstate.Changes) {
		require.NoError(t, c.Set("known", 7))
		require.NoError(t, c.Set("unknown", syncstate.Unknown))
	})
	for range 2 { // a second time changes nothing
		update(t, s, syncstate.Note{}, func(c *syncstate.Changes) {
			for _, id := range []string{"known", "unknown", "unsure"} {
				require.NoError(t, c.Set(id, syncstate.Unsure))
			}
		})
	}
	_, unknown := s.Records()
	assert.EqualValues(t, 3, unknown)
	f := compare(t, s, dir, []string{"known", "unknown", "unsure", "new"}, []uint64{7, 7, 7, 7})
	assert.Equal(t, []int64{1, 2}, f.changed)
	assert.Equal(t, []int64{3, 4}, f.fresh)
	assert.Equal(t, syncstate.Counts{New: 1, Again: 1, Changed: 2}, f.counts)
	assert.Equal(t, []string{"unsure"}, compare(t, s, dir, []string{"known", "unknown"}, []uint64{7, 7}).gone)
	update(t, s, syncstate.Note{}, func(c *syncstate.Changes) { require.NoError(t, c.Set("unsure", 7)) })
	assert.EqualValues(t, 1, compare(t, s, dir, []string{"unsure"}, []uint64{7}).counts.Same)
}

func TestAPanicInAGoroutineOfUpdateIsItsError(t *testing.T) {
	dir := t.TempDir()
	s := syncstate.New(dir, app)
	c, err := s.Change()
	require.NoError(t, err)
	require.NoError(t, c.Set("ann", syncstate.ContentOf("Ann", "")))
	mend := syncstate.PanicInSync("broken")
	defer mend()
	err = s.Update(c, syncstate.Note{})
	require.ErrorContains(t, err, "internal fault: broken")
	assert.Equal(t, fault.Internal, fault.KindOf(err))
	_, err = syncstate.Open(dir, app)
	require.Error(t, err, "nothing was saved")
}
