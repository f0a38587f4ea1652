package im

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type countingConn struct {
	net.Conn
	writes *atomic.Int64
}

func (c countingConn) Write(b []byte) (int, error) {
	c.writes.Add(1)
	return c.Conn.Write(b)
}

func TestACallIsOneWrite(t *testing.T) {
	account := Account{UserID: "u000000001", Nick: "用户", FaceURL: "https://img.example.com/avatar/000000001.png"}
	for _, perCall := range []int{1, MultiaccountImport.PerCall} {
		writes, c := countedWrites(t, perCall)
		send := func() Answer { return c.Import(t.Context(), account) }
		if perCall > 1 {
			send = func() Answer { return c.ImportBatch(t.Context(), slices.Repeat([]Account{account}, perCall)) }
		}
		require.Equal(t, ClassSuccess, send().Class) // and the handshake
		for range 3 {
			before := writes.Load()
			require.Equal(t, ClassSuccess, send().Class)
			assert.EqualValues(t, 1, writes.Load()-before)
		}
	}
}

func countedWrites(t *testing.T, perCall int) (*atomic.Int64, *Client) {
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, done)
	}))
	t.Cleanup(s.Close)
	tr, err := newTransport(&Config{Connections: 1, PerCall: perCall})
	require.NoError(t, err)
	tr.TLSClientConfig.RootCAs = s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	writes := new(atomic.Int64)
	dial := tr.DialContext
	tr.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dial(ctx, network, addr)
		return countingConn{conn, writes}, err
	}
	sig := strings.Repeat("eJwtzLEKwjAUBdBf", 16) // as long as one is
	c, err := New(Config{Endpoint: s.URL, SDKAppID: 1400000000, Identifier: "administrator", UserSig: sig, Transport: tr})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return writes, c
}
