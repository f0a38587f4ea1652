package metrics_test

import (
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"imimport/pkg/fault"
	"imimport/pkg/importer"
	"imimport/pkg/metrics"
	"imimport/report"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var _ importer.Metrics = (*metrics.Metrics)(nil)

// run is the metrics of a run that met something of everything.
func run(cfg metrics.Config) *metrics.Metrics {
	m := metrics.New(cfg)
	for range 3 {
		m.Request(0, "success", 60*time.Millisecond)
		m.Settled("succeeded")
	}
	m.Request(0, "transient", 10*time.Second)
	m.Request(60007, "throttle", 20*time.Millisecond)
	m.Request(70402, "row", 40*time.Millisecond)
	m.Settled("failed")
	m.Request(70398, "quota", 40*time.Millisecond)
	m.Settled("quota_exceeded")
	m.Waited(1500 * time.Millisecond)
	m.State(importer.Progress{
		Rows:      report.Rows{Read: 7, Succeeded: 3, Failed: 1, QuotaExceeded: 1, NotAttempted: 2},
		BytesDone: 70, BytesTotal: 100, Requests: 7, Profiles: 3, Retries: 1, Throttled: 1, InFlight: 2, Waiting: 1,
		RateNow: 7, RateLimit: 130, WorstSecond: 7, Throttling: true,
	}, 5, time.Unix(1_700_000_000, 500_000_000))
	return m
}

func written(t *testing.T, m *metrics.Metrics) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "imimport.prom")
	require.NoError(t, m.WriteFile(path))
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(content)
}

func TestTheFileHasEveryFigure(t *testing.T) {
	clock := func() time.Time { return time.Unix(1_700_000_004, 0) }
	text := written(t, run(metrics.Config{Version: "v1.2.3", Now: clock}))
	for _, line := range []string{
		`imimport_requests_total{class="success",code="0"} 3`,
		`imimport_requests_total{class="transient",code="none"} 1`,
		`imimport_requests_total{class="throttle",code="60007"} 1`,
		`imimport_requests_total{class="row",code="70402"} 1`,
		`imimport_rows_settled_total{outcome="succeeded"} 3`,
		`imimport_rows_settled_total{outcome="failed"} 1`,
		`imimport_rows_settled_total{outcome="quota_exceeded"} 1`,
		`imimport_request_duration_seconds_bucket{le="0.05"} 3`,
		`imimport_request_duration_seconds_count 7`,
		`imimport_rate_wait_seconds_total 1.5`,
		`imimport_job_rows{state="read"} 7`,
		`imimport_job_rows{state="succeeded"} 3`,
		`imimport_job_rows{state="failed"} 1`,
		`imimport_job_rows{state="quota_exceeded"} 1`,
		`imimport_job_rows{state="not_attempted"} 2`,
		`imimport_job_requests 7`, `imimport_job_profile_requests 3`, `imimport_job_retries 1`, `imimport_job_throttled 1`,
		`imimport_job_input_read_bytes 70`, `imimport_job_input_size_bytes 100`,
		`imimport_requests_in_flight 2`, `imimport_requests_waiting 1`,
		`imimport_rate 7`, `imimport_rate_limit 130`, `imimport_rate_worst_second 7`,
		`imimport_throttling 1`, `imimport_outage 0`, `imimport_watermark_row 5`,
		`imimport_checkpoint_timestamp_seconds 1.7000000005e+09`, `imimport_checkpoint_age_seconds 3.5`,
	} {
		assert.Contains(t, text, line+"\n")
	}
	assert.Regexp(t, `imimport_build_info\{goversion="go[^"]+",version="v1.2.3"\} 1`, text)
}

func TestBeforeTheFirstAnswerAllIsZero(t *testing.T) {
	text := written(t, metrics.New(metrics.Config{}))
	assert.Contains(t, text, "imimport_rows_settled_total{outcome=\"failed\"} 0\n")
	assert.Contains(t, text, "imimport_checkpoint_age_seconds 0\n")
	assert.NotContains(t, text, "imimport_rate_wait_seconds_total", "nobody measures it")
}

// The node exporter refuses a series that it has from another file, or of its own.
func TestTheFilesOfTwoJobsAndTheExporterDoNotClash(t *testing.T) {
	for _, line := range strings.Split(written(t, run(metrics.Config{Job: "a \"b\".import\xff"})), "\n") {
		if line != "" && !strings.HasPrefix(line, "#") {
			assert.Contains(t, line, `import_job="a \"b\".import`+"\uFFFD"+`"`)
			assert.Regexp(t, `^imimport_`, line)
		}
	}
}

func TestTheFileIsReplacedAndReadableByOthers(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "imimport.prom")
	m := run(metrics.Config{})
	require.NoError(t, m.WriteFile(path))
	m.Settled("succeeded")
	require.NoError(t, m.WriteFile(path))
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Contains(t, string(content), `imimport_rows_settled_total{outcome="succeeded"} 4`)
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o644), info.Mode().Perm(), "the exporter is another user")
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, entries, 1, "nothing is left beside it")

	assert.ErrorContains(t, m.WriteFile(filepath.Join(dir, "none", "x.prom")), "write metrics: ")
	link := filepath.Join(dir, "link")
	require.NoError(t, os.Symlink("imimport.prom", link))
	m.Settled("succeeded")
	require.NoError(t, m.WriteFile(link))
	content, err = os.ReadFile(path)
	require.NoError(t, err)
	assert.Contains(t, string(content), `imimport_rows_settled_total{outcome="succeeded"} 5`, "the file behind the link")
	info, err = os.Lstat(link)
	require.NoError(t, err)
	assert.Equal(t, os.ModeSymlink, info.Mode().Type())
}

func TestCodesFromTheNetworkAreBounded(t *testing.T) {
	m := metrics.New(metrics.Config{})
	for code := range 10_000 {
		m.Request(code, "row\xff", time.Millisecond)
	}
	text := written(t, m)
	assert.Len(t, regexp.MustCompile(`(?m)^imimport_requests_total`).FindAllString(text, -1), 101)
	assert.Contains(t, text, `imimport_requests_total{class="other",code="other"} 9900`)
}

func TestConcurrentUse(t *testing.T) {
	m := metrics.New(metrics.Config{})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for code := range 50 {
				m.Request(code, "row", time.Millisecond)
				m.Settled("failed")
				m.Waited(time.Millisecond)
				m.State(importer.Progress{}, int64(code), time.Unix(1, 0))
			}
		})
	}
	_ = written(t, m)
	wg.Wait()
	text := written(t, m)
	assert.Contains(t, text, `imimport_rows_settled_total{outcome="failed"} 400`)
	assert.Contains(t, text, `imimport_requests_total{class="row",code="49"} 8`)
}

func TestServe(t *testing.T) {
	s, err := run(metrics.Config{}).Serve(":0")
	require.NoError(t, err)
	host, _, err := net.SplitHostPort(s.Addr())
	require.NoError(t, err)
	assert.Equal(t, "127.0.0.1", host, "other machines do not see it unless that was asked for")

	client := &http.Client{Transport: &http.Transport{}}
	status, body := get(t, client, "http://"+s.Addr()+"/metrics")
	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, body, `imimport_job_rows{state="read"} 7`)
	assert.Contains(t, body, "go_goroutines ")
	status, body = get(t, client, "http://"+s.Addr()+"/")
	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, body, "/metrics")
	status, _ = get(t, client, "http://"+s.Addr()+"/else")
	assert.Equal(t, http.StatusNotFound, status)

	_, err = run(metrics.Config{}).Serve(s.Addr())
	assert.ErrorContains(t, err, "serve metrics on ")
	client.CloseIdleConnections()
	require.NoError(t, s.Stop())
	_, err = net.Dial("tcp", s.Addr())
	assert.Error(t, err)
}

// A mistake in the program ends no run, least of all one in its metrics.
func TestAPanicWhileServingIsReturnedByStop(t *testing.T) {
	m := run(metrics.Config{Now: func() time.Time { panic("no clock") }})
	s, err := m.Serve(":0")
	require.NoError(t, err)
	client := &http.Client{Transport: &http.Transport{}}
	for range 2 {
		status, _ := get(t, client, "http://"+s.Addr()+"/metrics")
		assert.Equal(t, http.StatusInternalServerError, status)
	}
	client.CloseIdleConnections()
	err = s.Stop()
	assert.Equal(t, fault.Internal, fault.KindOf(err))
	assert.EqualError(t, err, "stop metrics server: internal fault: no clock")
}

func get(t *testing.T, client *http.Client, url string) (int, string) {
	t.Helper()
	resp, err := client.Get(url)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(body)
}

func TestAddressesWithoutAHostAreOfThisMachine(t *testing.T) {
	for _, addr := range []string{"0", ":0", "127.0.0.1:0"} {
		s, err := metrics.New(metrics.Config{}).Serve(addr)
		require.NoError(t, err, addr)
		assert.Regexp(t, `^127\.0\.0\.1:\d+$`, s.Addr())
		require.NoError(t, s.Stop())
	}
	for _, addr := range []string{"", "127.0.0.1:99999", "a:b:c"} {
		_, err := metrics.New(metrics.Config{}).Serve(addr)
		assert.Error(t, err, addr)
	}
}

// The check in .ci/promtool looks at the file that this test leaves where METRICS_FILE says.
func TestFileForPromtool(t *testing.T) {
	path := os.Getenv("METRICS_FILE")
	if path == "" {
		path = filepath.Join(t.TempDir(), "imimport.prom")
	}
	require.NoError(t, run(metrics.Config{Job: "users.csv.import"}).WriteFile(path))
}

func TestTheHotPathDoesNotAllocate(t *testing.T) {
	m := run(metrics.Config{})
	assert.Zero(t, testing.AllocsPerRun(1000, func() {
		m.Request(0, "success", 60*time.Millisecond)
		m.Settled("succeeded")
		m.Waited(time.Millisecond)
	}))
}

func BenchmarkRequest(b *testing.B) {
	m := run(metrics.Config{})
	for b.Loop() {
		m.Request(0, "success", 60*time.Millisecond)
	}
}

// A page whose name resolves to 127.0.0.1 by DNS rebinding could read which job runs here.
func TestAnotherSitesNameIsRefusedOnLoopback(t *testing.T) {
	s, err := run(metrics.Config{}).Serve(":0")
	require.NoError(t, err)
	defer s.Stop() //nolint:errcheck // not what is tested
	r, err := http.NewRequest(http.MethodGet, "http://"+s.Addr()+"/metrics", nil)
	require.NoError(t, err)
	r.Host = "evil.example:9464"
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	assert.Equal(t, http.StatusMisdirectedRequest, resp.StatusCode)
}
