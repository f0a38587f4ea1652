package sandbox

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"

	"imimport/pkg/fault"
)

// defaultAddr is reachable from this machine only: a rehearsal may use real people's names.
const defaultAddr = "127.0.0.1:0"

// Running is a Sandbox that listens. It is safe for concurrent use. A client of package im is configured by its URL,
// SDKAppID, Identifier, SecretKey and CAPEM; any other calls with [Running.Client] and [Running.Query].
type Running struct {
	*Sandbox
	SDKAppID   uint64
	Identifier string // the app admin
	SecretKey  string

	url    string
	caPEM  []byte
	server *http.Server
	served chan error // what Serve returned; closed afterwards
	broken atomic.Pointer[fault.Error]
}

// Start makes a sandbox and serves it until Close, with TLS unless cfg.PlainHTTP.
func Start(cfg Config) (*Running, error) {
	s, err := New(cfg)
	if err != nil {
		return nil, err
	}
	r := &Running{
		Sandbox: s, SDKAppID: s.app.id, Identifier: s.app.admins[0], SecretKey: s.app.key, served: make(chan error, 1),
	}
	r.server = &http.Server{
		Handler:           r,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       3 * time.Minute,
		ErrorLog:          log.New(io.Discard, "", 0), // a client reports its broken handshake itself
	}
	listener, err := r.listen(cfg)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start sandbox: %w", err), s.Close())
	}
	go func() { // ends when the listener is closed, for which Close waits
		defer close(r.served)
		if err := fault.Guard(func() { r.served <- r.server.Serve(listener) }); err != nil {
			r.served <- err
		}
	}()
	return r, nil
}

// ServeHTTP is that of the Sandbox. If a mistake in the program makes it panic, the call's connection ends without
// an answer, and Close returns the fault.
func (r *Running) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	defer func() {
		if cause := recover(); cause != nil {
			if err, _ := cause.(error); !errors.Is(err, http.ErrAbortHandler) {
				r.broken.CompareAndSwap(nil, fault.Panicked(cause))
			}
			panic(http.ErrAbortHandler) // net/http prints no stack trace for this one
		}
	}()
	r.Sandbox.ServeHTTP(w, req)
}

// listen opens the port and, for TLS, makes a certificate if there is none.
func (r *Running) listen(cfg Config) (net.Listener, error) {
	addr := cmp.Or(cfg.Addr, defaultAddr)
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
		if made, r.caPEM, err = NewCertificate(append([]string{host}, cfg.Names...)...); err != nil {
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

// reachable is the address to call: the loopback one if the sandbox listens on all.
func reachable(addr net.Addr) string {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok || !tcp.IP.IsUnspecified() {
		return addr.String()
	}
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(tcp.Port))
}

// URL is where the sandbox listens, such as https://127.0.0.1:40123.
func (r *Running) URL() string { return r.url }

// CAPEM is the CA certificate to trust, nil without TLS or with a Certificate in the Config.
func (r *Running) CAPEM() []byte { return r.caPEM }

// Client is an HTTP client that trusts the sandbox's certificate, if it made one itself. It belongs to the caller.
func (r *Running) Client() *http.Client {
	if r.caPEM == nil {
		return new(http.Client)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(r.caPEM)
	return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}}
}

// UserSig is one of the app admin that is valid for so long from now on, in whole seconds. One that has expired already
// has a duration below 0.
func (r *Running) UserSig(validFor time.Duration) string {
	sig := claims{Version: "2.0", Identifier: r.Identifier, SDKAppID: r.SDKAppID, Time: r.now().Unix(), Expire: int64(validFor / time.Second)}
	return sig.encode(r.SecretKey)
}

// Query is what every call of the API needs behind its ?, with a UserSig of a day.
func (r *Running) Query() string {
	return url.Values{
		"sdkappid": {strconv.FormatUint(r.SDKAppID, 10)}, "identifier": {r.Identifier}, "usersig": {r.UserSig(24 * time.Hour)},
		"random": {strconv.FormatUint(uint64(rand.Uint32()), 10)}, "contenttype": {"json"},
	}.Encode()
}

// Wait returns when the sandbox no longer serves: nil after Close.
func (r *Running) Wait() error {
	err := <-r.served
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// Close stops listening, gives calls in flight a second to end, and closes the data file.
func (r *Running) Close() error {
	r.hangUp()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if r.server.Shutdown(ctx) != nil {
		_ = r.server.Close() // what is left is cut
	}
	for range r.served { // empty if Wait has read it
	}
	err := r.Sandbox.Close()
	if broken := r.broken.Load(); broken != nil {
		err = errors.Join(broken, err)
	}
	return err
}
