package main

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestWithJSONEveryLineIsJSONAndTheLastSaysHowItEnded runs what ends in each way. Before, the summary and errors were text.
func TestWithJSONEveryLineIsJSONAndTheLastSaysHowItEnded(t *testing.T) {
	endpoint, rules := printedService(t, "")
	target := " --endpoint " + endpoint + " --sdkappid 1400000000 --secret-key-file key.txt"
	type end struct {
		Event, State, Reason, Next string
		ExitCode                   int `json:"exit_code"`
		Rows                       struct{ Read, Succeeded, Failed int64 }
	}
	for _, c := range []struct {
		name, args, rules, env string
		want                   end
	}{
		{name: "complete", args: "run good.csv --log-format json" + target, want: end{State: "complete"}},
		{name: "a bar is a line", args: "run good.csv --job b --progress bar --log-format json" + target, want: end{State: "complete"}},
		{name: "failed rows", args: "run users.csv --log-format=json" + target, want: end{State: "complete", ExitCode: 1}},
		{name: "stopped", args: "run users.csv --job c --limit 1" + target, env: "json", want: end{State: "stopped", Reason: "limit", ExitCode: 7, Next: "imimport resume c --secret-key-file key.txt"}},
		{name: "refused", args: "run good.csv --job d" + target, env: "json", rules: "--fault 60026=100%", want: end{State: "stopped", Reason: "refused", ExitCode: 5, Next: "imimport resume d --secret-key-file key.txt"}},
		{name: "usage", args: "run --rate nonsense --log-format json", want: end{State: "stopped", Reason: "usage", ExitCode: 2}},
		{name: "an unknown flag", args: "run good.csv --nonsense --log-format json", want: end{State: "stopped", Reason: "usage", ExitCode: 2}},
		{name: "no such command", args: "nonsense", env: "json", want: end{State: "stopped", Reason: "usage", ExitCode: 2}},
		{name: "a check", args: "check good.csv", env: "json", want: end{State: "complete"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			rules(c.rules)
			a, _, stderr := testApp(t, map[string]string{"IMIMPORT_LOG_FORMAT": c.env}, strings.Fields(c.args)...)
			code := a.run(t.Context())
			var got end
			for line := range strings.Lines(stderr.String()) {
				got = end{}
				require.NoError(t, json.Unmarshal([]byte(line), &got), line)
			}
			assert.Equal(t, "run.end", got.Event, stderr.String())
			assert.Equal(t, code, got.ExitCode)
			rows := got.Rows
			got.Event, got.Rows = "", c.want.Rows
			assert.Equal(t, c.want, got)
			if c.name == "failed rows" {
				assert.Equal(t, int64(5), rows.Read)
				assert.Equal(t, int64(1), rows.Failed)
			}
		})
	}
}

// TestMetricsKeepHowRunsEnded follows the file over three nights.
func TestMetricsKeepHowRunsEnded(t *testing.T) {
	endpoint, rules := printedService(t, "")
	night := "sync good.csv --state state --metrics-file m.prom --endpoint " + endpoint + " --sdkappid 1400000000 --secret-key-file key.txt"
	read := func() string {
		text, err := os.ReadFile("m.prom")
		require.NoError(t, err)
		return string(text)
	}
	line := func(text, prefix string) string {
		for l := range strings.Lines(text) {
			if strings.HasPrefix(l, prefix) {
				return l
			}
		}
		return ""
	}
	code, out := runPrinted(t, night)
	require.Equal(t, 0, code, out)
	first := read()
	assert.Contains(t, first, `imimport_last_run_exit_code{import_job="state"} 0`)
	assert.Contains(t, first, `imimport_running{import_job="state"} 0`)
	assert.Contains(t, first, `imimport_sync_rows{import_job="state",kind="new"} 2`)
	success := line(first, "imimport_last_success_timestamp_seconds{")
	assert.NotContains(t, success, "} 0\n")

	rules("--fault 60026=100%")
	require.NoError(t, os.WriteFile("good.csv", []byte("UserID\nx\ny\nz\n"), 0o600))
	code, out = runPrinted(t, night)
	require.Equal(t, 5, code, out)
	second := read()
	assert.Contains(t, second, `imimport_last_run_exit_code{import_job="state"} 5`)
	assert.Equal(t, success, line(second, "imimport_last_success_timestamp_seconds{"), "a failed night does not forget the last good one")
	assert.Contains(t, second, `imimport_sync_rows{import_job="state",kind="unchanged"} 2`)
}
