package im_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/pkg/im"
)

func TestConnectionsAreKeptAndNeverMoreThanAskedFor(t *testing.T) {
	var opened, open, most, calls atomic.Int64
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, 1, r.ProtoMajor)
		switch calls.Add(1) % 4 {
		case 0:
			w.WriteHeader(http.StatusBadGateway)
			_, _ = io.WriteString(w, strings.Repeat("x", 100_000)) // drained too
		case 1:
			_, _ = io.WriteString(w, strings.Repeat("<html>", 10_000))
		default:
			_, _ = io.WriteString(w, ok)
		}
	}))
	s.EnableHTTP2 = true // offered, and not taken
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			opened.Add(1)
			for now := open.Add(1); ; {
				if old := most.Load(); now <= old || most.CompareAndSwap(old, now) {
					return
				}
			}
		case http.StateClosed, http.StateHijacked:
			open.Add(-1)
		}
	}
	s.StartTLS()
	t.Cleanup(s.Close)
	const connections = 4
	c := newClient(t, s.URL, func(cfg *im.Config) { cfg.Connections, cfg.CAPEM = connections, pemOf(s.Certificate()) })
	var group sync.WaitGroup
	for range 2 * connections {
		group.Go(func() {
			for range 25 {
				c.Import(t.Context(), im.Account{UserID: "u1"})
			}
		})
	}
	group.Wait()
	assert.LessOrEqual(t, opened.Load(), int64(connections))
	assert.LessOrEqual(t, most.Load(), int64(connections))
	assert.EqualValues(t, 200, calls.Load())
}

func TestARedirectIsNotFollowed(t *testing.T) {
	elsewhere := server(t, func(http.ResponseWriter, *http.Request) { t.Error("the UserSig went elsewhere") })
	for _, code := range []int{301, 302, 303, 307, 308} {
		here := server(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, elsewhere+"/?"+r.URL.RawQuery, code) })
		a := newClient(t, here, nil).Import(t.Context(), im.Account{UserID: "u1"})
		assert.Equal(t, im.ClassTransient, a.Class)
		assert.ErrorContains(t, a.Err, strings.TrimPrefix(elsewhere, "http://"))
		assert.Contains(t, a.Hint().String(), "endpoint")
	}
}

// brokenConn is a kept connection that the other side has given up: writes fail after some bytes.
type brokenConn struct {
	net.Conn
	broken *atomic.Bool
	after  int
}

func (c *brokenConn) Write(b []byte) (int, error) {
	if !c.broken.Load() {
		return c.Conn.Write(b)
	}
	n, _ := c.Conn.Write(b[:c.after])
	return n, &net.OpError{Op: "write", Net: "tcp", Err: syscall.EPIPE}
}

func TestARequestIsReplayedOnlyWhenNotAByteOfItWasWritten(t *testing.T) {
	for name, after := range map[string]int{"nothing written": 0, "a byte written": 1} {
		t.Run(name, func(t *testing.T) {
			var calls, dials atomic.Int64
			var bodies []string
			endpoint := server(t, func(w http.ResponseWriter, r *http.Request) {
				calls.Add(1)
				body, _ := io.ReadAll(r.Body)
				bodies = append(bodies, string(body))
				_, _ = io.WriteString(w, ok)
			})
			broken := &atomic.Bool{}
			tr := &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
				conn, err := new(net.Dialer).DialContext(ctx, network, addr)
				if dials.Add(1) > 1 {
					return conn, err
				}
				return &brokenConn{conn, broken, after}, err
			}}
			c := newClient(t, endpoint, withTransport(tr))
			require.Equal(t, im.ClassSuccess, c.Import(t.Context(), im.Account{UserID: "u1"}).Class)
			broken.Store(true)
			a := c.Import(t.Context(), im.Account{UserID: "u2"})
			if after == 0 {
				assert.Equal(t, im.ClassSuccess, a.Class)
				assert.Equal(t, []string{`{"UserID":"u1"}`, `{"UserID":"u2"}`}, bodies)
				return
			}
			assert.Equal(t, im.ClassTransient, a.Class)
			assert.EqualError(t, a.Err, "write: broken pipe")
			assert.EqualValues(t, 1, calls.Load())
		})
	}
}

// Else the kernel would send the rest of a call that was given up whenever the service reads on, outside the rate limit.
func TestACallThatIsGivenUpIsNotSentAnyMore(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	ctx, giveUp := context.WithCancel(t.Context())
	answered := make(chan im.Answer, 1)
	c := newClient(t, "http://"+l.Addr().String(), nil)
	batch := slices.Repeat([]im.Account{{UserID: "u1", Nick: strings.Repeat("n", 500), FaceURL: strings.Repeat("f", 500)}}, 4000)
	go func() { answered <- c.ImportBatch(ctx, batch) }()

	conn, err := l.Accept()
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	_, err = conn.Read(make([]byte, 1)) // it is under way, and more than fits into what the service has not read
	require.NoError(t, err)
	giveUp()
	assert.Equal(t, im.ClassTransient, (<-answered).Class)
	_, err = io.Copy(io.Discard, conn)
	assert.ErrorIs(t, err, syscall.ECONNRESET)
}

func TestProxiesOfTheEnvironmentAreUsedButForLoopbackAddresses(t *testing.T) {
	proxied := make(chan string, 1)
	proxy := server(t, func(w http.ResponseWriter, r *http.Request) {
		proxied <- r.Method + " " + r.Host
		w.WriteHeader(http.StatusForbidden)
	})
	direct := server(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, ok) })

	out := inProcess(t, "https://im.example.com", "HTTPS_PROXY="+strings.Replace(proxy, "http://", "http://me:hush@", 1))
	assert.Equal(t, "transient: Forbidden", out)
	assert.Equal(t, "CONNECT im.example.com:443", <-proxied)

	assert.Equal(t, "success: <nil>", inProcess(t, direct, "HTTP_PROXY="+proxy, "HTTPS_PROXY="+proxy))
	assert.Empty(t, proxied)
}

// inProcess makes one call in a process of its own, for net/http reads the environment once.
func inProcess(t *testing.T, endpoint string, env ...string) string {
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), append(env, "NO_PROXY=", "no_proxy=", "http_proxy=", "https_proxy=", "IM_TEST_ENDPOINT="+endpoint)...)
	out, err := cmd.Output()
	require.NoError(t, err)
	return string(out)
}
