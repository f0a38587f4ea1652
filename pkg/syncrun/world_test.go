package syncrun_test

import (
	"context"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"imimport/limiter"
	"imimport/pkg/bulk"
	"imimport/pkg/fault/faulttest"
	"imimport/pkg/im"
	"imimport/pkg/importer"
	"imimport/pkg/job"
	"imimport/pkg/sandbox"
	"imimport/pkg/sandbox/sandboxtest"
	"imimport/pkg/syncrun"
	"imimport/pkg/syncstate"
	"imimport/report"
	"imimport/retry"
)

// world is a service, a table and a state.
type world struct {
	t       *testing.T
	sandbox *sandbox.Sandbox
	calls   calls
	input   string
	cfg     syncrun.Config
	syncs   int
}

// calls counts what reaches the service.
type calls struct {
	sandboxtest.Transport
	mu     sync.Mutex
	window limiter.Window
	made   map[string]int // by path
}

func (c *calls) RoundTrip(r *http.Request) (*http.Response, error) {
	c.mu.Lock()
	c.window.Add(time.Now())
	c.made[filepath.Base(r.URL.Path)]++
	c.mu.Unlock()
	return c.Transport.RoundTrip(r)
}

const secretKey = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

func newWorld(t *testing.T) *world {
	limits := map[string]int{}
	for _, name := range []string{"account_import", "multiaccount_import", "account_check", "account_delete", "portrait_get"} {
		limits[name] = sandbox.None
	}
	service, err := sandbox.New(sandbox.Config{SecretKey: secretKey, Rules: sandbox.Rules{Limits: limits, DeletionBar: sandbox.None}})
	require.NoError(t, err)
	w := &world{t: t, sandbox: service, calls: calls{Transport: sandboxtest.Transport{Handler: service}, made: map[string]int{}}}
	dir := t.TempDir()
	w.input = filepath.Join(dir, "users.csv")
	target := job.Target{Endpoint: "https://im.example.com", SDKAppID: sandbox.DefaultSDKAppID, Identifier: sandbox.DefaultIdentifier}
	client, err := im.New(im.Config{Endpoint: target.Endpoint, SDKAppID: target.SDKAppID, Identifier: target.Identifier,
		SecretKey: secretKey, Transport: &w.calls})
	require.NoError(t, err)
	w.cfg = syncrun.Config{Dir: filepath.Join(dir, "state"), Inputs: []string{w.input}, Shrink: 1,
		Binding: syncstate.Binding{Endpoint: target.Endpoint, SDKAppID: target.SDKAppID},
		Options: job.Options{Target: target, Rate: -1, Workers: 4, RetryInitial: 1, RetryMax: 1},
		Host: job.Host{Voice: faulttest.Program{}, Log: slog.New(slog.DiscardHandler),
			Connect: func(context.Context, job.Options, int) (importer.Client, job.Target, error) {
				return client, target, nil
			}},
		Command: "imimport sync users.csv --state state",
		Client:  func(context.Context) (syncrun.Client, error) { return client, nil },
		Bulk:    bulk.Config{Workers: 4, Policy: retry.Policy{MaxAttempts: 2, Initial: 1, Max: 1}},
		Now: func() time.Time { // each sync has a name of its own
			w.syncs++
			return time.Date(2026, 1, 1, 0, 0, w.syncs, 0, time.UTC)
		}}
	return w
}

// sync is a sync of that table.
func (w *world) sync(table string) (report.Summary, syncrun.Plan, error) {
	w.t.Helper()
	require.NoError(w.t, os.WriteFile(w.input, []byte(table), 0o600))
	clear(w.calls.made)
	return syncrun.Run(w.t.Context(), w.cfg)
}

// accounts are those of the service, by UserID.
func (w *world) accounts() map[string]string {
	nicks := map[string]string{}
	for _, a := range w.sandbox.Accounts() {
		nicks[a.UserID] = a.Nick
	}
	return nicks
}
