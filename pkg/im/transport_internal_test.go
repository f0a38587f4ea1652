package im

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
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
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, done)
	}))
	t.Cleanup(s.Close)
	tr, err := newTransport(&Config{Connections: 1})
	require.NoError(t, err)
	tr.TLSClientConfig.RootCAs = s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	var writes atomic.Int64
	dial := tr.DialContext
	tr.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dial(ctx, network, addr)
		return countingConn{conn, &writes}, err
	}
	c, err := New(Config{Endpoint: s.URL, SDKAppID: 1, Identifier: "a", UserSig: "eJw", Transport: tr})
	require.NoError(t, err)
	batch := make([]Account, MultiaccountImport.PerCall)
	for i := range batch {
		batch[i] = Account{UserID: "u000000001", Nick: "用户", FaceURL: "https://img.example.com/avatar/000000001.png"}
	}
	require.Equal(t, ClassSuccess, c.Import(t.Context(), batch[0]).Class) // and the handshake
	for range 3 {
		before := writes.Load()
		require.Equal(t, ClassSuccess, c.Import(t.Context(), batch[0]).Class)
		assert.EqualValues(t, 1, writes.Load()-before)
		before = writes.Load()
		require.Equal(t, ClassSuccess, c.ImportBatch(t.Context(), batch).Class)
		assert.EqualValues(t, 1, writes.Load()-before)
	}
	c.Close()
}
