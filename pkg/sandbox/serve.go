package sandbox

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"time"
)

// defaultAddr is reachable from this machine only: a rehearsal holds real people's names.
const defaultAddr = "127.0.0.1:0"

// Running is a sandbox that listens. Everything of a Sandbox can be asked and changed while it does.
type Running struct {
	*Sandbox
	SDKAppID   uint64
	Identifier string // the app admin
	SecretKey  string

	url    string
	caPEM  []byte
	server *http.Server
	served chan error // what Serve returned; closed afterwards
}

// Start makes a sandbox and serves it until Close, with TLS unless cfg.PlainHTTP.
func Start(cfg Config) (*Running, error) {
	s, err := New(cfg)
	if err != nil {
		return nil, err
	}
	r := &Running{
		Sandbox: s, SDKAppID: s.app, Identifier: s.ident, SecretKey: s.key,
		server: newServer(s), served: make(chan error, 1),
	}
	listener, err := r.listen(cfg)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start sandbox: %w", err), s.Close())
	}
	go func() { // ends when the listener is closed, for which Close waits
		r.served <- r.server.Serve(listener)
		close(r.served)
	}()
	return r, nil
}

func newServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       3 * time.Minute,
		ErrorLog:          log.New(io.Discard, "", 0), // a client's broken handshake is the client's to report
	}
}

// listen opens the port and, for TLS, sees to a certificate. HTTP/1.1 only: a reset or a cut answer is one
// of a connection, and on a shared HTTP/2 one it would befall calls that were to go through.
func (r *Running) listen(cfg Config) (net.Listener, error) {
	addr := cfg.Addr
	if addr == "" {
		addr = defaultAddr
	}
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("address %q: want HOST:PORT", addr)
	}
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", addr)
	if err != nil {
		return nil, err
	}
	where := reachable(listener.Addr())
	if cfg.PlainHTTP {
		r.url = "http://" + where
		return listener, nil
	}
	r.url = "https://" + where
	cert := cfg.Certificate
	if cert == nil {
		var made tls.Certificate
		if made, r.caPEM, err = NewCertificate(host); err != nil {
			return nil, errors.Join(err, listener.Close())
		}
		cert = &made
	}
	return tls.NewListener(listener, &tls.Config{
		Certificates: []tls.Certificate{*cert},
		NextProtos:   []string{"http/1.1"},
		MinVersion:   tls.VersionTLS12,
	}), nil
}

// reachable is an address to call: one that stands for all addresses is the loopback one.
func reachable(addr net.Addr) string {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok || !tcp.IP.IsUnspecified() {
		return addr.String()
	}
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(tcp.Port))
}

// URL is where it listens, such as https://127.0.0.1:40123.
func (r *Running) URL() string { return r.url }

// CAPEM is the certificate to trust, nil without TLS or with a certificate of the caller's.
func (r *Running) CAPEM() []byte { return r.caPEM }

// Wait returns when serving has ended: nil after Close.
func (r *Running) Wait() error {
	err := <-r.served
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// Close stops listening, lets calls in flight end for up to a second, and closes the data file.
func (r *Running) Close() error {
	r.hangUp()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if r.server.Shutdown(ctx) != nil {
		_ = r.server.Close() // what is left is cut
	}
	for range r.served { // empty when Wait has it
	}
	return r.Sandbox.Close()
}
