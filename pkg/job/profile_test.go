package job_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/pkg/fault"
	"imimport/pkg/job"
)

// A retry leaves an account's profile, too, as if every row that was accepted had been sent in the order of the table.
func TestARetryPutsNoOlderProfileOverANewerOne(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		table       string
		nick, level string
		calls       int // of the retry
	}{
		"its import was accepted, and its profile not": {"a,Ann,1\n", "Ann", "1", 2},
		"the later row has no level":                   {"a,Ann,1\na,Anna,\n", "Anna", "1", 2},
		"the later row has all of it":                  {"a,Ann,1\na,Anna,2\n", "Anna", "2", 0},
		"the later row has another level alone":        {"a,Ann,1\na,,2\n", "Ann", "2", 2},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, 0)
			require.NoError(t, os.WriteFile(w.input, []byte("UserID,Nick,level\n"+c.table), 0o600))
			w.setScenario("steps: [{userid: a, command: portrait_set, attempt: 1, answer: 40605}]")
			w.options.Map = map[string]string{"Level": "level"}
			s, err := w.run(w.options)
			require.NoError(t, err)
			require.EqualValues(t, 1, s.Rows.Failed)
			assert.Equal(t, "portrait_set", s.ByCode[0].Command)
			calls := w.sandbox.Stats().Calls
			s, err = w.retry("all")
			require.NoError(t, err)
			w.requireSums(s)
			account, _ := w.sandbox.Account("a")
			assert.Equal(t, []string{c.nick, c.level}, []string{account.Nick, fmt.Sprint(account.Profile["Tag_Profile_IM_Level"])})
			assert.EqualValues(t, c.calls, w.sandbox.Stats().Calls-calls)
		})
	}
}

// What an outcome file says of its columns counts as a mapping does.
func TestAnOutcomeFileWithAProfileIsRefusedInBatches(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	require.NoError(t, os.WriteFile(w.input, []byte("UserID,level,_row,_code,_class,_reason,_attempts,_map\nu1,7,1,,,,1,UserID=UserID&Level=level\n"), 0o600))
	w.options.Batch = 10
	_, err := w.run(w.options)
	assert.Equal(t, fault.Usage, fault.KindOf(err))
	assert.ErrorContains(t, err, "cannot be used where columns of the profile are sent")
	assert.NoDirExists(t, w.dir)
	w.options.Batch = 0
	s, err := w.run(w.options)
	require.NoError(t, err)
	assert.EqualValues(t, 2, s.Requests)
}

// A lower rate holds for every command of a run, a higher one for the rows' alone.
func TestTheRateOfACommandBesideTheRows(t *testing.T) {
	for rate, want := range map[float64]float64{0: 200, 50: 50, 400: 200} {
		lanes, err := job.Options{Rate: rate, Batch: 10}.Lanes()
		require.NoError(t, err)
		assert.Equal(t, want, lanes[1].Limiter.Limit(), "rate %g", rate)
	}
}
