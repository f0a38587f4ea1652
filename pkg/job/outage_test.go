package job_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/pkg/fault"
	"imimport/pkg/job"
	"imimport/pkg/option"
	"imimport/report"
)

// stricken is a service on net/http that is ill for a while: behind a gateway that answers 502, with connections that are
// reset, or with nobody who listens.
type stricken struct {
	how     string
	from    time.Time
	length  time.Duration
	service http.Handler
	conns   chan net.Conn

	mu    sync.Mutex
	asked []time.Time // while it was ill
}

func (s *stricken) ill() bool {
	now := time.Now()
	if now.Before(s.from) || now.Sub(s.from) >= s.length {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, now)
	return true
}

func (s *stricken) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	if s.how == "nobody listens" && s.ill() {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Addr: &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 443}, Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	}
	client, server := net.Pipe()
	select {
	case s.conns <- server:
		return client, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (s *stricken) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case s.how == "nobody listens" && time.Now().After(s.from): // who listens again has no old connections
		w.Header().Set("Connection", "close")
	case s.how == "502" && s.ill():
		w.WriteHeader(http.StatusBadGateway)
		return
	case s.how == "reset" && s.ill():
		panic(http.ErrAbortHandler)
	}
	s.service.ServeHTTP(w, r)
}

// Accept, Close and Addr make a listener of it.
func (s *stricken) Accept() (net.Conn, error) {
	c, ok := <-s.conns
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}
func (s *stricken) Close() error   { return nil }
func (s *stricken) Addr() net.Addr { return &net.UnixAddr{} }

// strike has a world's calls go through net/http to a service that is ill from 2 s on.
func (w *world) strike(how string, length time.Duration) *stricken {
	s := &stricken{how: how, from: time.Now().Add(2 * time.Second), length: length, service: w.sandbox, conns: make(chan net.Conn)}
	server := &http.Server{Handler: s}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(s) }) // ends with conns
	transport := &http.Transport{DialTLSContext: s.dial, MaxIdleConnsPerHost: 100}
	if how == "nobody listens" {
		transport.DisableKeepAlives = true
	}
	w.client.Transport = transport
	w.t.Cleanup(func() {
		close(s.conns)
		transport.CloseIdleConnections()
		_ = server.Close()
		serving.Wait()
	})
	return s
}

func TestAnOutageOverHTTPCostsNoRow(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"502", "reset", "nobody listens"} {
		for most, length := range map[time.Duration]time.Duration{0: time.Minute, 20 * time.Second: 25 * time.Second} {
			t.Run(fmt.Sprint(how, " for ", length), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t, 800)
					ill := w.strike(how, length)
					s, err := w.run(job.Options{Rate: 200, Target: w.options.Target, MaxErrors: option.Bound{Set: true, Share: true, Percent: 1}, MaxOutage: most})
					if most > 0 {
						requireStopped(t, w, s, err)
						time.Sleep(10 * time.Second)
						s, err = w.resume(nil)
					}
					require.NoError(t, err)
					assert.Equal(t, report.Rows{Read: 800, Succeeded: 800}, s.Rows)
					assert.Zero(t, s.ExitCode)
					for row, line := range w.outcomes(800) {
						require.Equal(t, "1", line.attempts, "row %d", row)
					}
					for i, at := range ill.asked {
						if i >= 5 && at.Sub(ill.from) > 4*time.Second {
							require.Greater(t, at.Sub(ill.asked[i-5]), time.Second, "more than five calls in a second")
						}
					}
					assert.Less(t, len(ill.asked), 700+2*int(length.Seconds()))
				})
			})
		}
	}
}

func requireStopped(t *testing.T, w *world, s report.Summary, err error) {
	t.Helper()
	require.Equal(t, fault.Unreachable, fault.KindOf(err), "%v", err)
	assert.Equal(t, 8, s.ExitCode)
	assert.Equal(t, "unreachable", s.StopReason)
	assert.Contains(t, s.Error, "no good answer from https://sandbox.example.com since ")
	assert.Contains(t, s.Hint, "--max-outage")
	assert.True(t, strings.HasPrefix(s.Next, "imimport resume "), s.Next)
	assert.Zero(t, s.Rows.Failed)
	assert.Positive(t, s.Rows.NotAttempted)
	w.requireSums(s)
}
