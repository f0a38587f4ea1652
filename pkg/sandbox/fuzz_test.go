package sandbox_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"imimport/pkg/sandbox"
)

var paths = []string{
	"im_open_login_svc/account_import", "im_open_login_svc/multiaccount_import", "im_open_login_svc/account_check",
	"im_open_login_svc/account_delete", "profile/portrait_set", "profile/portrait_get", "openim/sendmsg",
}

// answered calls the handler and sees that the answer is what every answer is.
func answered(t *testing.T, h http.Handler, req *http.Request) int {
	t.Helper()
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, req)
	require.Equal(t, http.StatusOK, rec.Code)
	require.LessOrEqual(t, rec.Body.Len(), 16<<20)
	var a struct {
		ActionStatus         string
		ErrorCode, ErrorInfo *json.RawMessage
	}
	require.NoError(t, json.Unmarshal(rec.Body.Bytes(), &a), "%q", rec.Body)
	require.NotNil(t, a.ErrorCode)
	require.NotNil(t, a.ErrorInfo)
	var code int
	require.NoError(t, json.Unmarshal(*a.ErrorCode, &code))
	require.Equal(t, map[bool]string{true: "OK", false: "FAIL"}[code == 0], a.ActionStatus)
	return code
}

func fuzzed(f *testing.F) *sandbox.Sandbox {
	limits := make(map[string]int)
	for _, path := range paths[:6] {
		limits[filepath.Base(path)] = sandbox.None
	}
	return newSandbox(f, sandbox.Config{Rules: sandbox.Rules{Edition: sandbox.EditionTrial, Quota: 1000, Limits: limits}})
}

// FuzzBody: go test ./pkg/sandbox -run '^$' -fuzz FuzzBody -fuzztime 1m
func FuzzBody(f *testing.F) {
	s := fuzzed(f)
	files, err := filepath.Glob("../../testdata/wire/*.json")
	require.NoError(f, err)
	require.NotEmpty(f, files)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(f, err)
		var w wireCall
		require.NoError(f, json.Unmarshal(text, &w))
		for i := range paths {
			f.Add(uint(i), []byte(w.Request))
		}
	}
	for _, body := range []string{"", "{", "[]", `{"UserID":null}`, `{"UserID":"a","UserID":"b"}`, `{"AccountList":[[],{}]}`, `{"CheckItem":{}}`, strings.Repeat("[", 20000)} {
		f.Add(uint(0), []byte(body))
	}
	sig := sign(f, "administrator")
	f.Fuzz(func(t *testing.T, command uint, body []byte) {
		path := paths[command%uint(len(paths))]
		service, name, _ := strings.Cut(path, "/")
		code := answered(t, s, httptest.NewRequest(http.MethodPost, target(service, name, "administrator", sig), strings.NewReader(string(body))))
		if name != "account_import" || code != 0 {
			return
		}
		var sent map[string]any // what another decoder makes of it
		require.NoError(t, json.Unmarshal(body, &sent))
		id, _ := sent["UserID"].(string)
		if id == "" {
			id, _ = sent["Identifier"].(string)
		}
		a, ok := s.Account(id)
		require.True(t, ok, "%q", id)
		if nick, _ := sent["Nick"].(string); nick != "" {
			require.Equal(t, nick, a.Nick)
		}
	})
}

// FuzzQuery: whatever stands in the URL, only a UserSig that the key made gets through.
func FuzzQuery(f *testing.F) {
	s := fuzzed(f)
	good := strings.TrimPrefix(importTarget(f), "/v4/im_open_login_svc/account_import?")
	f.Add(good)
	f.Add("identifier&" + good) // the first of two wins, an empty one too
	for _, seed := range []string{"", "&", "=&=", "sdkappid=1400000000", good + "&" + good, strings.ReplaceAll(good, "=", "=="), "sdkappid=%", "usersig=" + strings.Repeat("a", 9000)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		req := httptest.NewRequest(http.MethodPost, "/v4/im_open_login_svc/account_import", strings.NewReader(`{"UserID":"u1"}`))
		req.URL.RawQuery = query
		if answered(t, s, req) == 0 {
			q := req.URL.Query()
			require.Contains(t, q["identifier"], "administrator")
			require.Contains(t, q["contenttype"], "json")
		}
	})
}

// FuzzUserSig: what is in the UserSig is foreign, too.
func FuzzUserSig(f *testing.F) {
	s := fuzzed(f)
	good := unpack(f, sign(f, "administrator"))
	text, err := json.Marshal(good)
	require.NoError(f, err)
	f.Add(string(text))
	for _, seed := range []string{`{}`, `null`, `{"TLS.ver":"2.0","TLS.sig":"x"}`, `{"TLS.expire":1e99}`, `{"TLS.time":-9223372036854775808}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		sig := packText(t, []byte(text))
		code := answered(t, s, httptest.NewRequest(http.MethodPost, target("im_open_login_svc", "account_import", "administrator", sig), strings.NewReader(`{"UserID":"u1"}`)))
		if code == 0 {
			require.Contains(t, text, good["TLS.sig"], "signed by the key")
		}
	})
}

// FuzzDataFile: a file of anyone's opens or is refused, and what opens can be written and opened again.
func FuzzDataFile(f *testing.F) {
	const header = `{"imimport_sandbox":1,"sdkappid":1400000000}` + "\n"
	f.Add([]byte(header + `{"id":"u1","nick":"Ann","tags":{"Tag_Profile_IM_Level":7,"Tag_Profile_IM_Location":"Rome"},"imported":true}` + "\n"))
	f.Add([]byte(header + `{"id":"u1","imported":true}` + "\n" + `{"id":"u1","deleted":1700000000}` + "\n" + `{"id":`))
	f.Add([]byte(header[:20]))
	f.Add([]byte(nil))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text []byte) {
		file := filepath.Join(dir, "data")
		require.NoError(t, os.WriteFile(file, text, 0o600))
		s, err := sandbox.New(sandbox.Config{SecretKey: key, DataFile: file})
		if err != nil {
			return
		}
		post(t, s, importTarget(t), `{"UserID":"u1","Nick":"Bea"}`)
		before := accountsWithoutCalls(s)
		require.NoError(t, s.Close())
		s, err = sandbox.New(sandbox.Config{SecretKey: key, DataFile: file})
		require.NoError(t, err)
		require.Equal(t, before, accountsWithoutCalls(s))
		require.NoError(t, s.Close())
	})
}

// FuzzScenario: a scenario is refused or can be used.
func FuzzScenario(f *testing.F) {
	f.Add("steps:\n  - {userid: u*, attempt: 1-2, answer: 70169, delay: 2s}\noutages:\n  - {calls: 3}\nusersig: {from_call: 2}\nquota: 3", "u1")
	f.Add("steps: [{answer: commit-then-reset, userid: '*?*'}]", "")
	f.Add("limits: {account_import: -1}", "**")
	sig := sign(f, "administrator")
	f.Fuzz(func(t *testing.T, text, id string) {
		sc, err := sandbox.ParseScenario([]byte(text))
		if err != nil {
			return
		}
		for i := range sc.Steps {
			sc.Steps[i].Delay = 0
			if sc.Steps[i].Answer.Kind == sandbox.KindHang {
				sc.Steps[i].Answer.Kind = sandbox.KindReset
			}
		}
		for i := range sc.Outages {
			if sc.Outages[i].Answer.Kind == sandbox.KindHang {
				sc.Outages[i].Answer.Kind = sandbox.KindReset
			}
		}
		s, err := sandbox.New(sandbox.Config{SecretKey: key, Scenario: sc})
		require.NoError(t, err)
		outcome(s, target("im_open_login_svc", "account_import", "administrator", sig), url.QueryEscape(id))
	})
}
