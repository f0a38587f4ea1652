package im_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/pkg/im"
	"imimport/pkg/sandbox"
)

const key = "5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e"

func newClient(t *testing.T, endpoint string, change func(*im.Config)) *im.Client {
	cfg := im.Config{Endpoint: endpoint, SDKAppID: 1400000000, Identifier: "administrator", SecretKey: key}
	if change != nil {
		change(&cfg)
	}
	c, err := im.New(cfg)
	require.NoError(t, err)
	return c
}

func server(t *testing.T, handler http.HandlerFunc) string {
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return s.URL
}

func hijack(w http.ResponseWriter, what string) {
	conn, _, _ := http.NewResponseController(w).Hijack()
	_, _ = io.WriteString(conn, what)
	if tcp, ok := conn.(*net.TCPConn); ok && what == "" {
		_ = tcp.SetLinger(0) // a reset, not an orderly end
	}
	_ = conn.Close()
}

// faults are what a network does to an answer, each echoing the URL with its UserSig where it can.
var faults = map[string]struct {
	handler http.HandlerFunc
	status  int
	class   im.Class
	retry   time.Duration
	says    string
}{
	"502":             {func(w http.ResponseWriter, r *http.Request) { http.Error(w, r.URL.String(), 502) }, 502, im.ClassTransient, 0, "HTTP status 502"},
	"503 retry after": {func(w http.ResponseWriter, r *http.Request) { w.Header().Set("Retry-After", "7"); w.WriteHeader(503) }, 503, im.ClassTransient, 7 * time.Second, "HTTP status 503"},
	"429":             {func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(429) }, 429, im.ClassTransient, 0, "HTTP status 429"},
	"redirect": {func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://elsewhere.example.com/"+r.URL.RawQuery, 302)
	}, 302, im.ClassTransient, 0, "elsewhere.example.com"},
	"reset":    {func(w http.ResponseWriter, r *http.Request) { hijack(w, "") }, 0, im.ClassTransient, 0, ""},
	"html":     {func(w http.ResponseWriter, r *http.Request) { fmt.Fprintf(w, "<html>%s</html>", r.URL) }, 200, im.ClassTransient, 0, "not a valid answer"},
	"empty":    {func(w http.ResponseWriter, r *http.Request) {}, 200, im.ClassTransient, 0, "it is empty"},
	"cut json": {func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, `{"ActionStatus":"OK","Err`) }, 200, im.ClassTransient, 0, "not a valid answer"},
	"cut body": {func(w http.ResponseWriter, r *http.Request) {
		hijack(w, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"ActionStatus\":\"OK\"")
	}, 200, im.ClassTransient, 0, "unexpected EOF"},
	"cut chunk": {func(w http.ResponseWriter, r *http.Request) {
		hijack(w, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n20\r\n{\"Action")
	}, 200, im.ClassTransient, 0, "unexpected EOF"},
	"no code": {func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, `{"ActionStatus":"OK"}`) }, 200, im.ClassTransient, 0, "not a valid answer"},
	"fail with code 0": {func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, `{"ActionStatus":"FAIL","ErrorCode":0}`)
	}, 200, im.ClassTransient, 0, "not a valid answer"},
	"too long": {func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, strings.Repeat(" ", 2<<20)) }, 200, im.ClassTransient, 0, "longer than"},
	"secret in info": {func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"ActionStatus":"FAIL","ErrorCode":70402,"ErrorInfo":%q}`, r.URL.String())
	}, 200, im.ClassRow, 0, ""},
	"unescaped in info": {func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"ActionStatus":"FAIL","ErrorCode":70003,"ErrorInfo":%q}`, "sig "+r.URL.Query().Get("usersig")+key)
	}, 200, im.ClassFatal, 0, ""},
}

func TestFaultsAreTransientAndSayNoSecret(t *testing.T) {
	for name, f := range faults {
		t.Run(name, func(t *testing.T) {
			var sig string
			endpoint := server(t, func(w http.ResponseWriter, r *http.Request) {
				sig = r.URL.Query().Get("usersig")
				f.handler(w, r)
			})
			c := newClient(t, endpoint, nil)
			a := c.Import(t.Context(), im.Account{UserID: "u1"})
			assert.Equal(t, f.class, a.Class)
			assert.Equal(t, f.status, a.HTTPStatus)
			assert.Equal(t, f.retry, a.RetryAfter)
			if a.Class == im.ClassTransient {
				assert.False(t, a.HasCode)
				assert.ErrorContains(t, a.Err, f.says)
			}
			require.NotEmpty(t, sig)
			requireNoSecret(t, sig, a, a.Err, c, c.Resign(a))
		})
	}
}

// requireNoSecret prints things in every way there is and looks for the key and the UserSig, escaped or not.
func requireNoSecret(t *testing.T, sig string, things ...any) {
	for _, thing := range things {
		asJSON, _ := json.Marshal(thing)
		printed := fmt.Sprintf("%v %+v %#v %s %q", thing, thing, thing, thing, thing) + string(asJSON)
		for _, secret := range []string{key, sig} {
			for _, form := range []string{secret, url.QueryEscape(secret), url.PathEscape(secret)} {
				assert.NotContains(t, printed, form)
			}
		}
	}
}

func TestAServiceThatIsNotThereIsTransientAndSaysNoSecret(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	c := newClient(t, "http://"+listener.Addr().String(), func(cfg *im.Config) { cfg.SecretKey, cfg.UserSig = "", "eJwready*Sig_" })
	a := c.Import(t.Context(), im.Account{UserID: "u1"})
	assert.Equal(t, im.ClassTransient, a.Class)
	assert.Zero(t, a.HTTPStatus)
	assert.ErrorContains(t, a.Err, "refused")
	requireNoSecret(t, "eJwready*Sig_", a, a.Err, c)
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestAHangEndsWithTheTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, "https://im.example.com", func(cfg *im.Config) {
			cfg.Timeout = 3 * time.Second
			cfg.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
				<-r.Context().Done()
				return nil, &url.Error{Op: "Post", URL: r.URL.String(), Err: r.Context().Err()}
			})
		})
		a := c.Import(t.Context(), im.Account{UserID: "u1"})
		assert.Equal(t, im.ClassTransient, a.Class)
		assert.EqualError(t, a.Err, "no answer within the timeout of 3s")
		assert.Equal(t, 3*time.Second, a.Latency)
	})
}

func TestACertificateThatIsNotTrustedEndsTheRun(t *testing.T) {
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.Config.ErrorLog = nil
	s.StartTLS()
	t.Cleanup(s.Close)
	a := newClient(t, s.URL, nil).Import(t.Context(), im.Account{UserID: "u1"})
	assert.Equal(t, im.ClassFatal, a.Class)
	var hinted interface{ Hint() string }
	require.ErrorAs(t, a.Err, &hinted)
	assert.Contains(t, hinted.Hint(), "--ca-file")
}

func TestAFileOfCertificatesIsTrustedToo(t *testing.T) {
	running, err := sandbox.Start(sandbox.Config{})
	require.NoError(t, err)
	t.Cleanup(func() { running.Close() })
	file := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(file, running.CAPEM(), 0o600))
	c := newClient(t, running.URL(), func(cfg *im.Config) {
		cfg.CAFile, cfg.SDKAppID, cfg.Identifier, cfg.SecretKey = file, running.SDKAppID, running.Identifier, running.SecretKey
	})
	a := c.Import(t.Context(), im.Account{UserID: "u1", Nick: "安 <&> \u2028", FaceURL: "https://img.example.com/1.png?a=1&b=2"})
	require.NoError(t, a.Err)
	require.Equal(t, im.ClassSuccess, a.Class)

	a = c.ImportBatch(t.Context(), []im.Account{{UserID: "u2"}, {UserID: strings.Repeat("x", 33)}})
	require.Equal(t, im.ClassSuccess, a.Class)
	assert.Equal(t, []string{strings.Repeat("x", 33)}, a.Failed)

	results, a := c.Check(t.Context(), []string{"u1", "nobody"})
	require.NoError(t, a.Err)
	status := map[string]string{}
	for _, r := range results {
		status[r.UserID] = r.AccountStatus
	}
	assert.Equal(t, map[string]string{"u1": "Imported", "nobody": "NotImported"}, status)

	profiles, a := c.Portraits(t.Context(), []string{"u1"})
	require.NoError(t, a.Err)
	assert.Equal(t, []im.Profile{{UserID: "u1", Nick: "安 <&> \u2028", FaceURL: "https://img.example.com/1.png?a=1&b=2", Found: true}}, profiles)

	deleted, a := c.Delete(t.Context(), []string{"u2"})
	require.NoError(t, a.Err)
	require.Len(t, deleted, 1)
	assert.Zero(t, deleted[0].ResultCode)
}

func TestAConfigThatCannotWorkIsRefusedWithEveryFault(t *testing.T) {
	_, err := im.New(im.Config{Endpoint: "http://im.example.com"})
	for _, want := range []string{"must be https", "sdkappid", "identifier", "no key"} {
		assert.ErrorContains(t, err, want)
	}
	for _, endpoint := range []string{"", "im.example.com", "ftp://im.example.com", "http://10.0.0.1", "https://user:pw@im.example.com",
		"https://im.example.com/v4", "https://im.example.com?x=1", "http://localhost.example.com", "https://"} {
		assert.Error(t, im.CheckEndpoint(endpoint), endpoint)
	}
	for _, endpoint := range []string{"https://im.example.com", "https://im.example.com:8443/", "http://127.0.0.1:80", "http://[::1]:80", "http://localhost:1"} {
		assert.NoError(t, im.CheckEndpoint(endpoint), endpoint)
	}
	for _, r := range im.Regions() {
		endpoint, err := im.Region(r.Name)
		require.NoError(t, err)
		assert.NoError(t, im.CheckEndpoint(endpoint))
	}
	_, err = im.Region("mars")
	assert.ErrorContains(t, err, "singapore")
}

func TestASignatureIsMadeAnewOnceForManyRefusals(t *testing.T) {
	var sigs []string
	refuse := true
	endpoint := server(t, func(w http.ResponseWriter, r *http.Request) {
		sig := r.URL.Query().Get("usersig")
		if len(sigs) == 0 || sigs[len(sigs)-1] != sig {
			sigs = append(sigs, sig)
		}
		code := 0
		if refuse {
			code = 70001
		}
		fmt.Fprintf(w, `{"ActionStatus":"FAIL","ErrorCode":%d}`, code)
		if !refuse {
			return
		}
	})
	now := time.Now()
	c := newClient(t, endpoint, func(cfg *im.Config) { cfg.Now = func() time.Time { return now } })
	first := c.Import(context.Background(), im.Account{UserID: "u1"})
	second := c.Import(context.Background(), im.Account{UserID: "u2"})
	require.Equal(t, im.ClassResign, first.Class)
	assert.NoError(t, c.Resign(first))
	assert.NoError(t, c.Resign(second), "a newer one was made since")
	third := c.Import(context.Background(), im.Account{UserID: "u1"})
	err := c.Resign(third)
	assert.ErrorContains(t, err, "just made is refused")
	var hinted interface{ Hint() string }
	require.ErrorAs(t, err, &hinted)
	assert.Contains(t, hinted.Hint(), "clock")

	ready := newClient(t, endpoint, func(cfg *im.Config) { cfg.SecretKey, cfg.UserSig = "", "eJw-ready" })
	assert.ErrorContains(t, ready.Resign(ready.Import(context.Background(), im.Account{UserID: "u1"})), "ready UserSig")
}

func TestTwoSignaturesOfOneSecondDiffer(t *testing.T) {
	running, err := sandbox.Start(sandbox.Config{PlainHTTP: true, Scenario: sandbox.Scenario{UserSig: sandbox.UserSigRule{FromCall: 2}}})
	require.NoError(t, err)
	t.Cleanup(func() { running.Close() })
	c := newClient(t, running.URL(), func(cfg *im.Config) {
		cfg.SDKAppID, cfg.Identifier, cfg.SecretKey = running.SDKAppID, running.Identifier, running.SecretKey
	})
	require.Equal(t, im.ClassSuccess, c.Import(t.Context(), im.Account{UserID: "u1"}).Class)
	a := c.Import(t.Context(), im.Account{UserID: "u2"})
	require.Equal(t, 70001, a.Code)
	require.NoError(t, c.Resign(a))
	assert.Equal(t, im.ClassSuccess, c.Import(t.Context(), im.Account{UserID: "u2"}).Class)
}

func TestASignatureIsRenewedBeforeItExpires(t *testing.T) {
	sigs := map[string]bool{}
	endpoint := server(t, func(w http.ResponseWriter, r *http.Request) {
		sigs[r.URL.Query().Get("usersig")] = true
		io.WriteString(w, `{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0}`)
	})
	now := time.Now()
	c := newClient(t, endpoint, func(cfg *im.Config) { cfg.Now = func() time.Time { return now } })
	generations := map[uint64]bool{}
	for range 20 {
		a := c.Import(t.Context(), im.Account{UserID: "u1"})
		require.Equal(t, im.ClassSuccess, a.Class)
		generations[a.SignedBy] = true
		now = now.Add(24 * time.Hour)
	}
	assert.Len(t, generations, 4)
}

func TestEveryCodeOfTheTableHasAClassAMeaningAndARemedy(t *testing.T) {
	last := -1
	for _, c := range im.Codes() {
		assert.Greater(t, c.Code, last, "in ascending order")
		last = c.Code
		assert.NotEmpty(t, c.Meaning, c.Code)
		assert.True(t, c.Remedy != "" || c.Code == 0, c.Code)
	}
	for class, codes := range map[im.Class][]int{
		im.ClassSuccess:   {0},
		im.ClassTransient: {40006, 70169, 70500, 60008, 60014, 70201, 70202, 70203, 70205, 70348, 70362, 70401, 60004, 60005, 60013},
		im.ClassThrottle:  {60007, 60011, 60018, 60019},
		im.ClassResign:    {70001, 70052, 70347, 70050},
		im.ClassRow:       {40601, 60003, 60015, 70051, 70399, 70402, 80001, 80004, 12345, -1},
		im.ClassQuota:     {70398, 60028, 72000, 72002},
		im.ClassFatal: {60002, 60006, 60009, 60010, 60012, 60016, 60017, 60020, 60021, 60025, 60026, 60027, 70002, 70003, 70004, 70005, 70006, 70007,
			70008, 70009, 70010, 70013, 70014, 70015, 70016, 70017, 70018, 70019, 70020, 70114, 70346, 70403, 80005},
	} {
		for _, code := range codes {
			assert.Equal(t, class, im.ClassOf(code), code)
		}
	}
}
