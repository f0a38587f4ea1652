package sandbox_test

import (
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/pkg/fault"
	"imimport/pkg/sandbox"
)

func TestAPanicEndsOneCallAndCloseReturnsIt(t *testing.T) {
	var broken atomic.Bool
	r, err := sandbox.Start(sandbox.Config{PlainHTTP: true, SecretKey: key, Now: func() time.Time {
		if broken.Load() {
			panic("no clock")
		}
		return time.Now()
	}})
	require.NoError(t, err)
	transport := new(http.Transport)
	defer transport.CloseIdleConnections()
	client := http.Client{Transport: transport}
	call := func() error {
		resp, err := client.Post(r.URL()+importTarget(t), "application/json", strings.NewReader(`{"UserID":"ann"}`))
		if err == nil {
			err = resp.Body.Close()
		}
		return err
	}
	broken.Store(true)
	require.ErrorIs(t, call(), io.EOF)
	broken.Store(false)
	require.NoError(t, call())
	err = r.Close()
	require.ErrorContains(t, err, "internal fault: no clock")
	assert.Equal(t, fault.Internal, fault.KindOf(err))
	assert.NotContains(t, err.Error(), "goroutine")
}

// A page whose name resolves to 127.0.0.1 by DNS rebinding could read and reset the sandbox.
func TestAnotherSitesNameIsRefusedOnLoopback(t *testing.T) {
	s, client := start(t, sandbox.Config{PlainHTTP: true})
	for path, method := range map[string]string{"/": "GET", "/_sandbox/accounts": "GET", "/_sandbox/reset": "POST"} {
		for host, status := range map[string]int{"evil.example": http.StatusMisdirectedRequest, "localhost:8700": http.StatusOK} {
			r, err := http.NewRequest(method, s.URL()+path, nil)
			require.NoError(t, err)
			r.Host = host
			resp, err := client.Do(r)
			require.NoError(t, err)
			require.NoError(t, resp.Body.Close())
			assert.Equal(t, status, resp.StatusCode, "%s of %s", path, host)
		}
	}
}
