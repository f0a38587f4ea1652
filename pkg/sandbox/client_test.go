package sandbox_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/tencentyun/tls-sig-api-v2-golang/tencentyun"

	"imimport/pkg/sandbox"
)

const key = "5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e"

// sign makes a UserSig with the vendor's own module.
func sign(t testing.TB, identifier string) string {
	t.Helper()
	sig, err := tencentyun.GenUserSig(sandbox.DefaultSDKAppID, key, identifier, 86400)
	require.NoError(t, err)
	return sig
}

// target makes the path and query of a call.
func target(service, command, identifier, usersig string) string {
	return "/v4/" + service + "/" + command + "?sdkappid=1400000000&identifier=" + url.QueryEscape(identifier) +
		"&usersig=" + url.QueryEscape(usersig) + "&random=4294967295&contenttype=json"
}

func importTarget(t testing.TB) string {
	t.Helper()
	return target("im_open_login_svc", "account_import", "administrator", sign(t, "administrator"))
}

// answer is every answer's common part, and what else some have.
type answer struct {
	ActionStatus string
	ErrorCode    int
	ErrorInfo    string
	FailAccounts []string
	ResultItem   []struct {
		UserID, ResultInfo, AccountStatus string
		ResultCode                        int
	}
}

// post calls the handler as the service's clients do.
func post(t testing.TB, h http.Handler, target, body string) answer {
	t.Helper()
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, httptest.NewRequest(http.MethodPost, target, strings.NewReader(body)))
	require.Equal(t, http.StatusOK, rec.Code)
	return decode(t, rec.Body)
}

func decode(t testing.TB, r io.Reader) answer {
	t.Helper()
	text, err := io.ReadAll(r)
	require.NoError(t, err)
	var a answer
	require.NoError(t, json.Unmarshal(text, &a), "%s", text)
	if a.ErrorCode == 0 {
		require.Equal(t, "OK", a.ActionStatus)
	} else {
		require.Equal(t, "FAIL", a.ActionStatus)
	}
	return a
}

func newSandbox(t testing.TB, cfg sandbox.Config) *sandbox.Sandbox {
	t.Helper()
	cfg.SecretKey = key
	s, err := sandbox.New(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func start(t testing.TB, cfg sandbox.Config) (*sandbox.Running, *http.Client) {
	t.Helper()
	cfg.SecretKey = key
	r, err := sandbox.Start(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, r.Close()) })
	return r, newClient(t, r.CAPEM())
}

func newClient(t testing.TB, caPEM []byte) *http.Client {
	t.Helper()
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(caPEM)
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: pool}, MaxIdleConns: 64, MaxIdleConnsPerHost: 64, MaxConnsPerHost: 64,
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// signAt makes a UserSig for another time than now, from the documents.
func signAt(t testing.TB, at time.Time) string {
	t.Helper()
	content := fmt.Sprintf("TLS.identifier:administrator\nTLS.sdkappid:1400000000\nTLS.time:%d\nTLS.expire:86400\n", at.Unix())
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(content))
	return pack(t, map[string]any{
		"TLS.ver": "2.0", "TLS.identifier": "administrator", "TLS.sdkappid": sandbox.DefaultSDKAppID, "TLS.expire": 86400, "TLS.time": at.Unix(),
		"TLS.sig": base64.StdEncoding.EncodeToString(mac.Sum(nil)),
	})
}

func newRecorder(h http.Handler, method, target, body string) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, httptest.NewRequest(method, target, strings.NewReader(body)))
	return rec
}
