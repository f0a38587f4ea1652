package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/pkg/sandbox"
)

// startSandbox runs the command until the test ends, and returns what it printed at the start.
func startSandbox(t *testing.T, args ...string) (lines []string, stderr *bytes.Buffer, stop func() error) {
	t.Helper()
	cmd := newSandboxCommand()
	cmd.SetArgs(append([]string{"--addr", "127.0.0.1:0"}, args...))
	out, in := io.Pipe()
	stderr = new(bytes.Buffer)
	cmd.SetOut(in)
	cmd.SetErr(stderr)
	cmd.SilenceUsage = true
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		err := cmd.ExecuteContext(ctx)
		_ = in.CloseWithError(io.EOF)
		ended <- err
	}()
	scanner := bufio.NewScanner(out)
	for len(lines) < 5 && scanner.Scan() {
		lines = append(lines, scanner.Text())
	}
	return lines, stderr, func() error {
		cancel()
		return <-ended
	}
}

func TestSandboxPrintsTheLineThatImportsIntoIt(t *testing.T) {
	ca := filepath.Join(t.TempDir(), "the ca.pem")
	lines, stderr, stop := startSandbox(t, "--tls", "--ca-out", ca)
	require.Len(t, lines, 5)
	url := regexp.MustCompile(`https://127\.0\.0\.1:\d+`).FindString(lines[1])
	key := regexp.MustCompile(`IMIMPORT_SECRET_KEY=([0-9a-f]{64}) `).FindStringSubmatch(lines[1])
	require.NotNil(t, key)
	assert.Equal(t, []string{
		"# by environment",
		"export IMIMPORT_SECRET_KEY=" + key[1] + " IMIMPORT_ENDPOINT=" + url + " IMIMPORT_SDKAPPID=1400000000 IMIMPORT_IDENTIFIER=administrator IMIMPORT_CA_FILE='" + ca + "'",
		"imimport run users.csv",
		"# or by flags",
		"IMIMPORT_SECRET_KEY=" + key[1] + " imimport run users.csv --endpoint " + url + " --sdkappid 1400000000 --identifier administrator --ca-file '" + ca + "'",
	}, lines)

	pem, err := os.ReadFile(ca)
	require.NoError(t, err)
	pool := x509.NewCertPool()
	require.True(t, pool.AppendCertsFromPEM(pem))
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}
	defer transport.CloseIdleConnections()
	resp, err := (&http.Client{Transport: transport}).Get(url)
	require.NoError(t, err)
	page, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	assert.NotContains(t, string(page), key[1])
	require.NoError(t, stop())
	assert.Contains(t, stderr.String(), "(this machine only)")
	assert.Contains(t, stderr.String(), "stopped after 0 calls, holding 0 accounts")
	assert.NotContains(t, stderr.String(), key[1])
}

func TestSandboxNeverPrintsAKeyThatItWasGiven(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key")
	require.NoError(t, os.WriteFile(file, []byte("hunter2\n"), 0o600))
	lines, stderr, stop := startSandbox(t, "--secret-key-file", file)
	require.NoError(t, stop())
	all := strings.Join(lines, "\n") + stderr.String()
	assert.NotContains(t, all, "hunter2")
	assert.NotContains(t, all, "SECRET_KEY")
	assert.True(t, strings.HasSuffix(lines[4], " --secret-key-file "+file), lines[4])
}

func TestSandboxFlagsAreTheRules(t *testing.T) {
	var o sandboxOptions
	scenario := filepath.Join(t.TempDir(), "scenario.yaml")
	require.NoError(t, os.WriteFile(scenario, []byte("quota: 7"), 0o600))
	cmd := new(cobra.Command)
	o.addServerFlags(cmd)
	o.addRuleFlags(cmd)
	require.NoError(t, cmd.ParseFlags(strings.Fields("--edition trial --quota none --limit account_import=50 --limit account_check=none --window fixed "+
		"--count-refused --retry-after 2s --deletion=false --deletion-bar 1h --empty-clears --keep-on-repeat --whole-batch --all-or-none-quota "+
		"--fault 70169=5% --fault reset=1% --outage 5s-15s --latency 60ms±20ms --seed 9 --scenario "+scenario)))
	require.NoError(t, o.read(strings.NewReader("")))
	assert.Equal(t, sandbox.EditionTrial, o.cfg.Rules.Edition)
	assert.Equal(t, sandbox.None, o.cfg.Rules.Quota)
	assert.Equal(t, map[string]int{"account_import": 50, "account_check": sandbox.None}, o.cfg.Rules.Limits)
	assert.Equal(t, []string{"70169=5%", "reset=1%"}, []string{o.cfg.Rules.Faults[0].String(), o.cfg.Rules.Faults[1].String()})
	assert.Equal(t, "60ms±20ms", o.cfg.Rules.Latency.String())
	assert.Equal(t, 7, o.cfg.Scenario.Quota)
	assert.Len(t, o.cfg.Scenario.Outages, 1)
	assert.EqualValues(t, 9, o.cfg.Seed)
	r := o.cfg.Rules
	assert.True(t, r.CountRefused && r.NoDeletion && r.EmptyClears && r.KeepOnRepeat && r.WholeBatch && r.AllOrNoneQuota)
}

func TestSandboxRefusesEveryBadFlagAtOnce(t *testing.T) {
	cmd := newSandboxCommand()
	cmd.SetArgs(strings.Fields("--quota 0 --limit account_import=x --fault explode=1% --outage now --latency soon --deletion-bar never --retry-after late --scenario nowhere.yaml --secret-key-file nowhere --cert only.pem"))
	cmd.SetOut(io.Discard)
	cmd.SetErr(io.Discard)
	err := cmd.ExecuteContext(t.Context())
	for _, flag := range []string{"quota", "limit", "fault", "outage", "latency", "deletion-bar", "retry-after", "scenario", "secret-key-file", "cert"} {
		assert.ErrorContains(t, err, "--"+flag+": ")
	}
}

func TestSandboxWritesItsCAOverNothingElse(t *testing.T) {
	file := filepath.Join(t.TempDir(), "users.csv")
	require.NoError(t, os.WriteFile(file, []byte("UserID\nu1\n"), 0o600))
	_, _, stop := startSandbox(t, "--tls", "--ca-out", file)
	require.ErrorContains(t, stop(), "is not written over")
	_, _, stop = startSandbox(t, "--tls", "--ca-out", os.DevNull)
	require.ErrorContains(t, stop(), "is no file that could be replaced")
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, "UserID\nu1\n", string(text))
}
