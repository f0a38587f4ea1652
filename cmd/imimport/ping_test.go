package main

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tencentyun/tls-sig-api-v2-golang/tencentyun"
)

func TestPingTellsWhetherTheTargetIsRight(t *testing.T) {
	endpoint, rules := printedService(t, "")
	target := "ping --endpoint " + endpoint + " --sdkappid 1400000000"
	right := target + " --secret-key-file key.txt"
	require.NoError(t, os.WriteFile("other.txt", []byte(strings.Repeat("f", 64)), 0o600))
	for name, c := range map[string]struct {
		args, rules string
		exits       int
		says        []string
	}{
		"right":                {right, "", 0, []string{"accepted: key, admin, app and region fit together", "made here", "clock    right, to about a second", "latency  "}},
		"another app's key":    {target + " --secret-key-file other.txt", "", 5, []string{"error: the target does not answer as it should: 70009 ", "hint: use this app's own key (--secret-key-file)"}},
		"not an admin":         {right + " --identifier nobody", "", 5, []string{"error: the target", "hint: name an app admin of the console with --identifier"}},
		"another region":       {right, "--fault 60026=100%", 5, []string{"60026", "hint: "}},
		"called too often":     {right, "--fault 60011=100%", 0, []string{"accepted", "note     the answer was 60011"}},
		"the service is ill":   {right, "--fault 70500=100%", 8, []string{"70500"}},
		"nobody is there":      {"ping --endpoint http://127.0.0.1:1 --sdkappid 1400000000 --secret-key-file key.txt", "", 8, []string{"connect to 127.0.0.1:1"}},
		"nothing says where":   {"ping --secret-key-file key.txt", "", 2, []string{"nothing says where"}},
		"it takes no argument": {right + " users.csv", "", 2, []string{"takes no arguments"}},
	} {
		t.Run(name, func(t *testing.T) {
			rules(c.rules)
			code, out := runPrinted(t, c.args)
			assert.Equal(t, c.exits, code, out)
			for _, text := range c.says {
				assert.Contains(t, out, text)
			}
		})
	}
}

func TestPingAndDryRunTellWhenAReadyUserSigEnds(t *testing.T) {
	endpoint, _ := printedService(t, "")
	key, err := os.ReadFile("key.txt")
	require.NoError(t, err)
	sig, err := tencentyun.GenUserSig(1400000000, string(key), "administrator", 3600)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile("sig.txt", []byte(sig), 0o600))
	target := " --endpoint " + endpoint + " --sdkappid 1400000000 --usersig-file sig.txt"
	code, out := runPrinted(t, "ping --json"+target)
	require.Equal(t, 0, code, out)
	var p pong
	require.NoError(t, json.Unmarshal([]byte(out), &p))
	assert.WithinDuration(t, time.Now().Add(time.Hour), p.SigEnds, time.Minute)
	assert.NotContains(t, out, sig)

	rows := "UserID\n" + strings.Repeat("a\nb\nc\nd\n", 10)
	require.NoError(t, os.WriteFile("many.csv", []byte(rows), 0o600))
	_, out = runPrinted(t, "run many.csv --dry-run --rate 1"+target)
	assert.NotContains(t, out, "warning: the UserSig")
	_, out = runPrinted(t, "run many.csv --dry-run --rate 0.01"+target)
	assert.Contains(t, out, "warning: the UserSig ends ")
	assert.Contains(t, out, "the service was not asked")
}
