package job_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/pkg/fault/faulttest"
	"imimport/reader/readertest"
	"imimport/report"
)

// repeating is an input in which every third row, but the first, repeats a UserID of an earlier one.
func repeating(rows int) (text string, firsts map[int]int) {
	var b strings.Builder
	b.WriteString("UserID,Nick,note\n")
	firsts = map[int]int{}
	for row := 1; row <= rows; row++ {
		id := row
		if row%3 == 0 {
			id = row/6 + 1 // a row that may itself be such a one
			for id%3 == 0 {
				id = id/6 + 1
			}
			firsts[row] = id
		}
		fmt.Fprintf(&b, "u%d,Nick %d,\n", id, row)
	}
	return b.String(), firsts
}

func (w *world) requireDuplicates(rows int, firsts map[int]int) {
	for row, line := range w.outcomes(rows) {
		if first, dup := firsts[row]; dup {
			require.Equal(w.t, "failed", line.file, "row %d", row)
			require.Equal(w.t, "duplicate", line.class)
			require.Equal(w.t, fmt.Sprintf("the same UserID as row %d", first), line.reason)
			require.Equal(w.t, "0", line.attempts)
		} else {
			require.Equal(w.t, "succeeded", line.file, "row %d", row)
		}
	}
	nicks := map[string]string{}
	for _, a := range w.sandbox.Accounts() {
		nicks[a.UserID] = a.Nick
	}
	for row := 1; row <= rows; row++ {
		if _, dup := firsts[row]; !dup {
			require.Equal(w.t, fmt.Sprint("Nick ", row), nicks[fmt.Sprint("u", row)])
		}
	}
}

func TestRejectedDuplicatesFailAndTheFirstRowCounts(t *testing.T) {
	t.Parallel()
	for _, from := range []string{"file", "standard input", "URL"} {
		t.Run(from, func(t *testing.T) {
			w := newWorld(t, 0)
			text, firsts := repeating(600)
			w.options.Duplicates = "reject"
			require.NoError(t, os.WriteFile(w.input, []byte(text), 0o600))
			give := func() {}
			var downloads atomic.Int32
			switch from {
			case "standard input":
				w.input = "-"
				give = func() { w.host.Stdin = strings.NewReader(text) }
			case "URL": // its second version would be another
				server := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, _ *http.Request) {
					downloads.Add(1)
					_, _ = io.WriteString(out, text)
				}))
				defer server.Close()
				w.input = server.URL + "/users.csv"
			}
			give()
			w.options.Limit = 250
			s, err := w.run(w.options)
			require.NoError(t, err)
			w.requireSums(s)
			require.LessOrEqual(t, downloads.Load(), int32(1))
			give()
			s, err = w.resume(nil) // the rows of the first run count
			require.NoError(t, err)
			w.requireSums(s)
			assert.EqualValues(t, len(firsts), s.Rows.Failed)
			w.requireDuplicates(600, firsts)

			s, err = w.retry("failed")
			require.NoError(t, err)
			w.requireSums(s)
			w.requireDuplicates(600, firsts) // a duplicate stays one
			w.requireNoTemporaryFiles()
		})
	}
}

func (w *world) requireNoTemporaryFiles() {
	found, err := filepath.Glob(filepath.Join(w.dir, ".distinct-*"))
	require.NoError(w.t, err)
	require.Empty(w.t, found)
}

func TestRowsThatCameLaterAreComparedWithTheEarlierOnes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	w.options.Duplicates = "reject"
	text, firsts := repeating(300)
	half := strings.Index(text, "u151,")
	require.NoError(t, os.WriteFile(w.input, []byte(text[:half]), 0o600))
	_, err := w.run(w.options)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(w.input, []byte(text), 0o600))
	s, err := w.resume(nil)
	require.NoError(t, err)
	w.requireSums(s)
	w.requireDuplicates(len(strings.Split(text, "\n"))-2, firsts)
}

func TestARetryOfTheFirstRowLeavesItsDuplicateRejected(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	w.options.Duplicates = "reject"
	require.NoError(t, os.WriteFile(w.input, []byte("UserID,Nick,note\na,first,\na,second,\n"), 0o600))
	w.setScenario("steps:\n  - {userid: a, attempt: 1, answer: 70402}")
	_, err := w.run(w.options)
	require.NoError(t, err)
	lines := w.outcomes(2)
	assert.Equal(t, []string{"row", "duplicate"}, []string{lines[1].class, lines[2].class})
	_, err = w.retry("failed")
	require.NoError(t, err)
	lines = w.outcomes(2)
	assert.Equal(t, "succeeded", lines[1].file)
	assert.Equal(t, "the same UserID as row 1", lines[2].reason)
	assert.Equal(t, "first", w.sandbox.Accounts()[0].Nick)
}

func TestInvalidRowsRejectNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	w.options.Duplicates = "reject"
	long := strings.Repeat("n", 501)
	require.NoError(t, os.WriteFile(w.input, []byte("UserID,Nick,note\na,"+long+",\na,valid,\na,again,\n"), 0o600))
	_, err := w.run(w.options)
	require.NoError(t, err)
	lines := w.outcomes(3)
	assert.Equal(t, "invalid", lines[1].class)
	assert.Equal(t, "succeeded", lines[2].file)
	assert.Equal(t, "the same UserID as row 2", lines[3].reason)
}

// A file that breaks off is imported up to there all the same.
func TestRejectingReadsAsFarAsTheInputGoes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	w.options.Duplicates = "reject"
	w.input = filepath.Join(t.TempDir(), "users.csv.gz")
	rows := 1000
	whole := readertest.Gzip(t, "UserID,note\n"+strings.Repeat("a,the same once more\n", rows))
	cut := readertest.Gzip(t, "a,that is not read\n")[:14]
	require.NoError(t, os.WriteFile(w.input, []byte(whole+cut), 0o600))
	s, err := w.run(w.options)
	faulttest.Require(t, err, 6)
	assert.Equal(t, report.Rows{Read: int64(rows), Succeeded: 1, Failed: int64(rows) - 1}, s.Rows)
	w.requireSums(s)
}
