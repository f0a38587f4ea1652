package im_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/pkg/im"
)

const (
	key = "5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e"
	ok  = `{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0}`
)

func newClient(t testing.TB, endpoint string, change func(*im.Config)) *im.Client {
	t.Helper()
	cfg := im.Config{Endpoint: endpoint, SDKAppID: 1400000000, Identifier: "administrator", SecretKey: key}
	if change != nil {
		change(&cfg)
	}
	c, err := im.New(cfg)
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

// server answers over plain HTTP on the loopback address.
func server(t testing.TB, handler http.HandlerFunc) string {
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return s.URL
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// answering is a network where every request gets these bodies in turn, the last one for ever.
func answering(bodies ...string) roundTripper {
	n := 0
	return func(*http.Request) (*http.Response, error) {
		body := bodies[min(n, len(bodies)-1)]
		n++
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader([]byte(body)))}, nil
	}
}

func withTransport(rt http.RoundTripper) func(*im.Config) {
	return func(cfg *im.Config) { cfg.Transport = rt }
}

func TestARequestIsAsTheDocumentHasIt(t *testing.T) {
	randoms := map[string]bool{}
	c := newClient(t, "https://Console.tim.qq.com:8443/", withTransport(roundTripper(func(r *http.Request) (*http.Response, error) {
		assert.Equal(t, http.MethodPost, r.Method)
		assert.Equal(t, "console.tim.qq.com:8443", r.URL.Host)
		assert.Equal(t, "/v4/im_open_login_svc/account_import", r.URL.Path)
		q := r.URL.Query()
		assert.Len(t, q, 5)
		assert.Equal(t, "1400000000", q.Get("sdkappid"))
		assert.Equal(t, "administrator", q.Get("identifier"))
		assert.Equal(t, "json", q.Get("contenttype"))
		assert.NotEmpty(t, q.Get("usersig"))
		_, err := strconv.ParseUint(q.Get("random"), 10, 32)
		assert.NoError(t, err)
		randoms[q.Get("random")] = true
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		assert.EqualValues(t, len(body), r.ContentLength)
		assert.Equal(t, `{"UserID":"u1","FaceUrl":"https://img.example.com/?a=1&b=2"}`, string(body))
		return answering(ok)(r)
	})))
	for range 4 {
		a := c.Import(t.Context(), im.Account{UserID: "u1", FaceURL: "https://img.example.com/?a=1&b=2"})
		require.Equal(t, im.ClassSuccess, a.Class)
		assert.True(t, a.HasCode)
		assert.Equal(t, http.StatusOK, a.HTTPStatus)
	}
	assert.Len(t, randoms, 4)
}

func TestTextThatIsNotUTF8IsNotSent(t *testing.T) {
	c := newClient(t, "https://im.example.com", withTransport(roundTripper(func(*http.Request) (*http.Response, error) {
		t.Error("sent")
		return nil, io.EOF
	})))
	bad := im.Account{UserID: "u1", Nick: "a\xff"}
	for _, a := range []im.Answer{c.Import(t.Context(), bad), c.ImportBatch(t.Context(), []im.Account{{UserID: "u2"}, bad})} {
		assert.Equal(t, im.ClassRow, a.Class)
		assert.ErrorContains(t, a.Err, "not UTF-8")
	}
	_, a := c.Check(t.Context(), []string{"\xff"})
	assert.Equal(t, im.ClassRow, a.Class)
	_, a = c.Portraits(t.Context(), []string{"\xff"}, nil)
	assert.Equal(t, im.ClassRow, a.Class)
	assert.Equal(t, im.ClassRow, c.SetPortrait(t.Context(), "u1", []im.ProfileItem{{Tag: im.TagNick, Value: "\xff"}}).Class)
}

func TestAConfigThatCannotWorkIsRefusedWithEveryFault(t *testing.T) {
	_, err := im.New(im.Config{Endpoint: "http://im.example.com", CAFile: filepath.Join(t.TempDir(), "none.pem"), Timeout: -1})
	for _, want := range []string{"must be https", "sdkappid", "identifier", "no key", "timeout", "none.pem"} {
		assert.ErrorContains(t, err, want)
	}
	noPEM := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(noPEM, []byte("no certificate"), 0o600))
	for want, change := range map[string]func(*im.Config){
		"line break":      func(cfg *im.Config) { cfg.SecretKey += "\n" },
		"the UserSig":     func(cfg *im.Config) { cfg.SecretKey, cfg.UserSig = "", "eJw sig" },
		"one of them":     func(cfg *im.Config) { cfg.UserSig = "eJw" },
		"no PEM":          func(cfg *im.Config) { cfg.CAFile = noPEM },
		"they are no PEM": func(cfg *im.Config) { cfg.CAPEM = []byte("x") },
		"app admin":       func(cfg *im.Config) { cfg.Identifier = "a\nTLS.sdkappid:1" },
		"app's number":    func(cfg *im.Config) { cfg.SDKAppID = 1 << 63 },
	} {
		cfg := im.Config{Endpoint: "https://im.example.com", SDKAppID: 1, Identifier: "administrator", SecretKey: key}
		change(&cfg)
		_, err := im.New(cfg)
		require.ErrorContains(t, err, want)
		assert.NotContains(t, err.Error(), key)
	}
}

func TestEndpoints(t *testing.T) {
	for _, endpoint := range []string{"", "im.example.com", "ftp://im.example.com", "http://10.0.0.1", "https://im.example.com/v4", "https://im.example.com//",
		"https://im.example.com?x=1", "https://im.example.com?", "https://im.example.com#x", "http://localhost.example.com", "https://", "https://:443",
		"https://im.example.com:0", "https://im.example.com:65536", "https://im.example.com:", "http://[2001:db8::1]", "http://[fe80::1%25lo]", "http://127.1",
		"http://0.0.0.0", "https://im.example.com:x", "https://im example.com"} {
		assert.Error(t, im.CheckEndpoint(endpoint), endpoint)
	}
	for _, endpoint := range []string{"https://im.example.com", "https://im.example.com:8443/", "HTTPS://IM.example.com", "http://127.0.0.1:80", "http://127.9.9.9",
		"http://[::1]:80", "http://[::ffff:127.0.0.1]", "http://localhost:1", "http://LOCALHOST:1/"} {
		assert.NoError(t, im.CheckEndpoint(endpoint), endpoint)
	}
	for _, endpoint := range []string{"https://user:hush@im.example.com", "https://user:hush@", "https://user:hush@im example.com", "https://im.example.com/?usersig=hush", "//x?hush"} {
		err := im.CheckEndpoint(endpoint)
		require.Error(t, err, endpoint)
		assert.NotContains(t, err.Error(), "hush")
	}
}

func TestEveryRegionIsAnEndpoint(t *testing.T) {
	assert.Len(t, im.Regions(), 8)
	for _, r := range im.Regions() {
		endpoint, err := im.Region(r.Name)
		require.NoError(t, err)
		assert.NoError(t, im.CheckEndpoint(endpoint))
		u, err := url.Parse(endpoint)
		require.NoError(t, err)
		assert.Equal(t, r.Domain, u.Host)
	}
	_, err := im.Region("mars")
	assert.ErrorContains(t, err, "singapore")
}
