package job_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"imimport/pkg/job"
)

// A retry leaves each account as if every row that was accepted had been sent in the order of the table.
func TestARowThatARetryPassesOverLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		table, first, then string
		nick, face         string
		sent               int // calls of the retry
	}{
		"a field that the later row lacks": {"a,Ann,http://x/1\na,Anna,\n", "steps: [{userid: a, attempt: 1, answer: 70402}]", "steps: []", "Anna", "http://x/1", 1},
		"all of it is newer":               {"a,Ann,http://x/1\na,Anna,http://x/2\n", "steps: [{userid: a, attempt: 1, answer: 70402}]", "steps: []", "Anna", "http://x/2", 0},
		"newer in two rows":                {"a,Ann,http://x/1\na,Anna,\na,,http://x/2\n", "steps: [{userid: a, attempt: 1, answer: 70402}]", "steps: []", "Anna", "http://x/2", 0},
		"an account alone":                 {"a,,\na,Anna,\n", "steps: [{userid: a, attempt: 1, answer: 70402}]", "steps: []", "Anna", "", 0},
		"two rows around an accepted one": {"a,Ann,http://x/1\na,Anna,\na,,http://x/3\n",
			"steps: [{userid: a, attempt: 1, answer: 70402}, {userid: a, attempt: 3, answer: 70402}]", "steps: []", "Anna", "http://x/3", 2},
		"the last one is refused again": {"a,Ann,http://x/1\na,Anna,\na,,http://x/3\n",
			"steps: [{userid: a, attempt: 1, answer: 70402}, {userid: a, attempt: 3, answer: 70402}]", "steps: [{userid: a, attempt: 5, answer: 70402}]", "Anna", "http://x/1", 2},
		"quota rows come after failed ones": {"a,Ann,http://x/1\na,Anna,\n",
			"steps: [{userid: a, attempt: 1, answer: 70398}, {userid: a, attempt: 2, answer: 70402}]", "steps: []", "Anna", "http://x/1", 2},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, 0)
			require.NoError(t, os.WriteFile(w.input, []byte("UserID,Nick,FaceUrl\n"+c.table), 0o600))
			w.setScenario(c.first)
			w.options.OnQuota = "continue"
			_, err := w.run(w.options)
			require.NoError(t, err)
			calls := w.sandbox.Stats().Calls
			w.setScenario(c.then)
			s, err := w.retry("all")
			require.NoError(t, err)
			w.requireSums(s)
			account, _ := w.sandbox.Account("a")
			assert.Equal(t, []string{c.nick, c.face}, []string{account.Nick, account.FaceURL})
			assert.EqualValues(t, c.sent, w.sandbox.Stats().Calls-calls)
		})
	}
}

func TestAfterRetriesAccountsAreAsIfAllRowsHadBeenSentInOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t, 0)
		rows := rapid.IntRange(2, 12).Draw(rt, "rows")
		want := map[string][2]string{}
		var table, steps strings.Builder
		table.WriteString("UserID,Nick,FaceUrl\n")
		steps.WriteString("steps:\n  - {userid: nobody, answer: 70402}\n")
		nth := map[string]int{}
		for row := range rows {
			user := rapid.SampledFrom([]string{"a", "b"}).Draw(rt, "user")
			var nick, face string
			if rapid.Bool().Draw(rt, "nick") {
				nick = fmt.Sprint("n", row)
			}
			if rapid.Bool().Draw(rt, "face") {
				face = fmt.Sprint("http://x/", row)
			}
			fmt.Fprintf(&table, "%s,%s,%s\n", user, nick, face)
			nth[user]++
			if answer := rapid.SampledFrom([]int{0, 0, 70402, 70398}).Draw(rt, "answer"); answer != 0 {
				fmt.Fprintf(&steps, "  - {userid: %s, attempt: %d, answer: %d}\n", user, nth[user], answer)
			}
			is := want[user]
			for i, value := range []string{nick, face} {
				if value != "" {
					is[i] = value
				}
			}
			want[user] = is
		}
		require.NoError(t, os.WriteFile(w.input, []byte(table.String()), 0o600))
		w.setScenario(steps.String())
		w.options.OnQuota = "continue"
		w.options.Batch = rapid.SampledFrom([]int{1, 1, 3}).Draw(rt, "batch")
		_, err := w.run(w.options)
		require.NoError(t, err)
		w.setScenario("steps: []")
		only := rapid.SampledFrom([]string{"all", "quota"}).Draw(rt, "only")
		s, err := job.Retry(t.Context(), w.dir, only, overlaying(func(o *job.Options) { o.Limit = int64(rapid.IntRange(0, 3).Draw(rt, "limit")) }), w.host)
		require.NoError(t, err)
		for s.Rows.Succeeded < int64(rows) {
			s, err = w.retry("all")
			require.NoError(t, err)
		}
		for user, is := range want {
			account, _ := w.sandbox.Account(user)
			require.Equal(t, is, [2]string{account.Nick, account.FaceURL}, "%s of %s", user, table.String())
		}
	})
}
