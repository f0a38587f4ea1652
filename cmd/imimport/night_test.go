package main

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/pkg/fault"
)

// TestQuietNights follows what cron would mail.
func TestQuietNights(t *testing.T) {
	endpoint, rules := printedService(t, "")
	target := " --endpoint " + endpoint + " --sdkappid 1400000000 --secret-key-file key.txt"
	night := "sync users.csv --state state" + target

	code, out := runPrinted(t, "run good.csv --quiet"+target)
	assert.Equal(t, 0, code)
	assert.Empty(t, out, "all is well: not a word")
	code, out = runPrinted(t, "run good.csv --job j --quiet --json"+target)
	assert.Equal(t, 0, code)
	assert.True(t, strings.HasPrefix(out, "{\n"), out)
	require.NoError(t, os.Chmod("key.txt", 0o644)) //nolint:gosec // the warning is what is looked for
	code, out = runPrinted(t, "run users.csv --quiet"+target)
	require.NoError(t, os.Chmod("key.txt", 0o600))
	assert.Equal(t, 1, code)
	assert.Contains(t, out, "complete: 4 of 5 rows succeeded\n")
	assert.Contains(t, out, " WARN ", "warnings come with the summary")
	assert.NotContains(t, out, "importing into")
	code, out = runPrinted(t, "run users.csv --job k --quiet --rate x"+target)
	assert.Equal(t, 2, code)
	assert.Contains(t, out, "error: --rate")

	code, out = runPrinted(t, night)
	require.Equal(t, 1, code, out)
	assert.Contains(t, out, "  failed          1")
	code, out = runPrinted(t, night)
	require.Equal(t, 1, code, out)
	assert.Contains(t, out, "the same 1 row failed as in the last sync: see state/nights/")
	assert.NotContains(t, out, "  failed  ", "in one line")
	require.NoError(t, os.WriteFile("users.csv", []byte(printedRows+",Another\n"), 0o600))
	code, out = runPrinted(t, night)
	require.Equal(t, 1, code, out)
	assert.NotContains(t, out, "the same")

	rules("--quota 1")
	require.NoError(t, os.WriteFile("good.csv", []byte("UserID\nnew1\nnew2\n"), 0o600))
	code, out = runPrinted(t, "sync good.csv --state other --tolerate 100% --on-quota continue"+target)
	assert.Equal(t, 1, code, "the quota is not tolerated: "+out)
}

func TestFailedRowsThatAreKnownAreTolerated(t *testing.T) {
	endpoint, _ := printedService(t, "")
	target := " --endpoint " + endpoint + " --sdkappid 1400000000 --secret-key-file key.txt"
	for args, want := range map[string]int{
		"run users.csv --job a --tolerate 1":                     0,
		"run users.csv --job b --tolerate 20%":                   0,
		"run users.csv --job c --tolerate 19%":                   1,
		"run users.csv --job d --tolerate 0":                     1,
		"run users.csv --job e --tolerate 5 --max-errors 0":      3,
		"sync users.csv --state state --tolerate 20%":            0, // of the rows of the files
		"sync users.csv --state state --tolerate 20% --rate 100": 0, // though only the bad one is sent
	} {
		code, out := runPrinted(t, args+target)
		assert.Equal(t, want, code, "%s\n%s", args, out)
		if want == 0 {
			assert.Contains(t, out, "which is tolerated: see ")
			assert.NotContains(t, out, "  failed  ")
		}
	}
	code, out := runPrinted(t, "run users.csv --job q --tolerate 1 --quiet"+target)
	assert.Equal(t, 0, code)
	assert.Empty(t, out)
}

// TestAnInterruptBeforeThereIsAJobSaysHowToStartAgain: there was no command at all.
func TestAnInterruptBeforeThereIsAJobSaysHowToStartAgain(t *testing.T) {
	a, _, stderr := testApp(t, nil, "run", "my users.csv", "--region", "china", "--identifier", strings.Repeat("f", 64))
	assert.Equal(t, 130, a.end(fault.New(fault.Interrupted, fault.Hint{}, "interrupted")))
	assert.True(t, strings.HasSuffix(stderr.String(), "\nto start it again:\nimimport run 'my users.csv' --region china --identifier VALUE\n"), stderr.String())
}
