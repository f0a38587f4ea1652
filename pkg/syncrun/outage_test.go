package syncrun_test

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/pkg/fault"
	"imimport/pkg/im"
	"imimport/pkg/option"
	"imimport/pkg/syncrun"
	"imimport/retry"
)

// stricken has an outage from one moment to another.
type stricken struct {
	http.RoundTripper
	from, to time.Time
}

func (s *stricken) RoundTrip(r *http.Request) (*http.Response, error) {
	time.Sleep(time.Millisecond)
	if now := time.Now(); now.After(s.from) && now.Before(s.to) {
		return &http.Response{StatusCode: http.StatusBadGateway, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
	}
	return s.RoundTripper.RoundTrip(r)
}

// Deleting and asking last through an outage, as the rows do; the next sync goes on where one lasts too long.
func TestAnOutageStopsASyncThatDeletesOrAsksOnlyIfItLastsTooLong(t *testing.T) {
	for _, rebuild := range []string{"", syncrun.FromService} {
		for length, want := range map[time.Duration]fault.Kind{time.Minute: fault.None, time.Hour: fault.Unreachable} {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				_, _, err := w.sync("UserID\na\nb\n")
				require.NoError(t, err)
				began := time.Now()
				client, err := im.New(im.Config{Endpoint: "https://im.example.com", SDKAppID: w.cfg.Binding.SDKAppID, Identifier: "administrator",
					SecretKey: secretKey, Transport: &stricken{&w.calls, began, began.Add(length)}})
				require.NoError(t, err)
				w.cfg.Client = func(context.Context) (syncrun.Client, error) { return client, nil }
				w.cfg.Delete, w.cfg.MaxGone, w.cfg.Rebuild = rebuild == "", option.Bound{Set: true, N: 1}, rebuild
				w.cfg.Bulk.Policy, w.cfg.Bulk.MaxOutage = retry.Policy{MaxAttempts: 2}, 10*time.Minute
				s, _, err := w.sync("UserID\na\n")
				require.Equal(t, want, fault.KindOf(err), "%v", err)
				if want == fault.None {
					assert.Greater(t, time.Since(began), length)
					return
				}
				assert.InDelta(t, 600, time.Since(began).Seconds(), 3)
				if rebuild == "" {
					assert.Equal(t, 8, s.ExitCode)
					assert.Equal(t, "unreachable", s.StopReason)
					assert.Equal(t, w.cfg.Command, s.Next)
				}
			})
		}
	}
}
