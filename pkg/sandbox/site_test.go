package sandbox_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/pkg/sandbox"
)

// rehearsed is a sandbox with something to show.
func rehearsed(t testing.TB) *sandbox.Sandbox {
	t.Helper()
	s := newSandbox(t, sandbox.Config{
		Rules:    sandbox.Rules{Edition: sandbox.EditionTrial, Limits: map[string]int{sandbox.AccountImport: 4}},
		Scenario: scenario(t, `steps: [{userid: u3, answer: http502}]`),
	})
	for i := range 6 {
		newRecorder(s, "POST", importTarget(t), fmt.Sprintf(`{"UserID":"u%d","Nick":"<b>Ann</b>"}`, i))
	}
	newRecorder(s, "POST", importTarget(t)+"x", `{"UserID":"</script>"}`)
	return s
}

func TestPageAgreesWithStats(t *testing.T) {
	s := rehearsed(t)
	var st sandbox.Stats
	require.NoError(t, json.Unmarshal(newRecorder(s, "GET", "/_sandbox/stats", "").Body.Bytes(), &st))
	assert.Equal(t, 3, st.Accounts)
	assert.Equal(t, 100, st.Quota)
	assert.Equal(t, map[int]uint64{0: 3, 60002: 1, 60007: 2}, st.Codes)

	rec := newRecorder(s, "GET", "/", "")
	assert.Contains(t, rec.Header().Get("Content-Security-Policy"), "default-src 'none'")
	assert.Contains(t, rec.Header().Get("Content-Security-Policy"), "frame-ancestors 'none'", "no other page shows it in a frame")
	text := rec.Body.String()
	assert.Contains(t, text, fmt.Sprintf(`<b id="accounts">%d</b>`, st.Accounts))
	assert.Contains(t, text, fmt.Sprintf(`<b id="calls">%d</b>`, st.Calls))
	c := st.Command(sandbox.AccountImport)
	assert.Contains(t, text, fmt.Sprintf(`<td>account_import</td><td class="n">%d</td><td class="n">%d</td><td class="n">%d</td><td class="n bad">%d</td>`, c.Limit, c.Calls, c.Accepted, c.Refused))
	assert.Contains(t, text, "<td>http502</td><td class=\"n\">1</td>")
	assert.NotContains(t, text, "http://")
	assert.NotContains(t, text, "https://")
	assert.NotContains(t, text, "<b>Ann")
}

func TestNothingSecretIsShown(t *testing.T) {
	s := rehearsed(t)
	sig := sign(t, "administrator")
	for _, path := range []string{"/", "/_sandbox/stats", "/_sandbox/calls", "/_sandbox/accounts", "/_sandbox/rules"} {
		rec := newRecorder(s, "GET", path, "")
		require.Equal(t, http.StatusOK, rec.Code, path)
		assert.NotContains(t, rec.Body.String(), key, path)
		assert.NotContains(t, rec.Body.String(), sig[:40], path)
		assert.NotContains(t, rec.Body.String(), "usersig", path)
	}
}

func TestAccountsArePaged(t *testing.T) {
	s := rehearsed(t)
	get := func(query string) (total int, ids string) {
		rec := newRecorder(s, "GET", "/_sandbox/accounts"+query, "")
		require.Equal(t, http.StatusOK, rec.Code)
		var page struct {
			Total    int
			Accounts []sandbox.Account
		}
		require.NoError(t, json.Unmarshal(rec.Body.Bytes(), &page))
		for _, a := range page.Accounts {
			ids += a.UserID + " "
		}
		return page.Total, ids
	}
	for query, want := range map[string]string{
		"": "u0 u1 u2 ", "?limit=1": "u0 ", "?offset=1": "u1 u2 ", "?offset=9": "", "?limit=0": "",
	} {
		total, ids := get(query)
		assert.Equal(t, 3, total)
		assert.Equal(t, want, ids, query)
	}
	total, ids := get("?userid=u1")
	assert.Equal(t, 1, total)
	assert.Equal(t, "u1 ", ids)
	assert.Equal(t, http.StatusBadRequest, newRecorder(s, "GET", "/_sandbox/accounts?limit=-1", "").Code)
}

func TestRulesChangeByRequest(t *testing.T) {
	s := rehearsed(t)
	rec := newRecorder(s, "POST", "/_sandbox/rules", `{"quota":3,"limits":{"account_import":"none"},"faults":["70169=100%"],"latency":"1ms±1ms","retry_after":"3s"}`)
	require.Equal(t, http.StatusOK, rec.Code, rec.Body)
	assert.JSONEq(t, `{"edition":"trial","quota":3,"window":"sliding","count_refused":false,"retry_after":"3s","deletion":true,"deletion_bar":"default",
		"empty_clears":false,"keep_on_repeat":false,"whole_batch":false,"all_or_none_quota":false,"custom":[],"faults":["70169=100%"],"latency":"1ms±1ms",
		"limits":{"account_import":"none","multiaccount_import":100,"account_check":100,"account_delete":100,"portrait_set":200,"portrait_get":200,"kick":200,"query_online_status":200}}`, rec.Body.String())
	assert.Equal(t, "70169", outcome(s, importTarget(t), "new"))

	rec = newRecorder(s, "POST", "/_sandbox/rules", `{"faults":[],"quota":"none","custom":["Dept"]}`)
	require.Equal(t, http.StatusOK, rec.Code, rec.Body)
	assert.Equal(t, "0", outcome(s, importTarget(t), "new"))
	assert.Equal(t, 3*time.Second, s.Rules().RetryAfter, "what is not named stays")
	assert.Equal(t, []string{"Dept"}, s.Rules().Custom)

	before := s.Rules()
	for _, body := range []string{``, `[]`, `{"quotas":1}`, `{"quota":0}`, `{"quota":-3}`, `{"custom":["Department"]}`, `{"limits":{"sendmsg":1}}`, `{"faults":["x"]}`, `{"edition":"gold"}`, `{"latency":"no"}`} {
		rec := newRecorder(s, "POST", "/_sandbox/rules", body)
		assert.Equal(t, http.StatusBadRequest, rec.Code, body)
		var e struct{ Error string }
		require.NoError(t, json.Unmarshal(rec.Body.Bytes(), &e))
		assert.NotEmpty(t, e.Error)
	}
	assert.Equal(t, before, s.Rules())

	require.Equal(t, http.StatusOK, newRecorder(s, "POST", "/_sandbox/scenario", `steps: [{answer: 70500}]`).Code)
	assert.Equal(t, "70500", outcome(s, importTarget(t), "new"))
	assert.Equal(t, http.StatusBadRequest, newRecorder(s, "POST", "/_sandbox/scenario", `steps: 1`).Code)
}

func TestResetForgetsEverythingButTheRules(t *testing.T) {
	s := rehearsed(t)
	require.Equal(t, http.StatusOK, newRecorder(s, "POST", "/_sandbox/reset", "").Code)
	st := s.Stats()
	assert.Zero(t, st.Accounts)
	assert.Zero(t, st.Calls)
	assert.Empty(t, s.Recent())
	assert.Equal(t, 4, st.Command(sandbox.AccountImport).Limit)
	assert.Equal(t, "0", outcome(s, importTarget(t), "u1"))
}

func TestOtherSitesChangeNothing(t *testing.T) {
	s := rehearsed(t)
	for header, value := range map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://elsewhere.example"} {
		req := httptest.NewRequest(http.MethodPost, "/_sandbox/reset", strings.NewReader(""))
		req.Header.Set(header, value)
		rec := httptest.NewRecorder()
		s.ServeHTTP(rec, req)
		assert.Equal(t, http.StatusForbidden, rec.Code)
	}
	assert.Equal(t, http.StatusMethodNotAllowed, newRecorder(s, "GET", "/_sandbox/reset", "").Code)
	assert.Len(t, s.Accounts(), 3)
	assert.Equal(t, http.StatusNotFound, newRecorder(s, "GET", "/elsewhere", "").Code)
}
