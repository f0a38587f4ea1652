package metrics

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"imimport/pkg/fault"
	"imimport/pkg/loopback"
	"imimport/pkg/output"
)

// Server serves the metrics at /metrics until it is stopped.
type Server struct {
	server   *http.Server
	listener net.Listener
	done     chan struct{} // closed by the serving goroutine when it ends
	panicked atomic.Value  // the first panic, as a *fault.Error
}

// Serve listens on an address and serves from a goroutine of its own, which ends with Stop. An address without a host,
// ":9464" or "9464", is on the loopback interface: other machines see the metrics only if that is asked for, as in
// "0.0.0.0:9464", and no page in a browser, for a loopback address is served under loopback names only. A panic in it ends the server or fails the scrape, and Stop returns it: a run goes on without metrics.
func (m *Metrics) Serve(addr string) (*Server, error) {
	if addr == "" {
		return nil, errors.New("serve metrics: no address")
	}
	var config net.ListenConfig
	listener, err := config.Listen(context.Background(), "tcp", bindAddress(addr))
	if err != nil {
		return nil, fmt.Errorf("serve metrics on %q: %w", addr, err)
	}
	s := &Server{listener: listener, done: make(chan struct{})}
	s.server = &http.Server{Handler: loopback.Guard(s.guarded(m.Handler())), ReadHeaderTimeout: 5 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 1 << 16}
	go func() {
		defer close(s.done)
		s.guard(func() { _ = s.server.Serve(listener) }) // ErrServerClosed, or the listener broke: a run goes on without metrics
	}()
	return s, nil
}

// guard calls f and keeps a panic in it for Stop. It tells whether there was none.
func (s *Server) guard(f func()) bool {
	err := fault.Guard(f)
	if err != nil {
		s.panicked.CompareAndSwap(nil, err)
	}
	return err == nil
}

// guarded answers 500 where a handler panics: net/http would print the stack across the terminal.
func (s *Server) guarded(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.guard(func() { h.ServeHTTP(w, r) }) {
			http.Error(w, "internal fault", http.StatusInternalServerError)
		}
	})
}

func bindAddress(addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if err != nil && !strings.Contains(addr, ":") {
		host, port = "", addr
	} else if err != nil {
		return addr // net.Listen says what is wrong with it
	}
	if host == "" {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}

// Addr is the address that it listens on.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Stop lets scrapes that have begun finish, for two seconds at most, and waits for the goroutine. It also returns the
// first panic of the server.
func (s *Server) Stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	err := s.server.Shutdown(ctx)
	if err != nil {
		err = errors.Join(err, s.server.Close())
	}
	<-s.done
	if panicked, ok := s.panicked.Load().(error); ok {
		err = errors.Join(err, panicked)
	}
	if err != nil {
		return fmt.Errorf("stop metrics server: %w", err)
	}
	return nil
}

// Handler serves /metrics, and a link to it at /.
func (m *Metrics) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(prometheus.Gatherers{m.registry, m.process}, promhttp.HandlerOpts{MaxRequestsInFlight: 4}))
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte("<!DOCTYPE html><title>imimport</title><p><a href=\"/metrics\">metrics</a></p>\n"))
	})
	return mux
}

// WriteFile replaces a file with the metrics in one step, so the textfile collector never sees half of it. The
// collector reads only names that end in .prom. A symbolic link is followed; anything but a regular file is refused.
func (m *Metrics) WriteFile(path string) error {
	target, err := output.Replaceable(path)
	if err == nil {
		err = prometheus.WriteToTextfile(target, m.registry)
	}
	if err != nil {
		return fmt.Errorf("write metrics: %w", err)
	}
	return nil
}
