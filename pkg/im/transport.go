package im

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"imimport/pkg/fault"
	"imimport/pkg/plain"
)

// writeBuffer holds a usual call with its header, so that it is one write and one TLS record: an account, or a batch of
// 100. Each connection keeps one, and a thousand of them are open where the service takes seconds to answer.
func writeBuffer(perCall int) int {
	if perCall > 1 {
		return 16 << 10
	}
	return 1 << 10
}

// maxHeader is room for what a proxy adds; net/http's own limit of 10 MiB would count for every connection.
const maxHeader = 64 << 10

func newTransport(cfg *Config) (*http.Transport, error) {
	pool, err := trusted(cfg)
	if err != nil {
		return nil, err
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment, // never for loopback addresses
		DialContext:            dial,
		MaxIdleConns:           cfg.Connections,
		MaxIdleConnsPerHost:    cfg.Connections,
		MaxConnsPerHost:        cfg.Connections,
		IdleConnTimeout:        90 * time.Second,
		TLSHandshakeTimeout:    10 * time.Second,
		MaxResponseHeaderBytes: maxHeader,
		DisableCompression:     true, // answers are of a hundred bytes
		WriteBufferSize:        writeBuffer(cfg.PerCall),
		ReadBufferSize:         1 << 10, // holds a usual answer with its header
		Protocols:              protocols,
		TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: pool, DynamicRecordSizingDisabled: true,
			ClientSessionCache: tls.NewLRUClientSessionCache(cfg.Connections)},
	}, nil
}

// dial makes connections that are reset when they are closed (SO_LINGER 0). The call on one that is closed early was given
// up, and counts against the rate limit for a second more; but closing does not recall what the kernel has taken, and it
// would go on to send that for minutes, whenever the way is free again. With a reset it is dropped here, and where it is
// read the connection is gone. One that is closed without a call on it has nothing to lose: its answers were read.
func dial(ctx context.Context, network, address string) (net.Conn, error) {
	d := net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	conn, err := d.DialContext(ctx, network, address)
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // where it cannot be had, the guard's second is all there is
	}
	return conn, err
}

// maxCA is the most bytes of a CA file; a system's whole bundle has some 200 kB.
const maxCA = 16 << 20

// trusted is the system's pool and the certificates of cfg; nil is the system's alone.
func trusted(cfg *Config) (*x509.CertPool, error) {
	if cfg.CAFile == "" && len(cfg.CAPEM) == 0 {
		return nil, nil
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if cfg.CAFile != "" {
		pem, err := plain.Small(cfg.CAFile, maxCA)
		if err != nil {
			return nil, fmt.Errorf("read CA file: %w", err)
		}
		if !pool.AppendCertsFromPEM(pem) {
			return nil, fault.New(fault.Usage, fault.Hintf("%s takes certificates in PEM: -----BEGIN CERTIFICATE-----", fault.Option{Key: "ca-file"}),
				"CA file %q: holds no PEM certificate", cfg.CAFile)
		}
	}
	if len(cfg.CAPEM) > 0 && !pool.AppendCertsFromPEM(cfg.CAPEM) {
		return nil, errors.New("trust certificates: they are no PEM")
	}
	return pool, nil
}
