package syncrun_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/pkg/fault"
	"imimport/pkg/option"
	"imimport/pkg/syncrun"
)

// deleting syncs a table of u1 to u9, and then deletes accounts that are gone.
func (w *world) deleting() {
	w.t.Helper()
	_, _, err := w.sync(people(1, 9))
	require.NoError(w.t, err)
	w.cfg.Delete, w.cfg.MaxGone = true, option.Bound{Set: true, N: 9}
}

func people(from, to int) string {
	table := "UserID,Nick\n"
	for i := from; i <= to; i++ {
		table += fmt.Sprintf("u%d,n%d\n", i, i)
	}
	return table
}

// A row that is damaged may have swallowed those that seem to be gone. The others are sent all the same.
func TestNobodyIsDeletedOnANightWithADamagedRow(t *testing.T) {
	for name, row := range map[string]string{
		"a quote in a wrong place": "x1,a \"nick\"\n",
		"more fields than columns": "x1,n,n\n",
		"bytes that are no UTF-8":  "x1,\xff\n",
		"a NUL":                    "x1,n\x00\n",
		"the header again":         "UserID,Nick\n",
		"no UserID":                ",n\n",
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.deleting()
			_, plan, err := w.sync(people(1, 7) + row + "u10,ü\nu11,ü\n")
			require.NoError(t, err)
			assert.EqualValues(t, 2, plan.Gone)
			assert.Zero(t, plan.Deleted)
			assert.Zero(t, w.calls.made["account_delete"])
			assert.Len(t, w.accounts(), 11, "the new ones are in")
			_, plan, err = w.sync(people(1, 7))
			require.NoError(t, err)
			assert.EqualValues(t, 4, plan.Deleted, "the next good night deletes them")
		})
	}
}

// A value that breaks a rule of the service hides nobody.
func TestRowThatTheServiceWouldRefuseHoldsNoDeletionBack(t *testing.T) {
	w := newWorld(t)
	w.deleting()
	_, plan, err := w.sync(people(1, 7) + "x1," + strings.Repeat("n", 501) + "\n")
	require.NoError(t, err)
	assert.EqualValues(t, 2, plan.Deleted)
}

// What is read behind the comparison has to be what was compared.
func TestTableThatChangesBehindTheComparisonDeletesNobody(t *testing.T) {
	for name, change := range map[string]func(path string) error{
		"emptied":             func(path string) error { return os.Truncate(path, 0) },
		"cut":                 func(path string) error { return os.Truncate(path, 30) },
		"a name in its end":   func(path string) error { return over(path, strings.Replace(people(1, 7), "n7", "m7", 1)) },
		"those that are gone": func(path string) error { return over(path, people(1, 9)) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.deleting()
			w.cfg.Host.Log = slog.New(onEvent{slog.DiscardHandler, "sync.compared", func() { require.NoError(t, change(w.input)) }})
			_, _, err := w.sync(people(1, 7))
			require.ErrorContains(t, err, w.input)
			assert.Equal(t, fault.Changed, fault.KindOf(err))
			assert.Zero(t, w.calls.made["account_import"])
			assert.Len(t, w.accounts(), 9)
			w.cfg.Host.Log = slog.New(slog.DiscardHandler)
			_, plan, err := w.sync(people(1, 8))
			require.NoError(t, err)
			assert.LessOrEqual(t, plan.Deleted, int64(1))
		})
	}
}

// A file that takes the table's name meanwhile is for the next sync.
func TestTableThatIsReplacedIsReadToItsEnd(t *testing.T) {
	w := newWorld(t)
	w.deleting()
	w.cfg.Host.Log = slog.New(onEvent{slog.DiscardHandler, "sync.compared", func() {
		require.NoError(t, os.WriteFile(w.input+".new", []byte(people(5, 9)), 0o600))
		require.NoError(t, os.Rename(w.input+".new", w.input))
	}})
	_, plan, err := w.sync(people(1, 7) + "u10,n\n")
	require.NoError(t, err)
	assert.EqualValues(t, 2, plan.Deleted)
	assert.Contains(t, w.accounts(), "u10")
	assert.Contains(t, w.accounts(), "u1")
	assert.NotContains(t, w.accounts(), "u9")
}

// over writes a file in its place, at another time than it had.
func over(path, text string) error {
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return err
	}
	return os.Chtimes(path, time.Time{}, time.Now().Add(time.Hour))
}

// onEvent does something when a log line tells of an event.
type onEvent struct {
	slog.Handler
	event string
	do    func()
}

func (h onEvent) Enabled(context.Context, slog.Level) bool { return true }

func (h onEvent) Handle(_ context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "event" && a.Value.String() == h.event {
			h.do()
		}
		return true
	})
	return nil
}

// A name that is not UTF-8 says nothing of the rows in the file.
func TestFilesWhoseNamesAreNotUTF8AreSynced(t *testing.T) {
	for _, ext := range []string{".csv", ".jsonl"} {
		w := newWorld(t)
		dir := filepath.Dir(w.input)
		first, second := filepath.Join(dir, "us\xd3\xc3"+ext), filepath.Join(dir, "us\xd3\xc4"+ext)
		w.cfg.Inputs = []string{first, second}
		if ext == ".csv" {
			require.NoError(t, os.WriteFile(first, []byte("UserID,Nick\nu1,a\n"), 0o600))
			require.NoError(t, os.WriteFile(second, []byte("UserID,Nick\nu2,b\n,c\n"), 0o600))
		} else {
			require.NoError(t, os.WriteFile(first, []byte(`{"UserID":"u1","Nick":"a"}`+"\n"), 0o600))
			require.NoError(t, os.WriteFile(second, []byte(`{"UserID":"u2","Nick":"b"}`+"\n"+`{"UserID":""}`+"\n"), 0o600))
		}
		s, plan, err := syncrun.Run(t.Context(), w.cfg)
		require.NoError(t, err)
		assert.EqualValues(t, 2, s.Rows.Succeeded)
		failed, err := os.ReadFile(filepath.Join(plan.Job, "failed"+ext))
		require.NoError(t, err)
		assert.Contains(t, string(failed), `xd3`)
		assert.Contains(t, string(failed), `xc4`, "in the second file")
		assert.NotContains(t, string(failed), "\uFFFD")
		_, plan, err = syncrun.Run(t.Context(), w.cfg)
		require.NoError(t, err)
		assert.EqualValues(t, 2, plan.Same)
	}
}
