package sandbox_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/pkg/sandbox"
)

func TestAccountImport(t *testing.T) {
	for _, tc := range []struct {
		name, body string
		code       int
	}{
		{"whole", `{"UserID":"u1","Nick":"Ann","FaceUrl":"https://img.example.com/1.png"}`, 0},
		{"older name", `{"Identifier":"u1"}`, 0},
		{"UserID wins", `{"Identifier":"` + strings.Repeat("x", 99) + `","UserID":"u1"}`, 0},
		{"32 bytes", `{"UserID":"` + strings.Repeat("x", 32) + `"}`, 0},
		{"33 bytes", `{"UserID":"` + strings.Repeat("x", 33) + `"}`, 70402},
		{"no name", `{}`, 70402},
		{"empty name", `{"UserID":""}`, 70402},
		{"names are case-sensitive", `{"userid":"u1"}`, 70402},
		{"not printable", `{"UserID":"a\u0007"}`, 70402},
		{"not ASCII", `{"UserID":"é"}`, 70402},
		{"number", `{"UserID":1}`, 60015},
		{"older name a number", `{"Identifier":-1.5}`, 60015},
		{"nick of 500 bytes", `{"UserID":"u1","Nick":"` + strings.Repeat("é", 250) + `"}`, 0},
		{"nick of 501 bytes", `{"UserID":"u1","Nick":"x` + strings.Repeat("é", 250) + `"}`, 40601},
		{"face of 501 bytes", `{"UserID":"u1","FaceUrl":"` + strings.Repeat("x", 501) + `"}`, 40601},
		{"empty body", ``, 60003},
		{"not JSON", `{"UserID":"u1"`, 60003},
		{"two values", `{"UserID":"u1"}{}`, 60003},
		{"not an object", `["u1"]`, 60003},
		{"not UTF-8", "{\"UserID\":\"u1\",\"Nick\":\"\xff\"}", 60003},
		{"over 1 MiB", `{"UserID":"u1","X":"` + strings.Repeat("x", 1<<20) + `"}`, 60003},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newSandbox(t, sandbox.Config{})
			assert.Equal(t, tc.code, post(t, s, importTarget(t), tc.body).ErrorCode)
			assert.Len(t, s.Accounts(), map[bool]int{true: 1}[tc.code == 0])
		})
	}
}

func TestBatchImportListsWhatFails(t *testing.T) {
	s := newSandbox(t, sandbox.Config{Rules: sandbox.Rules{Quota: 2}})
	batch := target("im_open_login_svc", "multiaccount_import", "administrator", sign(t, "administrator"))

	got := post(t, s, batch, `{"AccountList":[{"UserID":"u1","Nick":"A"},{"UserID":""},{"UserID":"u1","Nick":"B"}]}`)
	assert.Equal(t, answer{ActionStatus: "OK", FailAccounts: []string{""}}, got)
	a, ok := s.Account("u1")
	require.True(t, ok)
	assert.Equal(t, "B", a.Nick, "the later of two wins")

	got = post(t, s, batch, `{"Accounts":["u2","u3","u1"]}`)
	assert.Equal(t, answer{ActionStatus: "OK", FailAccounts: []string{"u3"}}, got, "as many as fit")
	assert.Equal(t, 70398, post(t, s, batch, `{"Accounts":["u3","u4"]}`).ErrorCode, "none fits")
	assert.Equal(t, 70402, post(t, s, batch, `{"Accounts":[]}`).ErrorCode)
	assert.Equal(t, 70402, post(t, s, batch, `{"Accounts":["u"`+strings.Repeat(`,"u"`, 100)+`]}`).ErrorCode)
	assert.Equal(t, 0, post(t, s, batch, `{"Accounts":["u1"`+strings.Repeat(`,"u1"`, 99)+`]}`).ErrorCode)
}

func TestLimitIsKeptExactlyInAnySlidingSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSandbox(t, sandbox.Config{})
		call, n := importTarget(t), 0
		code := func() int {
			n++
			return post(t, s, call, fmt.Sprintf(`{"UserID":"u%d"}`, n)).ErrorCode
		}
		time.Sleep(time.Second - time.Millisecond) // any second, not the clock's
		for range 200 {
			require.Equal(t, 0, code())
			time.Sleep(time.Millisecond)
		}
		require.Equal(t, 60007, code(), "call 201")
		time.Sleep(800*time.Millisecond - 1)
		require.Equal(t, 60007, code(), "one nanosecond before the first call leaves the window")
		time.Sleep(time.Nanosecond)
		require.Equal(t, 0, code())
		require.Equal(t, 60007, code())

		got := s.Stats().Command(sandbox.AccountImport)
		assert.Equal(t, 200, got.WorstAccepted)
		assert.Equal(t, 203, got.WorstSecond)
		assert.EqualValues(t, 201, got.Accepted)
		assert.EqualValues(t, 3, got.Refused)
	})
}

func TestQuotaCanChangeWhileRunning(t *testing.T) {
	s, client := start(t, sandbox.Config{Rules: sandbox.Rules{Edition: sandbox.EditionTrial, Limits: map[string]int{sandbox.AccountImport: sandbox.None}}})
	url := s.URL() + importTarget(t)
	code := func(i int) int {
		resp, err := client.Post(url, "application/json", strings.NewReader(fmt.Sprintf(`{"UserID":"u%d"}`, i)))
		require.NoError(t, err)
		defer resp.Body.Close()
		require.Equal(t, http.StatusOK, resp.StatusCode)
		return decode(t, resp.Body).ErrorCode
	}
	for i := range 100 {
		require.Equal(t, 0, code(i))
	}
	assert.Equal(t, 70398, code(100))
	assert.Equal(t, 0, code(7), "a repeat is always safe")
	require.NoError(t, s.ChangeRules(func(r *sandbox.Rules) { r.Quota = 101 }))
	assert.Equal(t, 0, code(100))
	assert.Equal(t, 70398, code(101))
	assert.Len(t, s.Accounts(), 101)
	assert.Equal(t, 2, s.Calls("u7"))
}
