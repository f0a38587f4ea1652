package loopback_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"

	"imimport/pkg/loopback"
)

func TestOnlyThisMachinesNamesAreServedOverLoopback(t *testing.T) {
	h := loopback.Guard(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), "im.example.com")
	status := func(local, host string) int {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Host = host
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, r.WithContext(context.WithValue(t.Context(), http.LocalAddrContextKey, &net.TCPAddr{IP: net.ParseIP(local), Port: 80})))
		return rec.Code
	}
	for _, host := range []string{"localhost", "LOCALHOST:80", "a.localhost", "localhost.:80", "127.0.0.1", "127.9.9.9:80", "[::1]", "[::1]:80", "IM.example.com:80"} {
		assert.Equal(t, http.StatusOK, status("127.0.0.1", host), host)
	}
	for _, host := range []string{"", "evil.example", "evil.example:80", "127.0.0.1.evil.example", "localhost.evil.example", "0.0.0.0", "10.0.0.1:80", "2130706433"} {
		assert.Equal(t, http.StatusMisdirectedRequest, status("127.0.0.1", host), host)
		assert.Equal(t, http.StatusMisdirectedRequest, status("::1", host), host)
		assert.Equal(t, http.StatusOK, status("10.0.0.1", host), host)
	}
}
