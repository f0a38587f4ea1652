package job_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/pkg/fault/faulttest"
	"imimport/pkg/im"
	"imimport/pkg/sandbox"
)

// fates are scripts by the last letter of a UserID: what a server answers, and where the row ends.
var fates = []struct {
	letter   string
	steps    string // of the scenario, after the UserID
	file     string
	code     string
	class    string
	attempts string
}{
	{"a", ``, "succeeded", "0", "success", "1"},
	{"b", `{attempt: 1, answer: 40006}`, "succeeded", "0", "success", "2"},
	{"c", `{answer: 70169}`, "failed", "70169", "transient", "4"},
	{"d", `{answer: http502}`, "failed", "502", "transient", "4"},
	{"e", `{attempt: 1, answer: http503, retry_after: 1s}`, "succeeded", "0", "success", "2"},
	{"f", `{answer: reset}`, "failed", "", "transient", "4"},
	{"g", `{attempt: 1-3, answer: commit-then-reset}`, "succeeded", "0", "success", "4"},
	{"h", `{answer: html}`, "failed", "", "transient", "4"},
	{"i", `{answer: empty}`, "failed", "", "transient", "4"},
	{"j", `{attempt: 1, answer: truncate}`, "succeeded", "0", "success", "2"},
	{"k", `{attempt: 1, answer: hang}`, "succeeded", "0", "success", "2"},
	{"l", `{answer: 70402}`, "failed", "70402", "row", "1"},
	{"m", `{answer: 40601}`, "failed", "40601", "row", "1"},
	{"n", `{answer: 70398}`, "quota_exceeded", "70398", "quota", "1"},
	{"o", ``, "succeeded", "0", "success", "1"}, // and one of them is throttled: each throttle pauses the run
	{"p", `{attempt: 1, answer: 70001}`, "succeeded", "0", "success", "1"},
	{"q", `{answer: 99999}`, "failed", "99999", "row", "1"},
	{"r", `{answer: 60028}`, "quota_exceeded", "60028", "quota", "1"},
	{"s", `{attempt: 1, answer: 70348}`, "succeeded", "0", "success", "2"},
	{"t", `{answer: 80001}`, "failed", "80001", "row", "1"},
}

// faulty is a world of rows of every fate.
func faulty(t *testing.T, rows int) *world {
	w := newWorld(t, 0)
	var input, scenario strings.Builder
	input.WriteString("UserID,Nick,note\n")
	for row := 1; row <= rows; row++ {
		fmt.Fprintf(&input, "u%d%s,n,\n", row, fates[row%len(fates)].letter)
	}
	scenario.WriteString("steps:\n  - {userid: u14o, attempt: 1-2, answer: 60007}\n")
	for _, f := range fates {
		if f.steps != "" {
			fmt.Fprintf(&scenario, "  - %s\n", strings.Replace(f.steps, "{", `{userid: "*`+f.letter+`", `, 1))
		}
	}
	require.NoError(t, os.WriteFile(w.input, []byte(input.String()), 0o600))
	w.setScenario(scenario.String())
	w.options.Rate, w.options.MaxAttempts, w.options.OnQuota, w.options.Timeout, w.options.Workers = 20_000, 4, "continue", 300*time.Millisecond, 40
	return w
}

func TestEachRowEndsWhereTheTableSaysWithItsCodeAndTries(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // calls that hang end when the client's time is up, and no other call does
		const rows = 3000
		w := faulty(t, rows)
		secrets := w.listen()
		s, err := w.run(w.options)
		require.NoError(t, err)
		w.requireSums(s)
		assert.EqualValues(t, rows, s.Rows.Read)
		wrong := 0
		for row, got := range w.outcomes(rows) {
			want := fates[row%len(fates)]
			if got.file != want.file || got.code != want.code || got.class != want.class || got.attempts != want.attempts {
				wrong++
				assert.Less(t, wrong, 5, "row %d, fate %s: %+v", row, want.letter, got)
			}
		}
		assert.Zero(t, wrong)
		secrets()
	})
}

func TestInBatchesEachRowEndsWhereTheSingleCommandPutsIt(t *testing.T) {
	t.Parallel()
	const rows = 4000
	scenario := `
steps:
  - {userid: "u*7", attempt: 1, answer: 70500}
  - {userid: "u*13", answer: 70402}
  - {userid: "u*29", answer: 70169}
  - {userid: "u*101", answer: 40601}
  - {userid: "u*55", attempt: 1, answer: reset}
  - {userid: "u*66", attempt: 1, answer: http502}
  - {userid: "u*88", attempt: 1, answer: truncate}
  - {userid: "u*111", attempt: 1, answer: html}
`
	var single map[int]line
	for _, batch := range []int{1, 100, 7} {
		for _, whole := range []bool{false, true} {
			w := newWorld(t, rows)
			require.NoError(t, w.sandbox.ChangeRules(func(r *sandbox.Rules) { r.WholeBatch = whole }))
			w.setScenario(scenario)
			w.write(rows+1, rows+1)
			input, err := os.ReadFile(w.input)
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(w.input, append(input, []byte(strings.Repeat("x", 33)+",long,\nu1,again,\n")...), 0o600))
			w.options.Batch, w.options.MaxAttempts = batch, 4
			s, err := w.run(w.options)
			require.NoError(t, err)
			w.requireSums(s)
			got := w.outcomes(rows + 3)
			if single == nil {
				single = got
				continue
			}
			for row := range got {
				require.Equal(t, single[row].file+single[row].code+single[row].class, got[row].file+got[row].code+got[row].class, "row %d (%s), batch of %d", row, got[row].userID, batch)
			}
			account, _ := w.sandbox.Account("u1")
			assert.Equal(t, "again", account.Nick, "the later row wins")
		}
	}
}

func TestAUserSigThatIsRefusedFromSomeCallOnCostsNoRow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1000).apart()
		w.setScenario("usersig: {from_call: 300}")
		secrets := w.listen()
		s, err := w.run(w.options)
		require.NoError(t, err)
		assert.EqualValues(t, 1000, s.Rows.Succeeded)
		assert.EqualValues(t, 0, s.Retries)
		assert.LessOrEqual(t, s.Requests, int64(1000+3*w.options.Workers))
		for _, line := range w.outcomes(1000) {
			require.Equal(t, "1", line.attempts)
		}
		secrets()
	})
}

func TestARefusedAppStopsTheRunWithTheSettingToMend(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(*im.Config)
		yaml   string
		code   string
		hint   string
	}{
		{"wrong key", func(c *im.Config) { c.SecretKey = strings.Repeat("0", 64) }, "", "70009", "--secret-key-file"},
		{"wrong admin", func(c *im.Config) { c.Identifier = "nobody" }, "", "70403", "--identifier"},
		{"wrong app", func(c *im.Config) { c.SDKAppID = 1 }, "", "70020", "--sdkappid"},
		{"wrong region", nil, `steps: [{answer: 60026}]`, "60026", "--region"},
		{"admin lost in mid-run", nil, `outages: [{calls: 300-, answer: 70403}]`, "70403", "--identifier"},
		{"ready UserSig runs out", func(c *im.Config) { c.SecretKey, c.UserSig = "", "eJwAAAA*nonsense" }, "", "70003", "whole"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, 1000).apart()
				if c.yaml != "" {
					w.setScenario(c.yaml)
				}
				secrets := w.listen()
				if c.change != nil {
					c.change(&w.client)
				}
				s, err := w.run(w.options)
				e := faulttest.Require(t, err, 5)
				assert.ErrorContains(t, err, c.code)
				assert.Contains(t, e.Hint.Say(faulttest.Program{}), c.hint)
				w.requireSums(s)
				assert.Zero(t, s.Rows.Failed)
				assert.LessOrEqual(t, s.Requests-s.Rows.Succeeded, int64(w.options.Workers+3))
				secrets(fmt.Sprintf("%v %+v %q", e, e, e.Hint))
			})
		})
	}
}

// listen keeps every log line, and returns a check that neither the logs, nor the texts it is given, nor any
// file of the job hold the key or a UserSig.
func (w *world) listen() (check func(texts ...string)) {
	var logs bytes.Buffer
	w.host.Log = slog.New(slog.NewJSONHandler(&logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
	return func(texts ...string) {
		all := logs.String() + strings.Join(texts, "\n")
		require.NoError(w.t, filepath.WalkDir(w.dir, func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				content, readErr := os.ReadFile(path)
				require.NoError(w.t, readErr)
				all += string(content)
			}
			return err
		}))
		require.NotEmpty(w.t, all)
		for _, secret := range []string{secretKey, url.QueryEscape(secretKey), "usersig=", "eJw"} { // a UserSig is zlib in base64: it begins so
			assert.NotContains(w.t, all, secret)
		}
	}
}
