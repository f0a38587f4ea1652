package job_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/pkg/fault/faulttest"
	"imimport/pkg/job"
)

// stopping stops a run once so many calls were answered.
type stopping struct {
	http.RoundTripper
	calls atomic.Int64
	stop  chan struct{}
}

func (s *stopping) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := s.RoundTripper.RoundTrip(req)
	if s.calls.Add(-1) == 0 {
		close(s.stop)
	}
	return res, err
}

// stopAfter has the next run stop after so many calls, while a row that met a transient error waits for an hour.
func (w *world) stopAfter(calls int) {
	s := &stopping{RoundTripper: w.client.Transport, stop: make(chan struct{})}
	s.calls.Store(int64(calls))
	w.client.Transport, w.host.Stop = s, s.stop
	w.options.RetryInitial, w.options.RetryMax = time.Hour, time.Hour
}

// goOn lets the runs that follow go on.
func (w *world) goOn() {
	w.client.Transport, w.host.Stop = w.client.Transport.(*stopping).RoundTripper, nil
	w.setScenario("steps: []")
}

func usersText(first, last int) string {
	var b strings.Builder
	for n := first; n <= last; n++ {
		fmt.Fprintf(&b, "u%d,Nick %d,plain\n", n, n)
	}
	return b.String()
}

// change is what happens to an input while a job over it is stopped.
type change struct {
	name    string
	to      func(text string) string
	refused bool
}

var changes = []change{
	{"as it was", func(s string) string { return s }, false},
	{"grown", func(s string) string { return s + "new,New,\n" }, false},
	{"rows inserted behind the watermark", func(s string) string { return strings.Replace(s, "u2,", "new1,,\nnew2,,\nu2,", 1) }, true},
	{"rows removed behind the watermark", func(s string) string { return strings.Replace(s, "u5,Nick 5,plain\n", "", 1) }, true},
	{"a name rewritten", func(s string) string { return strings.Replace(s, "Nick 9,", "Nack 9,", 1) }, true},
	{"two rows changed places", func(s string) string {
		return strings.Replace(s, "u3,Nick 3,plain\nu4,Nick 4,plain\n", "u4,Nick 4,plain\nu3,Nick 3,plain\n", 1)
	}, true},
	{"the waiting row rewritten", func(s string) string { return strings.Replace(s, "u1,Nick 1,", "u1,Nack 1,", 1) }, true},
	{"shrunk to the watermark", func(s string) string { return s[:strings.Index(s, "u1,")] }, true},
	{"shrunk", func(s string) string { return s[:len(s)/2] }, true},
}

func TestAnInputThatChangedBetweenTheWatermarkAndTheFurthestRowIsRefused(t *testing.T) {
	t.Parallel()
	const rows = 40
	for _, packed := range []bool{false, true} {
		for _, c := range changes {
			t.Run(fmt.Sprintf("%s, packed %v", c.name, packed), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, 0)
				write := func(text string) {
					content := []byte(text)
					if packed {
						var b bytes.Buffer
						z := gzip.NewWriter(&b)
						_, _ = z.Write(content)
						require.NoError(t, z.Close())
						content = b.Bytes()
					}
					require.NoError(t, os.WriteFile(w.input, content, 0o600))
				}
				text := "UserID,Nick,note\n" + usersText(1, rows)
				if packed {
					require.NoError(t, os.Remove(w.input))
					w.input += ".gz"
				}
				write(text)
				w.setScenario("steps: [{userid: u1, answer: 70500}]")
				w.stopAfter(rows)
				s, err := w.run(w.options)
				require.NoError(t, err)
				require.EqualValues(t, rows-1, s.Rows.Succeeded)

				w.goOn()
				calls := w.sandbox.Stats().Calls
				write(c.to(text))
				s, err = w.resume(nil)
				if c.refused {
					assert.NotEmpty(t, faulttest.Require(t, err, 2, 6).Hint.String())
					assert.Equal(t, calls, w.sandbox.Stats().Calls, "nothing was sent")
					write(text)
					s, err = w.resume(nil)
				}
				require.NoError(t, err)
				assert.Equal(t, "complete", s.State)
				total := rows
				if !c.refused {
					total += strings.Count(c.to(text), "new")
				}
				assert.EqualValues(t, total, s.Rows.Succeeded)
				w.outcomes(total)
				assert.Equal(t, total, w.sandbox.Stats().Accounts)
			})
		}
	}
}

func TestAChangeOfAnEarlierInputBehindTheWatermarkIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	second := filepath.Join(filepath.Dir(w.input), "more.csv")
	first := "UserID,Nick,note\n" + usersText(1, 20)
	require.NoError(t, os.WriteFile(w.input, []byte(first), 0o600))
	require.NoError(t, os.WriteFile(second, []byte("UserID,Nick,note\n"+usersText(21, 40)), 0o600))
	w.setScenario("steps: [{userid: u1, answer: 70500}]")
	w.stopAfter(40)
	s, err := job.Run(t.Context(), []string{w.input, second}, w.dir, w.options, w.host)
	require.NoError(t, err)
	require.EqualValues(t, 39, s.Rows.Succeeded)
	w.goOn()
	for _, changed := range []string{first + "new,New,plain\n", strings.Replace(first, "u7,", "u77,", 1), strings.TrimSuffix(first, "\n")} {
		require.NoError(t, os.WriteFile(w.input, []byte(changed), 0o600))
		_, err = w.resume(nil)
		faulttest.Require(t, err, 2, 6)
	}
	require.NoError(t, os.WriteFile(w.input, []byte(first), 0o600))
	s, err = w.resume(nil)
	require.NoError(t, err)
	assert.EqualValues(t, 40, s.Rows.Succeeded)
}

func TestALastLineWithoutANewlineMayGetOneAndMoreRows(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	text := "UserID,Nick,note\n" + strings.TrimSuffix(usersText(1, 20), "\n")
	for more, refused := range map[string]bool{"\nu21,,\n": false, "\r\nu21,,\n": false, "0": true, " ": true, "\rx": true} {
		w.begin(0)
		require.NoError(t, os.WriteFile(w.input, []byte(text), 0o600))
		w.setScenario("steps: [{userid: u1, answer: 70500}]")
		w.stopAfter(20)
		s, err := w.run(w.options)
		require.NoError(t, err)
		require.EqualValues(t, 19, s.Rows.Succeeded)
		w.goOn()
		require.NoError(t, os.WriteFile(w.input, []byte(text+more), 0o600))
		s, err = w.resume(nil)
		if refused {
			faulttest.Require(t, err, 2, 6)
			continue
		}
		require.NoError(t, err)
		assert.EqualValues(t, 21, s.Rows.Succeeded)
	}
}

// A retry has rows of its own, and says all the same whether the input is what it was.
func TestRetryOverAnInputThatHasChangedIsRefused(t *testing.T) {
	t.Parallel()
	for _, c := range changes {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 0)
			text := "UserID,Nick,note\n" + usersText(1, 20)
			require.NoError(t, os.WriteFile(w.input, []byte(text), 0o600))
			w.setScenario("steps: [{userid: u3, answer: 70402}]")
			_, err := w.run(w.options)
			require.NoError(t, err)
			w.setScenario("steps: []")
			require.NoError(t, os.WriteFile(w.input, []byte(c.to(text)), 0o600))
			_, err = w.retry("failed")
			if c.refused {
				faulttest.Require(t, err, 6)
				assert.NotContains(t, w.outcomes(20)[3].file, "succeeded")
				require.NoError(t, os.Remove(w.input)) // which is no reason to refuse
				_, err = w.retry("failed")
			}
			require.NoError(t, err)
			assert.Equal(t, 20, w.sandbox.Stats().Accounts)
		})
	}
}
