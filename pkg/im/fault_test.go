package im_test

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/pkg/im"
)

// cut ends the connection with a reset after some bytes; "" resets before any.
func cut(w http.ResponseWriter, bytes string) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err)
	}
	_, _ = io.WriteString(conn, bytes)
	if tcp, ok := conn.(*net.TCPConn); ok && bytes == "" {
		_ = tcp.SetLinger(0) // a reset, not an orderly end
	}
	_ = conn.Close()
}

// netFault is what a network does to an answer. Each echoes the URL with its UserSig where it can.
type netFault struct {
	handler http.HandlerFunc
	status  int
	class   im.Class
	says    string // in Err
	retry   time.Duration
}

func body(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) }
}

func status(code int, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(code)
		_, _ = io.WriteString(w, r.URL.String())
	}
}

const noon = "Wed, 25 Nov 2026 12:00:00 GMT"

var faults = map[string]netFault{
	"408":                    {handler: status(408), status: 408, class: im.ClassTransient, says: "HTTP status 408"},
	"425":                    {handler: status(425), status: 425, class: im.ClassTransient, says: "HTTP status 425"},
	"429":                    {handler: status(429, "Retry-After", "3"), status: 429, class: im.ClassTransient, says: "HTTP status 429", retry: 3 * time.Second},
	"500":                    {handler: status(500), status: 500, class: im.ClassTransient, says: "HTTP status 500"},
	"502":                    {handler: status(502), status: 502, class: im.ClassTransient, says: "HTTP status 502"},
	"503 with seconds":       {handler: status(503, "Retry-After", "7"), status: 503, class: im.ClassTransient, says: "HTTP status 503", retry: 7 * time.Second},
	"503 with a date":        {handler: status(503, "Date", noon, "Retry-After", "Wed, 25 Nov 2026 12:00:09 GMT"), status: 503, class: im.ClassTransient, retry: 9 * time.Second},
	"503 with a past date":   {handler: status(503, "Date", noon, "Retry-After", "Wed, 25 Nov 2026 11:00:00 GMT"), status: 503, class: im.ClassTransient},
	"503 with nonsense":      {handler: status(503, "Retry-After", "soon"), status: 503, class: im.ClassTransient},
	"503 with a century":     {handler: status(503, "Retry-After", "99999999999999999999999"), status: 503, class: im.ClassTransient, retry: 365 * 24 * time.Hour},
	"404":                    {handler: status(404), status: 404, class: im.ClassTransient, says: "HTTP status 404"},
	"redirect":               {handler: status(302, "Location", "https://elsewhere.example.com/?usersig=x"), status: 302, class: im.ClassTransient, says: "leads to elsewhere.example.com"},
	"redirect to nowhere":    {handler: status(307), status: 307, class: im.ClassTransient, says: "leads to elsewhere"},
	"reset before the body":  {handler: func(w http.ResponseWriter, _ *http.Request) { cut(w, "") }, class: im.ClassTransient},
	"reset after it is done": {handler: func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body); cut(w, "") }, class: im.ClassTransient},
	"closed without answer":  {handler: func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body); cut(w, "HTTP/1.1 ") }, class: im.ClassTransient},
	"no HTTP":                {handler: func(w http.ResponseWriter, r *http.Request) { cut(w, "SSH-2.0-"+r.URL.String()+"\r\n\r\n") }, class: im.ClassTransient, says: "malformed HTTP"},
	"html":                   {handler: func(w http.ResponseWriter, r *http.Request) { fmt.Fprintf(w, "<html>%s</html>", r.URL) }, status: 200, class: im.ClassTransient, says: "not a valid answer"},
	"html that is cut":       {handler: func(w http.ResponseWriter, r *http.Request) { fmt.Fprintf(w, "%.140s", r.URL) }, status: 200, class: im.ClassTransient, says: "not a valid answer"},
	"html from the middle":   {handler: func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.URL.String()[120:]) }, status: 200, class: im.ClassTransient, says: "not a valid answer"},
	"empty":                  {handler: body(""), status: 200, class: im.ClassTransient, says: "it is empty"},
	"json that is cut":       {handler: body(`{"ActionStatus":"OK","Err`), status: 200, class: im.ClassTransient, says: "not a valid answer"},
	"body that is cut": {handler: func(w http.ResponseWriter, _ *http.Request) {
		cut(w, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"+ok[:20])
	}, status: 200, class: im.ClassTransient, says: "unexpected EOF"},
	"chunks that are cut": {handler: func(w http.ResponseWriter, _ *http.Request) {
		cut(w, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n32\r\n"+ok+"\r\n")
	}, status: 200, class: im.ClassTransient, says: "unexpected EOF"},
	"oversize":             {handler: body(strings.Repeat(" ", 1<<20) + ok), status: 200, class: im.ClassTransient, says: "longer than"},
	"no code":              {handler: body(`{"ActionStatus":"OK"}`), status: 200, class: im.ClassTransient, says: "not a valid answer"},
	"code of no number":    {handler: body(`{"ActionStatus":"OK","ErrorCode":"0"}`), status: 200, class: im.ClassTransient, says: "not a valid answer"},
	"code is null":         {handler: body(`{"ActionStatus":"OK","ErrorCode":null}`), status: 200, class: im.ClassTransient, says: "not a valid answer"},
	"code too big":         {handler: body(`{"ActionStatus":"OK","ErrorCode":99999999999999999999}`), status: 200, class: im.ClassTransient, says: "not a valid answer"},
	"two codes":            {handler: body(`{"ErrorCode":0,"ErrorCode":70402}`), status: 200, class: im.ClassTransient, says: "not a valid answer"},
	"name in other case":   {handler: body(`{"errorcode":0}`), status: 200, class: im.ClassTransient, says: "not a valid answer"},
	"array":                {handler: body(`[0]`), status: 200, class: im.ClassTransient, says: "not a valid answer"},
	"two answers":          {handler: body(ok + ok), status: 200, class: im.ClassTransient, says: "not a valid answer"},
	"FAIL with code 0":     {handler: body(`{"ActionStatus":"FAIL","ErrorCode":0}`), status: 200, class: im.ClassTransient, says: `ActionStatus "FAIL"`},
	"odd content type":     {handler: status200("text/html", ok), status: 200, class: im.ClassSuccess},
	"spaces around":        {handler: body("\r\n " + ok + "\n"), status: 200, class: im.ClassSuccess},
	"ErrorInfo is no text": {handler: body(`{"ActionStatus":"FAIL","ErrorCode":70402,"ErrorInfo":{"a":1}}`), status: 200, class: im.ClassRow},
	"bytes in ErrorInfo":   {handler: body("{\"ActionStatus\":\"FAIL\",\"ErrorCode\":70402,\"ErrorInfo\":\"\xff\"}"), status: 200, class: im.ClassRow},
	"URL in ErrorInfo":     {handler: info(70402, func(r *http.Request) string { return r.URL.String() }), status: 200, class: im.ClassRow},
	"secrets in ErrorInfo": {handler: info(70003, func(r *http.Request) string { return key + r.URL.Query().Get("usersig") }), status: 200, class: im.ClassFatal},
	"throttle with a wait": {handler: status200("application/json", `{"ActionStatus":"FAIL","ErrorCode":60007}`, "Retry-After", "2"), status: 200, class: im.ClassThrottle, retry: 2 * time.Second},
}

func status200(contentType, text string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		_, _ = io.WriteString(w, text)
	}
}

func info(code int, text func(*http.Request) string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"ActionStatus":"FAIL","ErrorCode":%d,"ErrorInfo":%q}`, code, text(r))
	}
}

func TestFaultsHaveTheirClassAndSayNoSecret(t *testing.T) {
	for name, f := range faults {
		t.Run(name, func(t *testing.T) {
			var sig string
			s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				sig = r.URL.Query().Get("usersig")
				f.handler(w, r)
			}))
			defer s.Close()
			log := &strings.Builder{}
			cfg := im.Config{Endpoint: s.URL, SDKAppID: 1400000000, Identifier: "administrator", SecretKey: key, CAPEM: pemOf(s.Certificate()), Logger: debugLog(log)}
			c, err := im.New(cfg)
			require.NoError(t, err)
			a := c.Import(t.Context(), im.Account{UserID: "u1"})
			assert.Equal(t, f.class, a.Class, "%v", a.Err)
			assert.Equal(t, f.status, a.HTTPStatus)
			assert.Equal(t, f.retry, a.RetryAfter)
			if f.class == im.ClassTransient {
				assert.False(t, a.HasCode)
				require.ErrorContains(t, a.Err, f.says)
				assert.NotContains(t, a.Err.Error(), "\n")
			} else {
				assert.True(t, a.HasCode)
				require.NoError(t, a.Err)
			}
			assert.LessOrEqual(t, len(a.Info), 200)
			require.NotEmpty(t, sig)
			c.Close()
			requireNoSecret(t, sig, a, a.Err, a.Hint().String(), a.Info, cfg, &cfg, c, c.Resign(a), log.String())
		})
	}
}

func TestAServiceThatIsNotThereIsTransientAndSaysNoSecret(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	c := newClient(t, "http://"+listener.Addr().String(), func(cfg *im.Config) { cfg.SecretKey, cfg.UserSig = "", "eJwready*Sig_-0123456789" })
	a := c.Import(t.Context(), im.Account{UserID: "u1"})
	assert.Equal(t, im.ClassTransient, a.Class)
	assert.Zero(t, a.HTTPStatus)
	assert.EqualError(t, a.Err, "connect to "+listener.Addr().String()+": connect: connection refused")
	requireNoSecret(t, "eJwready*Sig_-0123456789", a, a.Err, c)
}

// failing is a network that fails with an error that net/http's client would have put a URL around.
func failing(err error) roundTripper {
	return func(r *http.Request) (*http.Response, error) {
		return nil, &url.Error{Op: "Post", URL: r.URL.String(), Err: err}
	}
}

func TestErrorsOfTheNetworkAreReadable(t *testing.T) {
	for want, err := range map[string]error{
		"look up im.example.com: no such host":               &net.DNSError{Name: "im.example.com", Err: "no such host", IsNotFound: true},
		"read: connection reset by peer":                     &net.OpError{Op: "read", Net: "tcp", Err: errors.New("connection reset by peer")},
		"the server closed the connection without an answer": io.EOF,
		"http: server gave HTTP response to HTTPS client":    errors.New("http: server gave HTTP response to HTTPS client"),
		"one two":                                              errors.New("one\n\u2028two"),
		"a\u202eb was here"[:1] + " b was here":                errors.New("a\u202eb was here"),
		strings.Repeat("安", 65) + "…":                          errors.New(strings.Repeat("安", 300)),
		"proxyconnect tcp: connection refused (and no secret)": errors.New("proxyconnect tcp: connection refused (and no secret)"),
	} {
		c := newClient(t, "https://im.example.com", withTransport(failing(err)))
		a := c.Import(t.Context(), im.Account{UserID: "u1"})
		assert.Equal(t, im.ClassTransient, a.Class)
		assert.EqualError(t, a.Err, want)
		assert.LessOrEqual(t, len(a.Err.Error()), 200)
	}
}

// pipes is a server in memory: a network inside a bubble of synctest.
func pipes(t *testing.T, serve func(net.Conn)) *http.Transport {
	tr := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go serve(server)
		return client, nil
	}}
	t.Cleanup(tr.CloseIdleConnections)
	return tr
}

func TestAHangEndsWithTheTimeout(t *testing.T) {
	for name, sent := range map[string]string{
		"before the answer":    "",
		"in the answer's head": "HTTP/1.1 200 OK\r\nContent-",
		"in the answer's body": "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{",
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newClient(t, "http://localhost", func(cfg *im.Config) {
					cfg.Timeout = 3 * time.Second
					cfg.Transport = pipes(t, func(conn net.Conn) {
						_, _ = conn.Read(make([]byte, 64<<10))
						_, _ = io.WriteString(conn, sent)
						_, _ = io.Copy(io.Discard, conn)
					})
				})
				a := c.Import(t.Context(), im.Account{UserID: "u1"})
				assert.Equal(t, im.ClassTransient, a.Class)
				assert.EqualError(t, a.Err, "no answer within the timeout of 3s")
				assert.ErrorIs(t, a.Err, context.DeadlineExceeded)
				assert.Equal(t, 3*time.Second, a.Latency)
			})
		})
	}
}

func TestAStopCutsACallOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hanging := roundTripper(func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, &url.Error{Op: "Post", URL: r.URL.String(), Err: context.Cause(r.Context())}
		})
		c := newClient(t, "https://im.example.com", withTransport(hanging))
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(errors.New("the second signal")) })
		a := c.Import(ctx, im.Account{UserID: "u1"})
		assert.Equal(t, im.ClassTransient, a.Class)
		assert.EqualError(t, a.Err, "cut off by a stop")
		assert.ErrorIs(t, a.Err, context.Canceled)

		limited, cancel2 := context.WithTimeout(t.Context(), time.Second)
		defer cancel2()
		a = c.Import(limited, im.Account{UserID: "u1"})
		assert.EqualError(t, a.Err, "no answer in time")
		assert.ErrorIs(t, a.Err, context.DeadlineExceeded)
	})
}

func TestACertificateThatIsNotTrustedEndsTheRun(t *testing.T) {
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.Config.ErrorLog = discard
	s.StartTLS()
	t.Cleanup(s.Close)
	a := newClient(t, s.URL, nil).Import(t.Context(), im.Account{UserID: "u1"})
	assert.Equal(t, im.ClassFatal, a.Class)
	assert.ErrorContains(t, a.Err, "not trusted: x509: certificate signed by unknown authority")
	assert.Contains(t, a.Hint().String(), "ca-file")

	another := strings.Replace(s.URL, "127.0.0.1", "127.0.0.2", 1)
	tr := s.Client().Transport.(*http.Transport).Clone()
	tr.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, s.Listener.Addr().String())
	}
	a = newClient(t, another, withTransport(tr)).Import(t.Context(), im.Account{UserID: "u1"})
	assert.Equal(t, im.ClassFatal, a.Class)
	assert.Contains(t, a.Hint().String(), "endpoint")

	expired := failing(x509.CertificateInvalidError{Reason: x509.Expired, Detail: "a year ago"})
	a = newClient(t, "https://im.example.com", withTransport(expired)).Import(t.Context(), im.Account{UserID: "u1"})
	assert.Equal(t, im.ClassFatal, a.Class)
	assert.Contains(t, a.Hint().String(), "clock")
}
