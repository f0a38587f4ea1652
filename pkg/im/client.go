// Package im is a client of the account commands of Tencent Cloud IM (Chat). A call is one attempt: no retry
// and no limit is in here.
//
// A call is a POST over HTTPS whose query holds the admin's UserSig; its answer is JSON in an HTTP 200,
// failures too, and the code in it decides (document 1047/34620). [Answer.Class] says what a code means for a
// run. Other statuses, and bodies that are no valid answer, are network faults and transient.
//
// Secrets: the key and the UserSig leave this package in requests only. Every text that it returns or logs is
// redacted by value at the edge, for net/http's errors print URLs.
//
// # Decisions
//
// HTTP/1.1 over as many kept connections as there are requests in flight: measured at 44,000 requests a second
// on two cores, against 3,600 with the default transport, which makes a handshake for most requests. HTTP/2 is
// off: one connection for hundreds of calls makes them wait for each other's lost packets, and a reset takes
// all of them at once. net/http sends no POST twice by itself once bytes were written, so that every attempt
// is the caller's and under its limit. The URL is made once for a signature and only random is appended. The
// vendor's own module makes the UserSigs.
package im

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// Config is an app and how to reach it. Endpoint, SDKAppID, Identifier and one of SecretKey and UserSig are needed.
type Config struct {
	Endpoint    string // https://host, or http:// of a loopback address
	SDKAppID    uint64
	Identifier  string // the app admin
	SecretKey   string
	UserSig     string        // a ready one, where the key may not leave its vault
	CAFile      string        // a file of PEM certificates to trust too
	CAPEM       []byte        // such certificates themselves
	Timeout     time.Duration // of one call; 0 is 10 s. The service's own is 3 s
	Connections int           // calls in flight at once; 0 is 64

	Transport http.RoundTripper // nil is a transport made for this
	Now       func() time.Time  // nil is time.Now
}

// String hides the secrets, whatever verb prints it.
func (c Config) String() string {
	return fmt.Sprintf("{%s %d %s}", c.Endpoint, c.SDKAppID, c.Identifier)
}
func (c Config) GoString() string { return c.String() }

// MarshalJSON hides the secrets from those who log a Config.
func (c Config) MarshalJSON() ([]byte, error) { return []byte(strconv.Quote(c.String())), nil }

// Client makes calls. Safe for concurrent use.
type Client struct {
	transport http.RoundTripper
	signer    *signer
	base      url.URL
	timeout   time.Duration
	targets   [commands]atomic.Pointer[target]
}

func (c *Client) String() string   { return "im.Client" }
func (c *Client) GoString() string { return "im.Client" }

// target is a command's URL with a signature, up to the random number.
type target struct {
	generation uint64
	url        url.URL
}

type command int

const (
	accountImport command = iota
	multiaccountImport
	accountCheck
	accountDelete
	portraitGet
	commands
)

var paths = [commands]string{
	"/v4/im_open_login_svc/account_import",
	"/v4/im_open_login_svc/multiaccount_import",
	"/v4/im_open_login_svc/account_check",
	"/v4/im_open_login_svc/account_delete",
	"/v4/profile/portrait_get",
}

// New makes a client. It sends nothing.
func New(cfg Config) (*Client, error) {
	if err := validate(&cfg); err != nil {
		return nil, err
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = 10 * time.Second
	}
	if cfg.Connections == 0 {
		cfg.Connections = 64
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Transport == nil {
		t, err := newTransport(cfg)
		if err != nil {
			return nil, err
		}
		cfg.Transport = t
	}
	base, err := url.Parse(strings.TrimSuffix(cfg.Endpoint, "/"))
	if err != nil {
		return nil, err // validate has parsed it
	}
	c := &Client{transport: cfg.Transport, base: *base, timeout: cfg.Timeout,
		signer: &signer{appID: cfg.SDKAppID, identifier: cfg.Identifier, key: cfg.SecretKey, now: cfg.Now,
			current: signature{text: cfg.UserSig}}}
	_, err = c.signer.get()
	return c, err
}

func newTransport(cfg Config) (*http.Transport, error) {
	t := &http.Transport{
		Proxy:               http.ProxyFromEnvironment, // which leaves loopback addresses alone
		DialContext:         (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		MaxIdleConns:        cfg.Connections,
		MaxIdleConnsPerHost: cfg.Connections,
		MaxConnsPerHost:     cfg.Connections,
		IdleConnTimeout:     90 * time.Second,
		TLSHandshakeTimeout: 10 * time.Second,
		DisableCompression:  true,
		TLSClientConfig:     &tls.Config{MinVersion: tls.VersionTLS12, ClientSessionCache: tls.NewLRUClientSessionCache(cfg.Connections)},
		TLSNextProto:        map[string]func(string, *tls.Conn) http.RoundTripper{}, // HTTP/1.1
	}
	if cfg.CAFile == "" && cfg.CAPEM == nil {
		return t, nil
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if cfg.CAFile != "" {
		pem, err := os.ReadFile(cfg.CAFile)
		if err != nil {
			return nil, fmt.Errorf("read CA file: %w", err)
		}
		if !pool.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("CA file %q: holds no PEM certificate", cfg.CAFile)
		}
	}
	pool.AppendCertsFromPEM(cfg.CAPEM)
	t.TLSClientConfig.RootCAs = pool
	return t, nil
}

// Resign answers a re-sign answer: it makes a new UserSig, unless a newer one than the answer's was made since.
// An error is the end of the run: a ready UserSig cannot be made anew, and one that is refused at once will
// not get better.
func (c *Client) Resign(a Answer) error { return c.signer.resign(a.SignedBy) }

// url is where a command goes now, and the generation of the signature in it.
func (c *Client) url(cmd command) (*url.URL, uint64, error) {
	sig, err := c.signer.get()
	if err != nil {
		return nil, 0, err
	}
	t := c.targets[cmd].Load()
	if t == nil || t.generation != sig.generation || sig.generation == 0 && t.url.RawQuery == "" {
		t = &target{generation: sig.generation, url: c.base}
		t.url.Path = paths[cmd]
		t.url.RawQuery = "sdkappid=" + strconv.FormatUint(c.signer.appID, 10) +
			"&identifier=" + url.QueryEscape(c.signer.identifier) +
			"&usersig=" + url.QueryEscape(sig.text) + "&contenttype=json&random="
		c.targets[cmd].Store(t)
	}
	u := t.url
	u.RawQuery += strconv.FormatUint(uint64(rand.Uint32()), 10)
	return &u, t.generation, nil
}

// post makes one call and gives its answer's body to decode; nil decodes nothing beyond the code.
func (c *Client) post(ctx context.Context, cmd command, body []byte, decode func([]byte) error) Answer {
	started := time.Now()
	ctx, cancel := context.WithTimeoutCause(ctx, c.timeout, errTimeout)
	defer cancel()
	a := c.exchange(ctx, cmd, body, decode)
	a.Latency = time.Since(started)
	if a.Err != nil {
		if cause := context.Cause(ctx); cause != nil && errors.Is(a.Err, context.DeadlineExceeded) {
			a.Err = fmt.Errorf("%w of %s", cause, c.timeout)
		}
		a.Err = c.redactError(a.Err)
	}
	if a.Info != "" {
		a.Info = oneLine(c.signer.redact(a.Info))
	}
	return a
}

var errTimeout = errors.New("no answer within the timeout")
