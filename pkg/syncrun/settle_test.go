package syncrun_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/pkg/checkpoint"
	"imimport/pkg/fault/faulttest"
	"imimport/pkg/job"
	"imimport/pkg/sandbox"
	"imimport/pkg/syncrun"
	"imimport/reader"
)

const (
	oldTable = "UserID,Nick\nu1,old\nu2,old\nu3,old\nu4,old\nu5,old\nu6,old\n"
	newTable = "UserID,Nick\nu1,new\nu2,new\nu3,new\nu4,new\nu5,new\nu6,new\n"
)

// A row that failed may have reached the service or not. That decides whether the next sync sends it, even when the table
// by then has again what the state knew.
func TestRowThatMayHaveReachedTheServiceIsSentAgain(t *testing.T) {
	for _, c := range []struct {
		name, scenario string
		attempts       int
		outcome        string
		sent           int
	}{
		{"its tries were used up", `steps: [{userid: u2, answer: commit-then-reset}]`, 2, "transient", 1},
		{"its one try had no answer", `steps: [{userid: u2, answer: commit-then-reset}]`, 1, "transient", 1},
		{"it was refused after a try without an answer",
			`steps: [{userid: u2, attempt: 2, answer: commit-then-reset}, {userid: u2, answer: 70402}]`, 2, "row", 1},
		{"it was refused at once", `steps: [{userid: u2, answer: 70402}]`, 2, "row", 0},
		{"it met the quota", `steps: [{userid: u2, answer: 70398}]`, 2, "quota", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			w.cfg.Options.OnQuota, w.cfg.Options.Workers = "continue", 1 // u1 is answered before u2 is sent
			_, _, err := w.sync("UserID,Nick\nu1,old\nu2,old\n")
			require.NoError(t, err)
			w.scenario(c.scenario)
			w.cfg.Options.MaxAttempts = c.attempts
			s, _, err := w.sync("UserID,Nick\nu1,new\nu2,new\n")
			require.NoError(t, err)
			require.Len(t, s.ByCode, 1)
			require.Equal(t, c.outcome, s.ByCode[0].Class)
			w.scenario("")
			_, plan, err := w.sync("UserID,Nick\nu1,new\nu2,old\n")
			require.NoError(t, err)
			assert.EqualValues(t, c.sent, plan.Send)
			assert.Equal(t, c.sent, w.calls.made["account_import"])
			assert.Equal(t, map[string]string{"u1": "new", "u2": "old"}, w.accounts())
		})
	}
}

// Rows that failed are sent with the same table, too.
func TestRowsThatFailedAreSentAgain(t *testing.T) {
	w := newWorld(t)
	w.scenario(`steps: [{userid: u6, answer: reset}, {userid: u2, answer: 70402}]`)
	w.cfg.Options.MaxAttempts, w.cfg.Options.Workers = 1, 1
	_, plan, err := w.sync(newTable)
	require.NoError(t, err)
	assert.EqualValues(t, 6, plan.New)
	w.scenario("")
	_, plan, err = w.sync(newTable)
	require.NoError(t, err)
	assert.EqualValues(t, 1, plan.New, "refused for its content: nobody has it")
	assert.EqualValues(t, 1, plan.Again, "nobody knows whether it was accepted")
	assert.EqualValues(t, 4, plan.Same)
	assert.Equal(t, 2, w.calls.made["account_import"])
	assert.Len(t, w.accounts(), 6)
}

// A sync that stopped in order has not sent the rows that it had not read.
func TestSyncThatStoppedInOrderLeavesUnreadRowsAsTheyWere(t *testing.T) {
	w := newWorld(t)
	w.stopsAfterTwo()
	_, plan, err := w.sync(oldTable)
	require.NoError(t, err)
	assert.EqualValues(t, 2, plan.Changed)
	assert.EqualValues(t, 4, plan.Same)
}

// The job of a sync could be resumed in an earlier version. Cut by a second signal then, it counts fewer rows as read than
// its first run had sent.
func TestResumedSyncThatWasCutMayHaveSentEveryRow(t *testing.T) {
	w := newWorld(t)
	plan := w.stopsAfterTwo()
	l, err := job.OpenOutcomes(plan.Job, faulttest.Program{})
	require.NoError(t, err)
	state, err := checkpoint.Load(checkpoint.Dir(plan.Job), l.ID)
	require.NoError(t, err)
	state.Counters.Runs, state.Counters.Read = 2, 3
	state.Ranges, state.Furthest = checkpoint.Ranges{{5, 5}}, reader.Position{} // which it did not have
	state.StopReason, state.SavedAt = "interrupted", state.SavedAt.Add(time.Second)
	require.NoError(t, checkpoint.Save(checkpoint.Dir(plan.Job), state))
	_, plan, err = w.sync(oldTable)
	require.NoError(t, err)
	assert.EqualValues(t, 6, plan.Changed)
	assert.Equal(t, 6, w.calls.made["account_import"])
}

// stopsAfterTwo syncs the old table, and two rows of the new one.
func (w *world) stopsAfterTwo() syncrun.Plan {
	w.t.Helper()
	_, _, err := w.sync(oldTable)
	require.NoError(w.t, err)
	w.cfg.Options.Limit = 2
	s, plan, err := w.sync(newTable)
	require.NoError(w.t, err)
	require.Equal(w.t, 7, s.ExitCode)
	w.cfg.Options.Limit = 0
	return plan
}

// scenario is what happens from now on; "" is nothing.
func (w *world) scenario(yaml string) {
	s, err := sandbox.ParseScenario([]byte(yaml))
	require.NoError(w.t, err)
	require.NoError(w.t, w.sandbox.SetScenario(s))
}
