package job_test

import (
	"errors"
	"fmt"
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
	"imimport/pkg/option"
	"imimport/pkg/sandbox"
)

const someFail = `
steps:
  - {userid: "u?3", answer: 70402}
  - {userid: "u?4", answer: 70500}
  - {userid: "u?5", attempt: 1-3, answer: commit-then-reset}
  - {userid: "u?6", attempt: 1, answer: html}
`

func TestARunLeavesEveryRowInOnePlace(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 300)
	w.setScenario(someFail)
	s, err := w.run(w.options)
	require.NoError(t, err)
	w.requireSums(s)
	assert.Equal(t, "complete", s.State)
	assert.Equal(t, 1, s.ExitCode)
	assert.EqualValues(t, 300, s.Rows.Read)
	assert.EqualValues(t, 18, s.Rows.Failed)
	assert.Contains(t, s.Next, "imimport retry")
	for row, line := range w.outcomes(300) {
		if row%7 == 0 {
			assert.Equal(t, "two\nlines, quoted", line.columns[2])
		}
	}
	assert.Len(t, w.sandbox.Accounts(), 282)

	info, err := os.Stat(w.dir)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o700), info.Mode().Perm())
	entries, err := os.ReadDir(w.dir)
	require.NoError(t, err)
	for _, e := range entries {
		info, err := e.Info()
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o600), info.Mode().Perm(), e.Name())
		content, err := os.ReadFile(filepath.Join(w.dir, e.Name()))
		require.NoError(t, err)
		assert.NotContains(t, string(content), secretKey, e.Name())
		assert.NotContains(t, string(content), "usersig=", e.Name())
	}
}

func TestARunNeverTakesOverADirectory(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 10)
	_, err := w.run(w.options)
	require.NoError(t, err)

	_, err = w.run(w.options)
	e := faulttest.Require(t, err, 2)
	assert.ErrorContains(t, err, "holds a job already")
	assert.Contains(t, e.Hint.Say(faulttest.Program{}), "imimport resume")

	other := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(other, "precious.txt"), nil, 0o600))
	_, err = job.Run(t.Context(), []string{w.input}, other, w.options, w.host)
	require.ErrorAs(t, err, &e)
	assert.ErrorContains(t, err, "precious.txt")

	lock, err := checkpoint.Lock(w.dir)
	require.NoError(t, err)
	_, err = w.resume(nil)
	require.ErrorAs(t, err, &e)
	assert.ErrorContains(t, err, "another process works on the job")
	s, err := job.Status(w.dir, faulttest.Program{})
	require.NoError(t, err)
	assert.Equal(t, "running", s.State)
	require.NoError(t, lock.Unlock())

	_, err = job.Resume(t.Context(), w.input, nil, w.host)
	faulttest.Require(t, err, 2)
}

func TestAQuotaStopAndOneCommandThatEndsTheJob(t *testing.T) {
	t.Parallel()
	for _, batch := range []int{1, 100} {
		for _, command := range []string{"resume", "retry"} {
			t.Run(fmt.Sprint("batch of ", batch, ", ", command), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t, 3000).apart()
					w.options.Batch = batch
					require.NoError(t, w.sandbox.ChangeRules(func(r *sandbox.Rules) { r.Quota = 100 }))
					s, err := w.run(w.options)
					faulttest.Require(t, err, 4)
					w.requireSums(s)
					assert.Equal(t, "quota", s.StopReason)
					assert.EqualValues(t, 100, s.Rows.Succeeded)
					assert.LessOrEqual(t, s.Rows.QuotaExceeded, int64(16))
					assert.Positive(t, s.Rows.QuotaExceeded)
					assert.Equal(t, "imimport resume "+w.dir, s.Next)

					s, err = w.resume(nil)
					faulttest.Require(t, err, 4) // the quota is still met
					w.requireSums(s)

					require.NoError(t, w.sandbox.ChangeRules(func(r *sandbox.Rules) { r.Quota = sandbox.None }))
					if command == "resume" {
						s, err = w.resume(nil)
					} else {
						s, err = w.retry("all")
					}
					require.NoError(t, err)
					w.requireSums(s)
					assert.Equal(t, "complete", s.State)
					assert.Equal(t, 0, s.ExitCode)
					assert.EqualValues(t, 3000, s.Rows.Succeeded)
					assert.EqualValues(t, 3000, s.Rows.Read)
					w.outcomes(3000)
					assert.Len(t, w.sandbox.Accounts(), 3000)
				})
			})
		}
	}
}

func TestARetryMovesRowsToTheirNewOutcome(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 300)
	w.setScenario(someFail)
	_, err := w.run(w.options)
	require.NoError(t, err)
	before := w.outcomes(300)

	w.setScenario(`steps: [{userid: "u?3", answer: 70402}]`)
	s, err := w.retry("failed")
	require.NoError(t, err)
	w.requireSums(s)
	assert.EqualValues(t, 300, s.Rows.Read)
	assert.EqualValues(t, 9, s.Rows.Failed)
	assert.Equal(t, 2, s.Passes)
	for row, line := range w.outcomes(300) {
		assert.Equal(t, before[row].userID, line.userID, "a row keeps its number")
		if strings.HasSuffix(line.userID, "3") && len(line.userID) == 3 {
			assert.Equal(t, "70402", line.code)
		} else {
			assert.Equal(t, "succeeded", line.file)
		}
	}
	calls := w.sandbox.Stats().Calls
	s, err = w.retry("quota")
	require.NoError(t, err)
	assert.Equal(t, "complete", s.State)
	assert.Equal(t, calls, w.sandbox.Stats().Calls, "there is nothing to retry")

	w.setScenario("steps: []")
	s, err = w.retry("all")
	require.NoError(t, err)
	assert.Equal(t, 0, s.ExitCode)
	assert.Len(t, w.outcomes(300), 300)
	info, err := os.Stat(w.input)
	require.NoError(t, err)
	assert.Equal(t, info.Size(), s.Input.BytesTotal, "of the user's input")
	assert.Equal(t, info.Size(), s.Input.BytesDone)
	leftovers, err := filepath.Glob(filepath.Join(w.dir, ".retry-*"))
	require.NoError(t, err)
	assert.Empty(t, leftovers)
}

func TestARetryPutsNoOlderValuesOverNewerOnes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	require.NoError(t, os.WriteFile(w.input, []byte("UserID,Nick,note\nu1,old,\nu2,a,\nu1,new,\n"), 0o600))
	w.setScenario("steps: [{userid: u1, attempt: 1, answer: 70402}]")
	s, err := w.run(w.options)
	require.NoError(t, err)
	assert.EqualValues(t, 1, s.Rows.Failed)
	s, err = w.retry("all")
	require.NoError(t, err)
	w.requireSums(s)
	account, _ := w.sandbox.Account("u1")
	assert.Equal(t, "new", account.Nick)
	assert.Equal(t, 0, s.ExitCode, "both count as sent in order")
	got := w.outcomes(3)
	assert.Equal(t, "success", got[1].class)
	assert.Equal(t, "not sent: row 3 has the same UserID, came later and was accepted", got[1].reason)
}

// A row that stays invalid keeps its place in the user's file and its reason.
func TestARetryNamesNoFileOfItsOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	require.NoError(t, os.WriteFile(w.input, []byte("UserID,Nick,note\nu1,\"a\nb\",\n,none,\nu3,Ann,,surplus\nu4,\"x,y\",\n"), 0o600))
	w.setScenario("steps: [{userid: u4, attempt: 1, answer: 70500}]")
	w.options.MaxAttempts = 1
	_, err := w.run(w.options)
	require.NoError(t, err)
	before := w.outcomes(4)
	for range 2 {
		s, err := w.retry("all")
		require.NoError(t, err)
		w.requireSums(s)
		after := w.outcomes(4)
		for _, row := range []int{2, 3} {
			assert.Contains(t, before[row].reason, w.input+":")
			assert.Equal(t, before[row].reason, after[row].reason)
		}
		for _, c := range s.ByCode {
			for _, e := range c.Examples {
				assert.Equal(t, w.input, e.File)
				assert.Positive(t, e.Row)
			}
		}
	}
}

// Only a row that the service has accepted stands in the way of an earlier one: not one that is refused once more, here
// or there. The rows that failed are sent before those that met the quota, whichever came first in the table.
func TestARetrySendsARowThatNoneAfterItHasReplaced(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 501)
	for name, c := range map[string]struct {
		table, scenario, retried string
		nick                     string
		failed                   int64
	}{
		"the later row is invalid":          {"u1,good,\nu1," + long + ",\n", "steps: [{userid: u1, attempt: 1, answer: 70398}]", "steps: []", "good", 1},
		"the later row is refused again":    {"u1,good,\nu1,bad,\n", "steps: [{userid: u1, attempt: 1, answer: 70398}, {userid: u1, attempt: 2, answer: 40601}]", "steps: [{userid: u1, attempt: 3, answer: 40601}]", "good", 1},
		"the later row is accepted first":   {"u1,old,\nu1,new,\n", "steps: [{userid: u1, attempt: 1, answer: 70398}, {userid: u1, attempt: 2, answer: 40601}]", "steps: []", "new", 0},
		"the earlier row is refused before": {"u1,old,\nu1,new,\n", "steps: [{userid: u1, attempt: 1, answer: 40601}, {userid: u1, attempt: 2, answer: 70398}]", "steps: [{userid: u1, attempt: 3, answer: 40601}]", "new", 1},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, 0)
			require.NoError(t, os.WriteFile(w.input, []byte("UserID,Nick,note\n"+c.table), 0o600))
			w.setScenario(c.scenario)
			w.options.OnQuota = "continue"
			s, err := w.run(w.options)
			require.NoError(t, err)
			require.Zero(t, s.Rows.Succeeded)
			w.setScenario(c.retried)
			s, err = w.retry("all")
			require.NoError(t, err)
			w.requireSums(s)
			account, _ := w.sandbox.Account("u1")
			assert.Equal(t, c.nick, account.Nick)
			assert.Equal(t, c.failed, s.Rows.Failed)
			w.outcomes(2)
		})
	}
}

func TestAnInputThatGrewGoesOnAndOneThatChangedIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 50)
	_, err := w.run(w.options)
	require.NoError(t, err)
	calls := w.sandbox.Stats().Calls
	s, err := w.resume(nil)
	require.NoError(t, err)
	assert.Equal(t, "complete", s.State)
	assert.Equal(t, calls, w.sandbox.Stats().Calls, "there is nothing to do")

	w.write(51, 80)
	s, err = w.resume(nil)
	require.NoError(t, err)
	w.requireSums(s)
	assert.EqualValues(t, 80, s.Rows.Succeeded)
	w.outcomes(80)
	assert.Equal(t, calls+30, w.sandbox.Stats().Calls)

	whole, err := os.ReadFile(w.input)
	require.NoError(t, err)
	for name, content := range map[string]string{
		"changed":  strings.Replace(string(whole), "Nick 5", "Nack 5", 1),
		"shrunk":   string(whole[:len(whole)/2]),
		"replaced": strings.ToUpper(string(whole)),
		"empty":    "",
	} {
		require.NoError(t, os.WriteFile(w.input, []byte(content), 0o600))
		_, err := w.resume(nil)
		e := faulttest.Require(t, err, 2, 6)
		assert.ErrorContains(t, err, "users.csv", name)
		assert.NotEmpty(t, e.Hint.String(), name)
	}
	require.NoError(t, os.Remove(w.input))
	_, err = w.resume(nil)
	require.Error(t, err)
	require.NoError(t, os.WriteFile(w.input, whole, 0o600))
	s, err = w.resume(nil)
	require.NoError(t, err)
	assert.Equal(t, "complete", s.State)
	w.outcomes(80)
}

func TestAfterARetryTheInputMayStillGrow(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 50)
	w.setScenario("steps: [{userid: u7, attempt: 1, answer: 70402}]")
	_, err := w.run(w.options)
	require.NoError(t, err)
	_, err = w.retry("all")
	require.NoError(t, err)
	w.write(51, 60)
	s, err := w.resume(nil)
	require.NoError(t, err)
	w.requireSums(s)
	assert.EqualValues(t, 60, s.Rows.Succeeded)
	w.outcomes(60)
}

func TestLimitStopsAndResumeGoesOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 100)
	o := w.options
	o.Limit = 40
	s, err := w.run(o)
	require.NoError(t, err)
	assert.Equal(t, 7, s.ExitCode)
	assert.Equal(t, "limit", s.StopReason)
	w.requireSums(s)
	w.outcomes(40)
	status, err := job.Status(w.dir, faulttest.Program{})
	require.NoError(t, err)
	assert.Equal(t, "stopped", status.State)
	assert.Equal(t, 7, status.ExitCode)
	s, err = w.resume(nil)
	require.NoError(t, err)
	assert.Equal(t, 0, s.ExitCode)
	assert.Equal(t, 2, s.Runs)
	w.outcomes(100)
}

func TestWhatWouldMakeAnotherJobIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 10)
	_, err := w.run(w.options)
	require.NoError(t, err)
	for name, change := range map[string]func(*job.Options){
		"app":      func(o *job.Options) { o.Target.SDKAppID++ },
		"endpoint": func(o *job.Options) { o.Target.Endpoint = "https://im.example.com" },
		"map":      func(o *job.Options) { o.Map = map[string]string{"UserID": "Nick"} },
		"encoding": func(o *job.Options) { o.Encoding = "gbk" },
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.resume(change)
			faulttest.Require(t, err, 2)
		})
	}
	_, err = w.resume(func(o *job.Options) { o.Rate, o.Workers, o.OnQuota = 100, 3, "continue" })
	require.NoError(t, err)
}

func TestADamagedCheckpointIsRefusedAndNothingIsTouched(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 30)
	o := w.options
	o.Limit = 20
	_, err := w.run(o)
	require.NoError(t, err)
	before := w.outcomes(20)
	path := filepath.Join(w.dir, "checkpoint.json")
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, whole[:len(whole)/2], 0o600))
	_, err = w.resume(nil)
	faulttest.Require(t, err, 6)
	assert.ErrorContains(t, err, "damaged")
	assert.Equal(t, before, w.outcomes(20))
}

func TestStandardInputIsGivenAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 60)
	content, err := os.ReadFile(w.input)
	require.NoError(t, err)
	o := w.options
	o.Limit = 25
	w.host.Stdin = strings.NewReader(string(content))
	_, err = job.Run(t.Context(), []string{"-"}, w.dir, o, w.host)
	require.NoError(t, err)
	w.host.Stdin = strings.NewReader(strings.Replace(string(content), "u3,", "u9,", 1))
	_, err = w.resume(nil)
	require.Error(t, err)
	w.host.Stdin = strings.NewReader(string(content))
	s, err := w.resume(nil)
	require.NoError(t, err)
	w.requireSums(s)
	w.outcomes(60)
	assert.EqualValues(t, 60, w.sandbox.Stats().Calls)
}

func TestNothingIsMadeWhereSettingsAreWrong(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 10)
	for name, change := range map[string]func(*job.Options){
		"batch":    func(o *job.Options) { o.Batch = 101 },
		"on quota": func(o *job.Options) { o.OnQuota = "maybe" },
		"errors":   func(o *job.Options) { o.MaxErrors = option.Bound{Set: true, Share: true, Percent: 101} },
	} {
		t.Run(name, func(t *testing.T) {
			o := w.options
			change(&o)
			_, err := w.run(o)
			faulttest.Require(t, err, 2)
		})
	}
	_, err := job.Run(t.Context(), []string{w.input + ".missing"}, w.dir, w.options, w.host)
	faulttest.Require(t, err, 2)
	_, err = os.Stat(w.dir)
	assert.True(t, errors.Is(err, os.ErrNotExist))
	assert.Zero(t, w.sandbox.Stats().Calls)
}
