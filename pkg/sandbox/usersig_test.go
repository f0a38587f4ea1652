package sandbox_test

import (
	"bytes"
	"compress/zlib"
	"crypto/hmac"
	"crypto/sha256"
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

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tencentyun/tls-sig-api-v2-golang/tencentyun"

	"imimport/pkg/sandbox"
)

// unpack takes a UserSig apart, pack puts it together again: written anew here, from the documents.
func unpack(t testing.TB, usersig string) map[string]any {
	t.Helper()
	packed, err := base64.StdEncoding.DecodeString(strings.NewReplacer("*", "+", "-", "/", "_", "=").Replace(usersig))
	require.NoError(t, err)
	z, err := zlib.NewReader(bytes.NewReader(packed))
	require.NoError(t, err)
	fields := make(map[string]any)
	d := json.NewDecoder(z)
	d.UseNumber()
	require.NoError(t, d.Decode(&fields))
	return fields
}

func pack(t testing.TB, fields map[string]any) string {
	t.Helper()
	text, err := json.Marshal(fields)
	require.NoError(t, err)
	return packText(t, text)
}

func packText(t testing.TB, text []byte) string {
	t.Helper()
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	_, err := z.Write(text)
	require.NoError(t, err)
	require.NoError(t, z.Close())
	return strings.NewReplacer("+", "*", "/", "-", "=", "_").Replace(base64.StdEncoding.EncodeToString(packed.Bytes()))
}

func TestUserSig(t *testing.T) {
	vendor := func(app int, key, identifier string, expire int) string {
		sig, err := tencentyun.GenUserSig(app, key, identifier, expire)
		require.NoError(t, err)
		return sig
	}
	good := sign(t, "administrator")
	changed := func(field string, value any) string {
		fields := unpack(t, good)
		require.Contains(t, fields, field)
		fields[field] = value
		return pack(t, fields)
	}
	for _, tc := range []struct {
		name, identifier, usersig string
		code                      int
	}{
		{"the vendor's", "administrator", good, 0},
		{"packed by another library", "administrator", pack(t, unpack(t, good)), 0},
		{"another admin", "boss", vendor(1400000000, key, "boss", 60), 0},
		{"not an admin", "ann", vendor(1400000000, key, "ann", 60), 70403},
		{"another admin's", "administrator", vendor(1400000000, key, "boss", 60), 70013},
		{"no identifier", "", good, 70013},
		{"another app's", "administrator", vendor(1400000001, key, "administrator", 60), 70014},
		{"another key's", "administrator", vendor(1400000000, key[1:]+"0", "administrator", 60), 70009},
		{"expired", "administrator", vendor(1400000000, key, "administrator", -60), 70001},
		{"identifier changed", "administrator", changed("TLS.identifier", "boss"), 70013},
		{"identifier changed in both", "boss", changed("TLS.identifier", "boss"), 70009},
		{"app changed", "administrator", changed("TLS.sdkappid", 1400000001), 70014},
		{"time changed", "administrator", changed("TLS.time", time.Now().Unix()+9), 70009},
		{"expiry changed", "administrator", changed("TLS.expire", 99999999), 70009},
		{"signature changed", "administrator", changed("TLS.sig", "AAAA"), 70009},
		{"version changed", "administrator", changed("TLS.ver", "1.0"), 70003},
		{"absent", "administrator", "", 70003},
		{"not base64", "administrator", "!" + good[1:], 70003},
		{"cut", "administrator", good[:len(good)/2], 70003},
		{"not packed", "administrator", base64.StdEncoding.EncodeToString([]byte("{}")), 70003},
		{"unpacks to much", "administrator", pack(t, map[string]any{"TLS.ver": "2.0", "TLS.sig": "x", "X": strings.Repeat("x", 1<<20)}), 70003},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newSandbox(t, sandbox.Config{Admins: []string{"administrator", "boss"}})
			call := target("im_open_login_svc", "account_import", tc.identifier, tc.usersig)
			for range 2 { // the second time from what is remembered
				assert.Equal(t, tc.code, post(t, s, call, `{"UserID":"u1"}`).ErrorCode)
			}
		})
	}
}

// The vector that two vendor libraries agree on, and its last second.
func TestUserSigVectorAndExpiry(t *testing.T) {
	fields := map[string]any{
		"TLS.ver": "2.0", "TLS.identifier": "xiaojun", "TLS.sdkappid": 1400000000, "TLS.time": 1700000000, "TLS.expire": 15552000,
		"TLS.sig": "LvA7d/Iw7gSsnskvVzBDPOCCDbuNCw4GHwTC0bip+B4=",
	}
	now := time.Unix(1700000000, 0)
	s := newSandbox(t, sandbox.Config{Admins: []string{"xiaojun"}, Now: func() time.Time { return now }})
	call := target("im_open_login_svc", "account_import", "xiaojun", pack(t, fields))
	assert.Zero(t, post(t, s, call, `{"UserID":"u1"}`).ErrorCode)
	now = time.Unix(1700000000+15552000, 0)
	assert.Zero(t, post(t, s, call, `{"UserID":"u1"}`).ErrorCode)
	now = now.Add(time.Second)
	assert.Equal(t, 70001, post(t, s, call, `{"UserID":"u1"}`).ErrorCode, "remembered, and expired all the same")
}

func TestUserSigOfMediaServicesVerifies(t *testing.T) {
	fields := map[string]any{"TLS.ver": "2.0", "TLS.identifier": "administrator", "TLS.sdkappid": 1400000000, "TLS.time": time.Now().Unix(), "TLS.expire": 60, "TLS.userbuf": "AAEC"}
	mac := hmac.New(sha256.New, []byte(key))
	fmt.Fprintf(mac, "TLS.identifier:administrator\nTLS.sdkappid:1400000000\nTLS.time:%d\nTLS.expire:60\nTLS.userbuf:AAEC\n", fields["TLS.time"])
	fields["TLS.sig"] = base64.StdEncoding.EncodeToString(mac.Sum(nil))
	s := newSandbox(t, sandbox.Config{})
	call := target("im_open_login_svc", "account_import", "administrator", pack(t, fields))
	assert.Zero(t, post(t, s, call, `{"UserID":"u1"}`).ErrorCode)
}

func TestQueryIsCheckedInOrder(t *testing.T) {
	good := importTarget(t)
	swap := func(old, with string) string {
		require.Contains(t, good, old)
		return strings.Replace(good, old, with, 1)
	}
	for _, tc := range []struct {
		name, method, target string
		code                 int
	}{
		{"good", "POST", good, 0},
		{"not escaped", "POST", strings.NewReplacer("%2A", "*").Replace(good), 0},
		{"names are case-sensitive", "POST", swap("sdkappid", "SDKAppID"), 60012},
		{"GET", "GET", good, 60002},
		{"no app", "POST", swap("sdkappid=1400000000&", ""), 60012},
		{"app is no number", "POST", swap("1400000000", "app"), 60012},
		{"another app, and nothing else right", "POST", "/v4/im_open_login_svc/account_import?sdkappid=1", 70020},
		{"content type", "POST", swap("contenttype=json", "contenttype=xml"), 60002},
		{"no random", "POST", swap("random=4294967295&", ""), 60002},
		{"random too large", "POST", swap("4294967295", "4294967296"), 60002},
		{"bad escape", "POST", swap("random=4", "random=%zz"), 60002},
		{"no such command", "POST", swap("account_import", "account_export"), 60009},
		{"no such service", "POST", "/v4/", 60009},
		{"not an admin, account command", "POST", target("im_open_login_svc", "account_check", "ann", sign(t, "ann")), 70403},
		{"not an admin, profile command", "POST", target("profile", "portrait_get", "ann", sign(t, "ann")), 60010},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newSandbox(t, sandbox.Config{})
			rec := httptest.NewRecorder()
			s.ServeHTTP(rec, httptest.NewRequest(tc.method, tc.target, strings.NewReader(`{"UserID":"u1"}`)))
			assert.Equal(t, http.StatusOK, rec.Code)
			assert.Equal(t, tc.code, decode(t, rec.Body).ErrorCode)
		})
	}
}

// What Running offers is what the vendor's own module makes, and what the service takes.
func TestRunningGivesAClientAndAUserSig(t *testing.T) {
	s, err := sandbox.Start(sandbox.Config{})
	require.NoError(t, err)
	defer s.Close()
	client := s.Client()
	defer client.CloseIdleConnections()
	call := func(query string) string {
		resp, err := client.Post(s.URL()+"/v4/im_open_login_svc/account_check?"+query, "application/json", strings.NewReader(`{"CheckItem":[{"UserID":"ann"}]}`))
		require.NoError(t, err)
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		return string(body)
	}
	require.Contains(t, call(s.Query()), `"ErrorCode":0`)
	query, err := url.ParseQuery(s.Query())
	require.NoError(t, err)
	query.Set("usersig", s.UserSig(-time.Second))
	require.Contains(t, call(query.Encode()), `"ErrorCode":70001`)
}
