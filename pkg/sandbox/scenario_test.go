package sandbox_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/pkg/sandbox"
)

func scenario(t testing.TB, text string) sandbox.Scenario {
	t.Helper()
	sc, err := sandbox.ParseScenario([]byte(text))
	require.NoError(t, err)
	return sc
}

func TestScenarioStatesTheTruthInAdvance(t *testing.T) {
	s := newSandbox(t, sandbox.Config{Scenario: scenario(t, `
steps:
  - {userid: u2, attempt: 2, answer: 70500}
  - {userid: "u?", attempt: 1-2, answer: 70169}
  - {userid: "*9", answer: 70402}
  - {userid: late, attempt: 3-, answer: http503}
  - {userid: batch, command: multiaccount_import, answer: 40006}
`)})
	call := importTarget(t)
	for id, want := range map[string][]string{
		"u1":    {"70169", "70169", "0", "0"},
		"u2":    {"70169", "70500", "0", "0"},
		"x99":   {"70402", "70402", "70402"},
		"late":  {"0", "0", "http503", "http503"},
		"batch": {"0", "0"},
		"other": {"0", "0"},
	} {
		var got []string
		for range want {
			got = append(got, outcome(s, call, id))
		}
		assert.Equal(t, want, got, id)
		assert.Equal(t, len(want), s.Calls(id))
		assert.Equal(t, len(want), s.Imports(id))
	}
}

func TestScenarioInABatch(t *testing.T) {
	s := newSandbox(t, sandbox.Config{Scenario: scenario(t, `
steps:
  - {userid: bad, answer: 70402}
  - {userid: late, attempt: 1, answer: commit-then-70169}
  - {userid: down, attempt: 1, answer: http502}
`)})
	call := accountTarget(t, "multiaccount_import")
	got := post(t, s, call, `{"Accounts":["a","bad","late"]}`)
	assert.Equal(t, answer{ActionStatus: "OK", FailAccounts: []string{"bad", "late"}}, got)
	_, stored := s.Account("late")
	assert.True(t, stored, "committed, and failed all the same")
	_, stored = s.Account("bad")
	assert.False(t, stored)
	assert.Equal(t, "70402", outcome(s, importTarget(t), "bad"), "the single call tells why")

	got = post(t, s, call, `{"Accounts":["bad"]}`)
	assert.Equal(t, answer{ActionStatus: "OK", FailAccounts: []string{"bad"}}, got, "a batch of one is a batch")

	assert.Equal(t, 502, status(s, call, `{"Accounts":["b","down"]}`))
	assert.Equal(t, 200, status(s, call, `{"Accounts":["b","down"]}`))
}

func TestOutages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSandbox(t, sandbox.Config{Scenario: scenario(t, `
outages:
  - {calls: 2-3}
  - {from: 5s, for: 10s, answer: reset}
`)})
		call := importTarget(t)
		time.Sleep(time.Minute) // before the first call no time counts
		for _, want := range []string{"0", "http503", "http503", "0"} {
			assert.Equal(t, want, outcome(s, call, "u1"))
		}
		for _, tc := range []struct {
			wait time.Duration
			want string
		}{{5*time.Second - 1, "0"}, {1, "abort"}, {10*time.Second - 1, "abort"}, {1, "0"}} {
			time.Sleep(tc.wait)
			assert.Equal(t, tc.want, outcome(s, call, "u1"))
		}
		assert.Equal(t, 4, s.Imports("u1"), "a call in an outage is no attempt")
		assert.EqualValues(t, 8, s.Stats().Calls)
		assert.Equal(t, map[string]uint64{"http503": 2, "reset": 2}, s.Stats().Actions)
	})
}

func TestOutagesAsPeopleWriteThem(t *testing.T) {
	reset := sandbox.Action{Kind: sandbox.KindReset}
	for text, want := range map[string]sandbox.Outage{
		"7":           {Calls: sandbox.Span{First: 7, Last: 7}},
		"1000-1200":   {Calls: sandbox.Span{First: 1000, Last: 1200}},
		"5s-15s":      {From: 5 * time.Second, For: 10 * time.Second},
		"0s-1m=reset": {For: time.Minute, Answer: reset},
		"100-=reset":  {Calls: sandbox.Span{First: 100}, Answer: reset},
	} {
		got, err := sandbox.ParseOutage(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "0", "5s", "15s-5s", "-5s-5s", "7=explode", "5-10s"} {
		_, err := sandbox.ParseOutage(text)
		assert.Error(t, err, text)
	}
}

func TestOutageCanCommit(t *testing.T) {
	s := newSandbox(t, sandbox.Config{Scenario: scenario(t, `outages: [{calls: 1, answer: commit-then-http504}, {calls: 2, answer: truncate}]`)})
	assert.Equal(t, "http504", outcome(s, importTarget(t), "u1"))
	assert.Equal(t, "abort", outcome(s, importTarget(t), "u2"))
	assert.Len(t, s.Accounts(), 2)
	assert.Equal(t, 0, s.Imports("u1"))
}

func TestUserSigsAreRefusedFromACallOn(t *testing.T) {
	now := time.Now()
	clock := func() time.Time { return now }
	old, fresh := signAt(t, now.Add(-2*time.Hour)), signAt(t, now.Add(-time.Minute))
	import1 := func(sig string) string { return target("im_open_login_svc", "account_import", "administrator", sig) }

	s := newSandbox(t, sandbox.Config{Now: clock, Scenario: scenario(t, `usersig: {from_call: 3}`)})
	assert.Equal(t, "0", outcome(s, import1(old), "u1"))
	assert.Equal(t, "0", outcome(s, import1(old), "u1"))
	assert.Equal(t, "70001", outcome(s, import1(old), "u1"))
	assert.Equal(t, "0", outcome(s, import1(fresh), "u1"), "one not used before")
	assert.Equal(t, "0", outcome(s, import1(fresh), "u1"))

	s = newSandbox(t, sandbox.Config{Now: clock, Scenario: scenario(t, `usersig: {from_call: 2, older_than: 1h}`)})
	assert.Equal(t, "0", outcome(s, import1(old), "u1"))
	assert.Equal(t, "70001", outcome(s, import1(old), "u1"))
	assert.Equal(t, "0", outcome(s, import1(fresh), "u1"))
	now = now.Add(time.Hour)
	assert.Equal(t, "70001", outcome(s, import1(fresh), "u1"), "older than an hour now")
}

func TestScenarioOverrulesLimitsAndQuota(t *testing.T) {
	s := newSandbox(t, sandbox.Config{Rules: sandbox.Rules{Quota: 9}, Scenario: scenario(t, "limits: {account_import: 2}\nquota: 1")})
	call := importTarget(t)
	for _, tc := range [][2]string{{"u1", "0"}, {"u2", "70398"}, {"u1", "60007"}} {
		assert.Equal(t, tc[1], outcome(s, call, tc[0]), "the limit is of any second, and these calls are within one")
	}
}

func TestFixedWindowAndCountedRefusals(t *testing.T) {
	for _, tc := range []struct {
		name  string
		rules sandbox.Rules
		want  string
	}{
		{"sliding", sandbox.Rules{}, "111...111..."},
		{"fixed", sandbox.Rules{Window: sandbox.FixedWindow}, "111111111..."},
		{"refused count", sandbox.Rules{CountRefused: true}, "111...11...."},
	} {
		t.Run(tc.name, func(t *testing.T) {
			now := time.Unix(1700000000, 700e6)
			tc.rules.Limits = map[string]int{sandbox.AccountImport: 3}
			s := newSandbox(t, sandbox.Config{Rules: tc.rules, Now: func() time.Time { return now }})
			call := target("im_open_login_svc", "account_import", "administrator", signAt(t, now))
			var got string
			for _, at := range []int{700, 800, 900, 1000, 1100, 1600, 2100, 2150, 2200, 2250, 2300, 2350} {
				now = time.Unix(1700000000, int64(at)*1e6)
				if outcome(s, call, "u1") == "0" {
					got += "1"
				} else {
					got += "."
				}
			}
			assert.Equal(t, tc.want, got)
		})
	}
}

func TestBadScenariosAreRefusedWithEveryFault(t *testing.T) {
	for text, part := range map[string]string{
		`stepz: []`:                                           "stepz",
		`steps: [{answer: explode}]`:                          `"explode"`,
		`steps: [{attempt: 0}]`:                               `"0"`,
		`steps: [{attempt: 3-1}]`:                             `"3-1"`,
		`steps: [{command: sendmsg}, {delay: -1s}]`:           "step 2",
		`outages: [{}]`:                                       "outage 1",
		`outages: [{calls: 1, from: 1s, for: 1s}]`:            "outage 1",
		`outages: [{calls: 1, answer: ok}]`:                   "must not be ok",
		`limits: {sendmsg: 1}`:                                `"sendmsg"`,
		`steps: [{command: sendmsg}, {command: query_state}]`: "query_state",
	} {
		_, err := sandbox.ParseScenario([]byte(text))
		assert.ErrorContains(t, err, part, text)
	}
	sc, err := sandbox.ParseScenario(nil)
	require.NoError(t, err)
	assert.Equal(t, sandbox.Scenario{}, sc)
	for _, text := range []string{"2", "1-3", "4-"} {
		var s sandbox.Span
		require.NoError(t, s.UnmarshalText([]byte(text)))
		back, err := json.Marshal(s)
		require.NoError(t, err)
		assert.Equal(t, `"`+text+`"`, string(back))
	}
}

func status(h http.Handler, call, body string) int {
	rec := newRecorder(h, http.MethodPost, call, body)
	return rec.Code
}
