package verify_test

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/pkg/bulk"
	"imimport/pkg/im"
	"imimport/pkg/sandbox"
	"imimport/pkg/verify"
	"imimport/reader"
	"imimport/retry"
)

// world is a service with accounts, and a file of rows.
func world(t *testing.T, rows int) (*sandbox.Running, verify.Config) {
	none := sandbox.None
	limits := map[string]int{"account_import": none, "multiaccount_import": none, "account_check": none, "portrait_get": none}
	running, err := sandbox.Start(sandbox.Config{PlainHTTP: true, Rules: sandbox.Rules{Limits: limits}})
	require.NoError(t, err)
	t.Cleanup(func() { _ = running.Close() })
	client, err := im.New(im.Config{Endpoint: running.URL(), SDKAppID: running.SDKAppID, Identifier: running.Identifier, SecretKey: running.SecretKey, Connections: 8})
	require.NoError(t, err)
	dir := t.TempDir()
	var b strings.Builder
	b.WriteString("UserID,Nick,FaceUrl\n")
	var batch []im.Account
	for i := range rows {
		fmt.Fprintf(&b, "u%d,Nick %d,\n", i, i)
		nick := fmt.Sprint("Nick ", i)
		switch i % 1000 {
		case 17:
			continue // never imported
		case 18:
			nick = "another"
		}
		if batch = append(batch, im.Account{UserID: fmt.Sprint("u", i), Nick: nick, FaceURL: "https://a.example/x"}); len(batch) == 100 || i == rows-1 {
			require.Equal(t, im.ClassSuccess, client.ImportBatch(t.Context(), batch).Class)
			batch = batch[:0]
		}
	}
	if len(batch) > 0 {
		require.Equal(t, im.ClassSuccess, client.ImportBatch(t.Context(), batch).Class)
	}
	input := filepath.Join(dir, "users.csv")
	require.NoError(t, os.WriteFile(input, []byte(b.String()), 0o600))
	return running, verify.Config{Inputs: []string{input}, Dir: dir, Client: client, NoLimit: true, Workers: 8,
		Policy: retry.Policy{Initial: 1, Max: 1}, Log: slog.New(slog.DiscardHandler)}
}

func lines(t *testing.T, path string) []string {
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	return strings.Split(strings.TrimSpace(string(content)), "\n")
}

func TestEachPlantedDifferenceIsFoundAndNothingElse(t *testing.T) {
	running, cfg := world(t, 5000)
	cfg.Profiles = true
	for name, scenario := range map[string]string{
		"calm":          "steps: []",
		"faults":        "steps: [{userid: \"u1?00\", attempt: 2, answer: http502}, {userid: \"u2?00\", attempt: 2-3, answer: reset}]",
		"broken answer": "steps: [{userid: \"u3?00\", attempt: 3-4, answer: html}, {userid: \"u4?00\", attempt: 3, answer: truncate}]",
		"expired sig":   fmt.Sprintf("usersig: {from_call: %d}", running.Stats().Calls+120),
	} {
		sc, err := sandbox.ParseScenario([]byte(scenario))
		require.NoError(t, err)
		require.NoError(t, running.SetScenario(sc))
		r, err := verify.Run(t.Context(), cfg)
		require.NoError(t, err, name)
		assert.EqualValues(t, 5000, r.Rows, name)
		assert.EqualValues(t, 4995, r.Present, name)
		assert.EqualValues(t, 5, r.Missing, name)
		assert.EqualValues(t, 5, r.Different, name)
		assert.False(t, r.Agrees())
		assert.Len(t, lines(t, r.MissingFile), 6, name)
		assert.Contains(t, lines(t, r.MissingFile), "u17,Nick 17,,18,,missing,the service has no such account,0", name)
		assert.Len(t, lines(t, r.DifferentFile), 6, name)
		assert.Contains(t, lines(t, r.DifferentFile), "u18,Nick 18,,19,,different,another Nick,0,another,https://a.example/x", name)
	}
}

// A code in place of an account's answer says nothing about the account.
func TestAnAccountIsMissingOnlyWhereTheServiceSaysSo(t *testing.T) {
	running, cfg := world(t, 300)
	cfg.Profiles = true
	sc, err := sandbox.ParseScenario([]byte(`steps:
  - {userid: u5, command: account_check, attempt: 2-4, answer: 70169}
  - {userid: u6, command: account_check, answer: 70169}
  - {userid: u7, command: account_check, answer: 70051}
  - {userid: u8, command: portrait_get, answer: 40006}
  - {userid: u9, command: portrait_get, attempt: 3-4, answer: 40006}
`))
	require.NoError(t, err)
	require.NoError(t, running.SetScenario(sc))
	r, err := verify.Run(t.Context(), cfg)
	require.NoError(t, err)
	assert.EqualValues(t, 300, r.Rows)
	assert.EqualValues(t, 297, r.Present)
	assert.EqualValues(t, 1, r.Missing)
	assert.EqualValues(t, 2, r.NotKnown)
	assert.EqualValues(t, 1, r.NotCompared)
	assert.EqualValues(t, 1, r.Different)
	assert.Equal(t, []verify.CodeRows{{Code: 40006, Rows: 1, Meaning: im.Lookup(40006).Meaning}, {Code: 70051, Rows: 1, Meaning: im.Lookup(70051).Meaning},
		{Code: 70169, Rows: 1, Meaning: im.Lookup(70169).Meaning}}, r.ByCode)
	assert.EqualValues(t, 3+7+3+7, r.Requests, "3 calls of each command, and 8 tries")
	for path, id := range map[string]string{r.MissingFile: "u17", r.DifferentFile: "u18"} {
		found := lines(t, path)
		require.Len(t, found, 2)
		assert.Contains(t, found[1], id+",")
	}
	for _, r := range []verify.Result{{NotKnown: 1}, {NotCompared: 1}} {
		assert.False(t, r.Agrees())
	}
}

func TestWhatEndsAVerification(t *testing.T) {
	running, cfg := world(t, 300)
	stop := make(chan struct{})
	close(stop)
	stopped := cfg
	stopped.Stop = stop
	_, err := verify.Run(t.Context(), stopped)
	require.ErrorIs(t, err, bulk.ErrStopped)

	wrong := cfg
	var refused *bulk.RefusedError
	wrong.Client, err = im.New(im.Config{Endpoint: running.URL(), SDKAppID: running.SDKAppID, Identifier: running.Identifier, SecretKey: strings.Repeat("00", 32)})
	require.NoError(t, err)
	_, err = verify.Run(t.Context(), wrong)
	require.ErrorAs(t, err, &refused)
	require.NoError(t, running.Close())
	_, err = verify.Run(t.Context(), cfg)
	require.ErrorAs(t, err, &refused)
	assert.ErrorContains(t, err, "no answer after all tries")

	cfg.Inputs = []string{filepath.Join(cfg.Dir, "none.csv")}
	var input *reader.InputError
	_, err = verify.Run(t.Context(), cfg)
	require.ErrorAs(t, err, &input)
}
