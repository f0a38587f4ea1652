package job_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/pkg/checkpoint"
	"imimport/pkg/fault/faulttest"
	"imimport/pkg/job"
	"imimport/pkg/sandbox"
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
