package job_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"imimport/report"
)

// The summary says what is wrong with the rows that were not sent, with one example each, over all passes.
func TestTheSummarySaysTheKindsOfInvalidRows(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	require.NoError(t, os.WriteFile(w.input, []byte("UserID,Nick,note\na,x,\n,x,\n,y,\nb,\"x\ny\",\nc,x,\n"), 0o600))
	w.setScenario("steps: [{userid: c, attempt: 1, answer: 70402}]")
	check := func(s report.Summary, err error, first, second string) {
		t.Helper()
		require.NoError(t, err)
		for _, c := range s.ByCode {
			if c.Class == "invalid" {
				require.Regexp(t, `^refused before it was sent: 2 rows no_userid \(.*users.csv:`+first+`\); 1 row line-break \(.*users.csv:`+second+`\)$`, c.Meaning)
				require.Equal(t, "b", c.Kinds[1].Example.UserID)
				return
			}
		}
		require.Fail(t, "no invalid rows")
	}
	s, err := w.run(w.options)
	check(s, err, "3", "5")
	s, err = w.retry("failed")
	check(s, err, " row 2", " row 4") // its outcome files have no lines
}
