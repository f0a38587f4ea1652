// Package loopback keeps what listens on this machine to this machine.
//
// A page of another site can have its own name resolve to 127.0.0.1 (DNS rebinding); a browser then lets it read what
// is served there. The request still carries the page's name in its Host header, and is refused for it.
package loopback

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Guard serves requests that come over a loopback address only if their Host is a loopback address, localhost, or one of
// names. Requests that come over another address are served as they are: who listens there wants other machines to call.
func Guard(h http.Handler, names ...string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if host := hostname(r.Host); overLoopback(r) && !isLoopback(host) && !slices.ContainsFunc(names, func(name string) bool {
			return strings.EqualFold(name, host)
		}) {
			http.Error(w, "on this machine it is served to localhost and 127.0.0.1 only", http.StatusMisdirectedRequest)
			return
		}
		h.ServeHTTP(w, r)
	})
}

func overLoopback(r *http.Request) bool {
	addr, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	return ok && addr.IP.IsLoopback()
}

// hostname is the Host header without its port.
func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return strings.Trim(host, "[]")
}

func isLoopback(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") { // RFC 6761, 6.3: it never leaves the machine
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}
