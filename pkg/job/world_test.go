package job_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/pkg/fault/faulttest"
	"imimport/pkg/im"
	"imimport/pkg/importer"
	"imimport/pkg/job"
	"imimport/pkg/sandbox"
	"imimport/pkg/sandbox/sandboxtest"
	"imimport/report"
)

// world is a sandbox, an input and a job directory. One that is made inside synctest has its clock.
type world struct {
	t       *testing.T
	sandbox *sandbox.Sandbox
	client  im.Config // of the connection to the sandbox
	tmp     string    // for begin
	input   string
	dir     string
	options job.Options
	host    job.Host
}

const secretKey = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

func newWorld(t *testing.T, rows int) *world {
	unlimited := map[string]int{"account_import": sandbox.None, "multiaccount_import": sandbox.None}
	service, err := sandbox.New(sandbox.Config{SecretKey: secretKey, Rules: sandbox.Rules{Limits: unlimited}})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, service.Close()) })
	w := &world{t: t, sandbox: service, tmp: t.TempDir()}
	w.begin(rows)
	target := job.Target{Endpoint: "https://sandbox.example.com", SDKAppID: sandbox.DefaultSDKAppID, Identifier: sandbox.DefaultIdentifier}
	w.client = im.Config{Endpoint: target.Endpoint, SDKAppID: target.SDKAppID, Identifier: target.Identifier, SecretKey: secretKey,
		Transport: sandboxtest.Transport{Handler: service}}
	w.options = job.Options{Rate: -1, Workers: 8, RetryInitial: 1, RetryMax: 1, Target: target}
	w.host = job.Host{Voice: faulttest.Program{}, Log: slog.New(slog.DiscardHandler), Stdin: strings.NewReader(""),
		Connect: func(_ context.Context, o job.Options, _ int) (importer.Client, job.Target, error) {
			cfg := w.client
			cfg.Timeout = o.Timeout
			c, err := im.New(cfg)
			return c, o.Target, err
		}}
	return w
}

// begin forgets all that was, and writes an input of rows.
func (w *world) begin(rows int) {
	require.NoError(w.t, w.sandbox.Reset())
	dir, err := os.MkdirTemp(w.tmp, "")
	require.NoError(w.t, err)
	w.input, w.dir = filepath.Join(dir, "users.csv"), filepath.Join(dir, "users.csv.import")
	w.write(1, rows)
}

// write adds rows to the input; every seventh has a line break in a quoted field.
func (w *world) write(first, last int) {
	f, err := os.OpenFile(w.input, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	require.NoError(w.t, err)
	defer f.Close()
	if first == 1 {
		_, _ = io.WriteString(f, "UserID,Nick,note\n")
	}
	for row := first; row <= last; row++ {
		note := "plain"
		if row%7 == 0 {
			note = "\"two\nlines, quoted\""
		}
		_, err := fmt.Fprintf(f, "u%d,Nick %d,%s\n", row, row, note)
		require.NoError(w.t, err)
	}
}

func (w *world) run(o job.Options) (report.Summary, error) {
	return job.Run(w.t.Context(), []string{w.input}, w.dir, o, w.host)
}

func (w *world) resume(overlay func(*job.Options)) (report.Summary, error) {
	return job.Resume(w.t.Context(), w.dir, overlaying(overlay), w.host)
}

func (w *world) retry(only string) (report.Summary, error) {
	return job.Retry(w.t.Context(), w.dir, only, nil, w.host)
}

func overlaying(change func(*job.Options)) func(*job.Options) error {
	return func(o *job.Options) error {
		if change != nil {
			change(o)
		}
		return nil
	}
}

// line is a row as an outcome file has it.
type line struct {
	file     string
	row      int
	userID   string
	code     string
	class    string
	reason   string
	attempts string
	columns  []string
}

// outcomes reads the three files: every row from 1 to rows must be in one of them, once.
func (w *world) outcomes(rows int) map[int]line {
	all := map[int]line{}
	for _, name := range []string{"succeeded", "failed", "quota_exceeded"} {
		content, err := os.ReadFile(filepath.Join(w.dir, name+".csv"))
		require.NoError(w.t, err)
		r := csv.NewReader(strings.NewReader(string(content)))
		r.FieldsPerRecord = -1
		records, err := r.ReadAll()
		require.NoError(w.t, err)
		require.Equal(w.t, []string{"UserID", "Nick", "note", "_row", "_code", "_class", "_reason", "_attempts"}, records[0])
		for _, record := range records[1:] {
			row, err := strconv.Atoi(record[3])
			require.NoError(w.t, err)
			before, twice := all[row]
			require.False(w.t, twice, "row %d is in %s and in %s", row, before.file, name)
			all[row] = line{name, row, record[0], record[4], record[5], record[6], record[7], record[:3]}
		}
	}
	require.Len(w.t, all, rows)
	for row := 1; row <= rows; row++ {
		if _, ok := all[row]; !ok { // require.Contains copies the map each time
			require.Fail(w.t, "row without an outcome", "row %d", row)
		}
	}
	return all
}

// requireSums checks the identity of the summary, in the one that was returned and in summary.json.
func (w *world) requireSums(s report.Summary) {
	content, err := os.ReadFile(filepath.Join(w.dir, "summary.json"))
	require.NoError(w.t, err)
	var written report.Summary
	require.NoError(w.t, json.Unmarshal(content, &written))
	for _, s := range []report.Summary{s, written} {
		r := s.Rows
		require.Equal(w.t, r.Read, r.Succeeded+r.Failed+r.QuotaExceeded+r.NotAttempted, "%+v", r)
		require.GreaterOrEqual(w.t, r.NotAttempted, int64(0))
		var rows int64
		for _, c := range s.ByCode {
			rows += c.Rows
		}
		require.Equal(w.t, r.Failed+r.QuotaExceeded, rows)
	}
	require.Equal(w.t, s.Rows, written.Rows)
	require.Equal(w.t, s.ExitCode, written.ExitCode)
}

// apart has each answer come at an instant of its own, for a test inside synctest: the run has then dealt with one before
// the next one comes.
func (w *world) apart() *world {
	w.client.Transport = &slow{next: w.client.Transport}
	return w
}

// slow takes 50 ms a call, and a microsecond more for each call that was made before.
type slow struct {
	next  http.RoundTripper
	calls atomic.Int64
}

func (s *slow) RoundTrip(r *http.Request) (*http.Response, error) {
	select {
	case <-time.After(50*time.Millisecond + time.Duration(s.calls.Add(1))*time.Microsecond):
		return s.next.RoundTrip(r)
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

func (w *world) setScenario(yaml string) {
	sc, err := sandbox.ParseScenario([]byte(yaml))
	require.NoError(w.t, err)
	require.NoError(w.t, w.sandbox.SetScenario(sc))
}
