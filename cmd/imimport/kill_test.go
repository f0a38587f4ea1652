package main_test

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/pkg/sandbox"
	"imimport/pkg/sandbox/sandboxtest"
)

// everything has the tests take all their shapes, at full size. Without it they take those that stand for the rest, so that
// go test ./... stays short. .ci/run sets it.
var everything = os.Getenv("IMTEST_ALL") != ""

// build makes the program as its users have it, without the race detector too. It is made once for all tests.
func build(t *testing.T) string {
	t.Helper()
	bin, err := builtOnce()
	require.NoError(t, err)
	return bin
}

var builtOnce = sync.OnceValues(func() (bin string, err error) {
	scripted, err := exec.LookPath("imimport") // testscript's, in a directory that it removes at the end
	if err != nil {
		return "", err
	}
	bin = filepath.Join(filepath.Dir(scripted), "built", "imimport")
	if out, err := exec.Command("go", "build", "-o", bin, ".").CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return bin, nil
})

// shapes are inputs of n rows: quoted line breaks, JSON, compressed.
var shapes = map[string]func(n int) []byte{
	"users.csv":    csvRows,
	"users.jsonl":  jsonRows,
	"users.csv.gz": func(n int) []byte { return gzipped(csvRows(n)) },
}

func csvRows(n int) []byte {
	var b bytes.Buffer
	b.WriteString("UserID,Nick,note\n")
	for row := 1; row <= n; row++ {
		fmt.Fprintf(&b, "u%d,昵称 %d,\"a \"\"quoted\"\"\nline, %d\"\n", row, row, row)
	}
	return b.Bytes()
}

func jsonRows(n int) []byte {
	var b bytes.Buffer
	for row := 1; row <= n; row++ {
		fmt.Fprintf(&b, "{\"UserID\":\"u%d\",\"Nick\":\"昵称 %d\",\"note\":{\"deep\":[%d]}}\n", row, row, row)
	}
	return b.Bytes()
}

func gzipped(content []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(content)
	_ = w.Close()
	return b.Bytes()
}

// soak is how long TestKilledAtAnyMoment lasts: kills for each shape and mode, at the service's own rate.
// The default is a few, quickly; .ci/soak makes 240.
func soak() (kills int, rate string, perRun int) {
	switch n, err := strconv.Atoi(os.Getenv("IMIMPORT_KILLS")); {
	case err == nil:
		return n, "200", 400
	case everything:
		return 2, "4000", 500
	}
	return 2, "4000", 100
}

// TestKilledAtAnyMoment kills the program at random moments until its job is done. A third of the first tries
// fail. Every row must be in one outcome file, once, and every account on the server.
func TestKilledAtAnyMoment(t *testing.T) {
	t.Parallel()
	bin := build(t)
	kills, rate, perRun := soak()
	for name, content := range shapes {
		for _, batch := range []int{1, 10} {
			if _, soaking := os.LookupEnv("IMIMPORT_KILLS"); !everything && !soaking && (batch > 1) != (name == "users.jsonl") {
				continue // one mode for each shape
			}
			t.Run(fmt.Sprintf("%s batch %d", name, batch), func(t *testing.T) {
				rows := perRun * (kills + 1) * batch
				w := newTarget(t, `steps: [{userid: "u*0", attempt: 1, answer: 70500}, {userid: "u*3", attempt: 1, answer: reset}, {userid: "u*6", attempt: 1, answer: 70169}]`)
				if batch > 1 { // a call of ten would always hold one that fails
					w = newTarget(t, `steps: [{userid: "u*10", attempt: 1, answer: 70500}, {userid: "u*73", attempt: 1, answer: commit-then-reset}]`)
				}
				input, job := filepath.Join(w.dir, name), filepath.Join(w.dir, "job")
				require.NoError(t, os.WriteFile(input, content(rows), 0o600))
				args := []string{"run", input, "--job", job, "--rate", rate, "--batch", strconv.Itoa(batch), "--retry-initial", "100ms", "--progress", "none"}
				done := 0
				for done < kills {
					killed, code := w.runAndKill(t, bin, perRun/2+rand.IntN(perRun), args...)
					if !killed {
						require.Zero(t, code)
						break
					}
					done++
					args = resumeArgs(job, args)
				}
				if done == kills {
					_, code := w.runAndKill(t, bin, 0, resumeArgs(job, args)...)
					require.Zero(t, code)
				}
				requireEachRowOnce(t, job, strings.Contains(name, "json"), rows)
				require.Len(t, w.sandbox.Accounts(), rows)
				t.Logf("%d kills, %d rows, %d calls", done, rows, w.sandbox.Stats().Calls)
				if rate == "200" && batch == 1 { // kills are a second or more apart
					assert.Less(t, float64(w.sandbox.Stats().Calls), 1.2*1.3*float64(rows))
				}
			})
		}
	}
}

func resumeArgs(job string, run []string) []string {
	return []string{"resume", job, "--progress", "none", "--rate", rateOf(run)}
}

// target is a sandbox that the program imports into.
type target struct {
	sandbox *sandbox.Sandbox
	gate    *sandboxtest.Gate
	dir     string
	env     []string
}

const secretKey = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

func newTarget(t *testing.T, scenario string) *target {
	sc, err := sandbox.ParseScenario([]byte(scenario))
	require.NoError(t, err)
	unlimited := map[string]int{"account_import": sandbox.None, "multiaccount_import": sandbox.None, "portrait_set": sandbox.None}
	service, err := sandbox.New(sandbox.Config{SecretKey: secretKey, Scenario: sc, Rules: sandbox.Rules{Limits: unlimited}})
	require.NoError(t, err)
	gate := &sandboxtest.Gate{Handler: service}
	server := httptest.NewServer(gate)
	t.Cleanup(server.Close)
	return &target{service, gate, t.TempDir(), append(os.Environ(), "IMIMPORT_SECRET_KEY="+secretKey, "IMIMPORT_ENDPOINT="+server.URL,
		fmt.Sprintf("IMIMPORT_SDKAPPID=%d", sandbox.DefaultSDKAppID))}
}

// runAndKill runs the program and kills it when it makes that call, counted from 1; 0 lets it end.
func (w *target) runAndKill(t *testing.T, bin string, call int, args ...string) (killed bool, code int) {
	cmd := exec.Command(bin, args...)
	cmd.Env = w.env
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	w.gate.Hold(call)
	require.NoError(t, cmd.Start())
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		w.gate.Gone()
		close(ended)
	}()
	if killed = w.gate.Wait(); killed {
		_ = cmd.Process.Kill()
	}
	<-ended
	w.gate.Open()
	if code = cmd.ProcessState.ExitCode(); code != 0 && !killed {
		t.Logf("%s", stderr.String())
	}
	return killed, code
}

// requireEachRowOnce reads the three outcome files.
func requireEachRowOnce(t *testing.T, job string, isJSON bool, rows int) {
	seen := map[int]string{}
	take := func(row int, userID, file string) {
		require.Empty(t, seen[row], "row %d is in %s too", row, file)
		seen[row] = file
		require.Equal(t, fmt.Sprintf("u%d", row), userID)
	}
	for _, name := range []string{"succeeded", "failed", "quota_exceeded"} {
		if isJSON {
			content, err := os.ReadFile(filepath.Join(job, name+".jsonl"))
			require.NoError(t, err)
			for line := range bytes.Lines(content) {
				var row struct {
					UserID string
					Row    int `json:"_row"`
				}
				require.NoError(t, json.Unmarshal(line, &row))
				take(row.Row, row.UserID, name)
			}
			continue
		}
		f, err := os.Open(filepath.Join(job, name+".csv"))
		require.NoError(t, err)
		records, err := csv.NewReader(f).ReadAll()
		require.NoError(t, err)
		require.NoError(t, f.Close())
		for _, record := range records[1:] {
			row, err := strconv.Atoi(record[3])
			require.NoError(t, err)
			take(row, record[0], name)
		}
	}
	require.Len(t, seen, rows)
}

func rateOf(args []string) string {
	for i, arg := range args {
		if arg == "--rate" {
			return args[i+1]
		}
	}
	return ""
}
