package job_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/pkg/checkpoint"
	"imimport/pkg/fault/faulttest"
	"imimport/pkg/job"
	"imimport/pkg/sandbox"
	"imimport/report"
)

// failAt is a directory that fails to make the files whose name begins so.
type failAt struct {
	checkpoint.Dir
	prefix string
}

func (f failAt) Create(name string) (checkpoint.File, error) {
	if strings.HasPrefix(name, f.prefix) {
		return nil, errDisk
	}
	return f.Dir.Create(name)
}

func TestAQuotaPassThatNeverBeganBeginsWithTheNextResume(t *testing.T) {
	t.Parallel()
	for _, grown := range []bool{false, true} {
		w := newWorld(t, 20)
		require.NoError(t, w.sandbox.ChangeRules(func(r *sandbox.Rules) { r.Quota = 5 }))
		_, err := w.run(w.options)
		faulttest.Require(t, err, 4)
		require.NoError(t, w.sandbox.ChangeRules(func(r *sandbox.Rules) { r.Quota = sandbox.None }))
		w.host.SetFS(func(dir string) checkpoint.FS { return failAt{checkpoint.Dir(dir), ".retry-"} })
		_, err = w.resume(nil)
		faulttest.Require(t, err, 6)
		w.host.SetFS(nil)

		stands, err := job.Status(w.dir, faulttest.Program{})
		require.NoError(t, err)
		rows := 20
		if grown {
			rows = 22
			w.write(21, 22)
		}
		f, err := job.DryResume(t.Context(), w.dir, nil, w.host)
		require.NoError(t, err)
		s, err := w.resume(nil)
		require.NoError(t, err)
		assert.Equal(t, 0, s.ExitCode)
		assert.EqualValues(t, rows, s.Rows.Succeeded)
		assert.Equal(t, stands.Rows.QuotaExceeded+int64(rows-20), f.Send, "which the dry run foretold")
		w.outcomes(rows)
		w.requireSums(s)
	}
}

func TestRowsThatComeDuringARetryAreImportedByTheResumeThatEndsIt(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"resume", "retry"} {
		w := stoppedInRetry(t)
		w.write(41, 41)
		s, err := w.resume(nil)
		if command == "retry" {
			s, err = w.retry("all")
		}
		require.NoError(t, err)
		assert.Equal(t, "complete", s.State)
		assert.EqualValues(t, 41, s.Rows.Succeeded)
		w.outcomes(41)
		w.requireSums(s)
	}
}

func TestARetryGoesOnWithoutItsInputAndRefusesOneThatChanged(t *testing.T) {
	t.Parallel()
	w := stoppedInRetry(t)
	content, err := os.ReadFile(w.input)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(w.input, []byte(strings.Replace(string(content), "Nick 9", "Nack 9", 1)), 0o600))
	calls := w.sandbox.Stats().Calls
	_, err = w.resume(nil)
	faulttest.Require(t, err, 6)
	assert.Equal(t, calls, w.sandbox.Stats().Calls, "nothing was sent")
	require.NoError(t, os.Rename(w.input, filepath.Join(t.TempDir(), "elsewhere")))
	s, err := w.resume(nil)
	require.NoError(t, err)
	assert.Equal(t, "complete", s.State)
	assert.EqualValues(t, 40, s.Rows.Succeeded)
}

// stoppedInRetry has a job of 40 rows whose retry has stopped before its end.
func stoppedInRetry(t *testing.T) *world {
	w := newWorld(t, 40)
	w.setScenario(`steps: [{userid: "u?3", answer: 70402}, {userid: "u?4", answer: 70402}]`)
	_, err := w.run(w.options)
	require.NoError(t, err)
	w.setScenario("steps: []")
	s, err := job.Retry(t.Context(), w.dir, "all", overlaying(func(o *job.Options) { o.Limit = 2 }), w.host)
	require.NoError(t, err)
	require.Equal(t, "stopped", s.State)
	return w
}

// interrupting ends a context when the log tells of an event.
type interrupting struct {
	slog.Handler
	event string
	end   func()
}

func (i interrupting) Handle(_ context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "event" && a.Value.String() == i.event {
			i.end()
		}
		return true
	})
	return nil
}

func (i interrupting) Enabled(context.Context, slog.Level) bool { return true }

// interruptAt is a context that ends when the log tells of an event.
func (w *world) interruptAt(event string) context.Context {
	ctx, end := context.WithCancel(w.t.Context())
	w.host.Log = slog.New(interrupting{slog.DiscardHandler, event, end})
	return ctx
}

func TestARunThatStopsBeforeItsFirstRequestLeavesNoDirectory(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 40)
	w.options.Duplicates = "reject"
	_, err := job.Run(w.interruptAt("duplicates.begin"), []string{w.input}, w.dir, w.options, w.host)
	require.ErrorIs(t, err, context.Canceled)
	assert.NoDirExists(t, w.dir)

	require.NoError(t, os.Mkdir(w.dir, 0o700)) // one of the user's own stays
	_, err = job.Run(w.interruptAt("duplicates.begin"), []string{w.input}, w.dir, w.options, w.host)
	require.ErrorIs(t, err, context.Canceled)
	assert.DirExists(t, w.dir)
	w.host.Log = slog.New(slog.DiscardHandler)
	s, err := w.run(w.options)
	require.NoError(t, err)
	assert.EqualValues(t, 40, s.Rows.Succeeded)
}

func TestAResumeThatStopsBeforeItsFirstRequestSaysHowToGoOn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		event string
		take  func(*world, context.Context) (report.Summary, error)
	}{
		"looking for duplicates": {"duplicates.begin", func(w *world, ctx context.Context) (report.Summary, error) {
			return job.Resume(ctx, w.dir, nil, w.host)
		}},
		"bringing a job to its end before a retry": {"resume.first", func(w *world, ctx context.Context) (report.Summary, error) {
			return job.Retry(ctx, w.dir, "all", nil, w.host)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, 40)
			w.options.Duplicates = "reject"
			o := w.options
			o.Limit = 10
			_, err := w.run(o)
			require.NoError(t, err)
			calls := w.sandbox.Stats().Calls
			s, err := c.take(w, w.interruptAt(c.event))
			require.NoError(t, err)
			assert.Equal(t, 130, s.ExitCode)
			assert.Equal(t, "interrupted", s.StopReason)
			assert.Equal(t, "imimport resume "+w.dir, s.Next)
			assert.Equal(t, calls, w.sandbox.Stats().Calls)
			w.requireSums(s)
			w.host.Log = slog.New(slog.DiscardHandler)
			s, err = w.resume(nil)
			require.NoError(t, err)
			assert.EqualValues(t, 40, s.Rows.Succeeded)
			w.outcomes(40)
		})
	}
}

// As Windows writes Chinese names into an archive, and Linux unpacks it.
func TestNamesThatAreNotUTF8GoOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 10)
	name := filepath.Join(filepath.Dir(w.input), "\xd3\xc3\xbb\xa7.csv")
	if err := os.Rename(w.input, name); err != nil {
		t.Skip("this file system takes UTF-8 alone")
	}
	o := w.options
	o.Limit = 3
	_, err := job.Run(t.Context(), []string{name}, w.dir, o, w.host)
	require.NoError(t, err)
	w.host.Inputs = []string{name}
	s, err := w.resume(nil)
	require.NoError(t, err)
	assert.EqualValues(t, 10, s.Rows.Succeeded)
	w.outcomes(10)
}

func TestACompleteJobWhoseSummaryCannotBeWrittenSaysSo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 20)
	w.host.SetFS(func(dir string) checkpoint.FS { return failAt{checkpoint.Dir(dir), "summary.json"} })
	s, err := w.run(w.options)
	assert.NotEmpty(t, faulttest.Require(t, err, 6).Hint.String())
	assert.Equal(t, []any{"stopped", "disk", 6, "imimport resume " + w.dir}, []any{s.State, s.StopReason, s.ExitCode, s.Next})
	assert.EqualValues(t, 20, s.Rows.Succeeded)
	assert.NoFileExists(t, filepath.Join(w.dir, "summary.json"), "one that says running would lie")
	_, err = w.resume(nil)
	faulttest.Require(t, err, 6)

	w.host.SetFS(nil)
	s, err = w.resume(nil)
	require.NoError(t, err)
	assert.Equal(t, "complete", s.State)
	w.requireSums(s)
	w.outcomes(20)
}

// fullAt is a directory whose outcome files take no more than so many bytes.
type fullAt struct {
	checkpoint.Dir
	left int
}

func (f *fullAt) Append(name string) (checkpoint.File, error) {
	file, err := f.Dir.Append(name)
	return fullFile{file, f}, err
}

type fullFile struct {
	checkpoint.File
	disk *fullAt
}

func (f fullFile) Write(p []byte) (int, error) {
	if f.disk.left -= len(p); f.disk.left < 0 {
		return 0, errDisk
	}
	return f.File.Write(p)
}

func TestADiskThatIsFullIsWhatStoppedTheJob(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 20)
	w.host.SetFS(func(dir string) checkpoint.FS { return &fullAt{checkpoint.Dir(dir), 300} })
	s, err := w.run(w.options)
	faulttest.Require(t, err, 6)
	w.requireSums(s)
	s, err = job.Status(w.dir, faulttest.Program{})
	require.NoError(t, err)
	assert.Equal(t, "disk", s.StopReason)
	assert.Contains(t, s.Error, errDisk.Error())
	assert.NoFileExists(t, filepath.Join(w.dir, ".room"))
	w.host.SetFS(nil)
	s, err = w.resume(nil)
	require.NoError(t, err)
	assert.EqualValues(t, 20, s.Rows.Succeeded)
	w.outcomes(20)
}

func TestTheWorstSecondIsThatOfTheRunsAtTheLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 300)
		o := w.options
		o.Rate, o.Limit = 100, 250
		s, err := w.run(o)
		require.NoError(t, err)
		require.Greater(t, s.Rate.WorstSecond, 50)
		s, err = w.resume(func(o *job.Options) { o.Rate, o.Limit = 20, 40 })
		require.NoError(t, err)
		assert.LessOrEqual(t, s.Rate.WorstSecond, 20)
		assert.EqualValues(t, 20, s.Rate.Limit)
		stands, err := job.Status(w.dir, faulttest.Program{})
		require.NoError(t, err)
		assert.Equal(t, s.Rate.Limit, stands.Rate.Limit)
		assert.Equal(t, s.Rate.WorstSecond, stands.Rate.WorstSecond)
	})
}
