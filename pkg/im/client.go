package im

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"imimport/pkg/fault"
)

// Config is an app and how to reach it. Endpoint, SDKAppID, Identifier and one of SecretKey and UserSig are
// needed. However it is printed, its secrets are not.
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
	PerCall     int           // accounts in a call, for the size of the buffers; 0 is 1

	Transport http.RoundTripper // nil is a transport made for this
	Now       func() time.Time  // nil is time.Now
	Logger    *slog.Logger      // hears of new UserSigs; nil is none
}

// Client makes calls. Safe for concurrent use.
type Client struct {
	transport http.RoundTripper
	signer    *signer
	request   http.Request // what all requests have in common
	host      url.URL      // scheme and host
	timeout   time.Duration
	now       func() time.Time
}

// New makes a client. It sends nothing. Its error joins every fault of cfg.
func New(cfg Config) (*Client, error) {
	cfg.Timeout, cfg.Connections = cmp.Or(cfg.Timeout, 10*time.Second), cmp.Or(cfg.Connections, 64)
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	faults := validate(&cfg)
	if cfg.Transport == nil {
		t, err := newTransport(&cfg)
		if err != nil {
			faults = append(faults, err)
		}
		cfg.Transport = t
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	u, err := url.Parse(cfg.Endpoint)
	if err != nil {
		return nil, errors.New("endpoint: must be a URL") // validate has parsed it; the cause could print a password
	}
	s, err := newSigner(&cfg)
	if err != nil {
		return nil, err
	}
	host := url.URL{Scheme: u.Scheme, Host: strings.ToLower(u.Host)} // as net/http's rule for proxies compares it
	return &Client{transport: cfg.Transport, signer: s, host: host, timeout: cfg.Timeout, now: cfg.Now,
		request: http.Request{Method: http.MethodPost, Host: host.Host, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
			Header: http.Header{"Content-Type": {"application/json"}, "User-Agent": {"imimport"}}}}, nil // nobody writes to it
}

func validate(cfg *Config) (faults []error) {
	bad := func(err error) { faults = append(faults, err) }
	misused := func(text string, hint fault.Hint) { bad(fault.New(fault.Usage, hint, "%s", text)) }
	if err := CheckEndpoint(cfg.Endpoint); err != nil {
		bad(err)
	}
	if cfg.SDKAppID == 0 || cfg.SDKAppID > math.MaxInt {
		bad(errors.New("sdkappid: must be the app's number"))
	}
	if cfg.Identifier == "" || strings.ContainsFunc(cfg.Identifier, func(r rune) bool { return r < ' ' }) {
		bad(errors.New("identifier: must be an app admin"))
	}
	if cfg.Timeout < 0 || cfg.Connections < 0 {
		bad(errors.New("timeout and connections: must be above 0"))
	}
	const rightFile = "is it the right file? %s holds the %s and nothing else"
	const blanks = " \t\r\n\x00\ufeff"
	switch {
	case cfg.SecretKey == "" && cfg.UserSig == "":
		misused("no key and no UserSig", fault.Hintf("give the app's key with %s, or a UserSig with %s", secretKeyFile, userSigFile))
	case cfg.SecretKey != "" && cfg.UserSig != "":
		misused("a key and a UserSig: one of them is enough", fault.Hintf("give %s or %s", secretKeyFile, userSigFile))
	case strings.ContainsAny(cfg.SecretKey, blanks):
		misused("the key holds a space or a line break", fault.Hintf(rightFile, secretKeyFile, "key"))
	case strings.ContainsAny(cfg.UserSig, blanks):
		misused("the UserSig holds a space or a line break", fault.Hintf(rightFile, userSigFile, "UserSig"))
	}
	return faults
}

// Resign answers a re-sign answer: it makes a new UserSig, unless a newer one than the answer's was made since.
// An error is the end of the run: a ready UserSig cannot be made anew, and one that is refused as soon as it
// was made will not get better. After 70050 the caller waits a minute before it sends again.
func (c *Client) Resign(a Answer) error { return c.signer.resign(a) }

// Close lets kept connections go. Calls in flight go on.
func (c *Client) Close() {
	if t, ok := c.transport.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}

// newRequest makes the request of one call. A query has 32 random bits, as the document asks.
func (c *Client) newRequest(ctx context.Context, cmd Command, sig *signature, body []byte) *http.Request {
	r := c.request.WithContext(ctx)
	r.URL = &url.URL{Scheme: c.host.Scheme, Host: c.host.Host, Path: cmd.path,
		RawQuery: sig.query + strconv.FormatUint(uint64(rand.Uint32()), 10)}
	r.ContentLength = int64(len(body))
	r.Body = io.NopCloser(bytes.NewReader(body)) // so spelled, net/http writes header and body as one packet
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	return r
}

// String and what follows keep the secrets out of whatever prints a Config or a Client, with any verb.
func (c Config) String() string {
	return fmt.Sprintf("{%s %d %s}", c.Endpoint, c.SDKAppID, c.Identifier)
}

// Format is that of [fmt.Formatter].
func (c Config) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// MarshalText is for JSON and YAML.
func (c Config) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// LogValue is for slog.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

func (c *Client) String() string { return "im.Client" }

// Format is that of [fmt.Formatter].
func (c *Client) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// LogValue is for slog.
func (c *Client) LogValue() slog.Value { return slog.StringValue(c.String()) }
