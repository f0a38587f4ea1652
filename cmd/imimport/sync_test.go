package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/pkg/checkpoint"
)

func TestASecondSyncFailsOrIsSkippedInOneLine(t *testing.T) {
	state := t.TempDir()
	input := filepath.Join(t.TempDir(), "users.csv")
	require.NoError(t, os.WriteFile(input, []byte("UserID\nu1\n"), 0o600))
	lock, err := checkpoint.Lock(state)
	require.NoError(t, err)
	defer lock.Unlock() //nolint:errcheck // the test is over

	env := map[string]string{"IMIMPORT_ENDPOINT": "http://127.0.0.1:1", "IMIMPORT_SDKAPPID": "1400000000", "IMIMPORT_SECRET_KEY": strings.Repeat("0123456789abcdef", 4)}
	a, _, stderr := testApp(t, env, "sync", input, "--state", state)
	assert.Equal(t, 6, a.run(context.Background()))
	assert.Contains(t, stderr.String(), "imimport: error: another sync works on this state: "+state+"\nimimport: hint: wait for it")

	a, _, stderr = testApp(t, env, "sync", input, "--state", state, "--if-running", "skip")
	assert.Equal(t, 0, a.run(context.Background()))
	assert.Equal(t, "imimport: skipped: another sync works on this state: "+state+"\n", stderr.String())
}
