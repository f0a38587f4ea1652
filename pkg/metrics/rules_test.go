package metrics_test

import (
	"io"
	"net/http/httptest"
	"os"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/pkg/metrics"
	"imimport/report"
)

// TestAlertRulesNameSeriesThatThereAre compares the example with what is served.
func TestAlertRulesNameSeriesThatThereAre(t *testing.T) {
	rules, err := os.ReadFile("../../testdata/examples/prometheus/alerts.yml")
	require.NoError(t, err)
	m := metrics.New(metrics.Config{Job: "j"})
	m.End(0, report.Sync{Rows: 1})
	answer := httptest.NewRecorder()
	m.Handler().ServeHTTP(answer, httptest.NewRequest("GET", "/metrics", nil))
	served, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	names := regexp.MustCompile(`imimport_\w+`).FindAllString(string(rules), -1)
	require.NotEmpty(t, names)
	for _, name := range names {
		assert.Contains(t, string(served), "\n"+name+"{", name)
	}
}

// TestAFileTellsHowTheRunBeforeEnded also where that run failed, or the file is another's.
func TestAFileTellsHowTheRunBeforeEnded(t *testing.T) {
	path := t.TempDir() + "/m.prom"
	assert.Zero(t, metrics.ReadLast(path))
	now := time.UnixMilli(1_700_000_000_500)
	m := metrics.New(metrics.Config{Job: "j", Now: func() time.Time { return now }})
	require.NoError(t, m.WriteFile(path))
	assert.Zero(t, metrics.ReadLast(path), "the first has not ended")
	m.End(0, report.Sync{})
	require.NoError(t, m.WriteFile(path))
	good := now
	assert.Equal(t, metrics.Last{Run: good, Success: good}, metrics.ReadLast(path))
	now = now.Add(24 * time.Hour)
	m = metrics.New(metrics.Config{Last: metrics.ReadLast(path), Now: func() time.Time { return now }})
	require.NoError(t, m.WriteFile(path))
	assert.Equal(t, metrics.Last{Run: good, Success: good}, metrics.ReadLast(path), "while the second goes on")
	m.End(5, report.Sync{})
	require.NoError(t, m.WriteFile(path))
	assert.Equal(t, metrics.Last{ExitCode: 5, Run: now, Success: good}, metrics.ReadLast(path))
	require.NoError(t, os.WriteFile(path, []byte("x\nimimport_last_run_exit_code NaN\nimimport_last_run_timestamp_seconds 1e300\n"), 0o600))
	assert.Zero(t, metrics.ReadLast(path))
}
