package sandbox_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/pkg/sandbox"
)

var unlimited = map[string]int{sandbox.AccountImport: sandbox.None, sandbox.MultiaccountImport: sandbox.None}

func parseFault(t testing.TB, text string) sandbox.Fault {
	t.Helper()
	f, err := sandbox.ParseFault(text)
	require.NoError(t, err)
	return f
}

// try is what became of one call, in a word.
func try(client *http.Client, url, body string) string {
	resp, err := client.Post(url, "application/json", strings.NewReader(body))
	switch {
	case errors.Is(err, syscall.ECONNRESET):
		return "reset"
	case errors.Is(err, io.EOF):
		return "cut"
	case err != nil:
		return err.Error()
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	var a answer
	switch {
	case resp.StatusCode != http.StatusOK:
		return fmt.Sprint("http", resp.StatusCode)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "truncated"
	case len(text) == 0:
		return "empty"
	case json.Unmarshal(text, &a) != nil:
		return "html"
	}
	return fmt.Sprint(a.ErrorCode)
}

func TestActionsOnTheWire(t *testing.T) {
	for _, tc := range []struct {
		action, seen string
		stored       bool
	}{
		{"ok", "0", true},
		{"70169", "70169", false},
		{"commit-then-70169", "70169", true},
		{"http502", "http502", false},
		{"commit-then-http504", "http504", true},
		{"reset", "reset", false},
		{"commit-then-reset", "reset", true},
		{"truncate", "truncated", true},
		{"html", "html", false},
		{"empty", "empty", false},
	} {
		for _, plain := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, plain %t", tc.action, plain), func(t *testing.T) {
				action, err := sandbox.ParseAction(tc.action)
				require.NoError(t, err)
				assert.Equal(t, tc.action, action.String())
				s, client := start(t, sandbox.Config{PlainHTTP: plain, Scenario: sandbox.Scenario{Steps: []sandbox.Step{{Attempt: sandbox.Span{First: 1, Last: 1}, Answer: action}}}})
				url := s.URL() + importTarget(t)
				assert.Equal(t, tc.seen, try(client, url, `{"UserID":"u1"}`))
				_, stored := s.Account("u1")
				assert.Equal(t, tc.stored, stored)
				assert.Equal(t, "0", try(client, url, `{"UserID":"u1"}`), "the second attempt goes through")
			})
		}
	}
}

func TestHangEndsWithTheClientOrTheSandbox(t *testing.T) {
	s, client := start(t, sandbox.Config{Rules: sandbox.Rules{Faults: []sandbox.Fault{parseFault(t, "hang")}}})
	url := s.URL() + importTarget(t)
	arrived := make(chan string)
	go func() { arrived <- try(client, url, `{"UserID":"u1"}`) }()
	require.Eventually(t, func() bool { return s.Stats().Calls == 1 }, time.Minute, time.Millisecond)
	require.NoError(t, s.Close())
	assert.Contains(t, []string{"cut", "reset"}, <-arrived)
}

func TestDelaysAndRetryAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		latency, err := sandbox.ParseLatency("60ms±20ms")
		require.NoError(t, err)
		s := newSandbox(t, sandbox.Config{
			Rules:    sandbox.Rules{Latency: latency, RetryAfter: 1500 * time.Millisecond, Limits: map[string]int{sandbox.AccountImport: 300}},
			Scenario: sandbox.Scenario{Steps: []sandbox.Step{{UserID: "slow*", Delay: 2 * time.Second, RetryAfter: time.Second}}},
		})
		call := importTarget(t)
		took := func(id string) (time.Duration, string) {
			began := time.Now()
			rec := httptest.NewRecorder()
			s.ServeHTTP(rec, httptest.NewRequest(http.MethodPost, call, strings.NewReader(`{"UserID":"`+id+`"}`)))
			return time.Since(began), rec.Header().Get("Retry-After")
		}
		seen := make(map[time.Duration]bool)
		for i := range 100 {
			d, _ := took(fmt.Sprint("u", i))
			assert.True(t, d >= 40*time.Millisecond && d <= 80*time.Millisecond, "%s", d)
			seen[d] = true
		}
		assert.Greater(t, len(seen), 50, "latencies differ")
		d, after := took("slow1")
		assert.Equal(t, 2*time.Second, d)
		assert.Equal(t, "1", after)
		require.NoError(t, s.ChangeRules(func(r *sandbox.Rules) { r.Limits[sandbox.AccountImport] = 1; r.Latency = sandbox.Latency{} }))
		took("u1")
		d, after = took("u1")
		assert.Zero(t, d)
		assert.Equal(t, "2", after, "whole seconds, rounded up")
	})
}

// Two runs of 5,000 calls, in another order and on many connections at once, do the same to each account.
func TestSameSeedSameFaults(t *testing.T) {
	faults := []sandbox.Fault{parseFault(t, "70169=5%"), parseFault(t, "http502=2%"), parseFault(t, "commit-then-70500=3%"), parseFault(t, "reset=1%")}
	run := func(seed uint64) map[string][2]string {
		s := newSandbox(t, sandbox.Config{Seed: seed, Rules: sandbox.Rules{Faults: faults, Limits: unlimited}})
		call := importTarget(t)
		got := make(map[string][2]string)
		var mu sync.Mutex
		var workers sync.WaitGroup
		for _, part := range split(rand.Perm(2500), 4) {
			workers.Go(func() {
				for _, i := range part {
					id := fmt.Sprint("u", i)
					two := [2]string{outcome(s, call, id), outcome(s, call, id)}
					mu.Lock()
					got[id] = two
					mu.Unlock()
				}
			})
		}
		workers.Wait()
		return got
	}
	first := run(7)
	assert.Equal(t, first, run(7))
	assert.NotEqual(t, first, run(8))

	count := make(map[string]int)
	for _, two := range first {
		count[two[0]]++
		count[two[1]]++
	}
	for what, share := range map[string]float64{"70169": .05, "http502": .02, "70500": .03, "abort": .01, "0": .89} {
		assert.InDelta(t, share*5000, count[what], 60, what)
	}
}

func split(list []int, n int) (parts [][]int) {
	for i := range n {
		parts = append(parts, list[i*len(list)/n:(i+1)*len(list)/n])
	}
	return parts
}

// outcome is what the handler does to one call, in a word.
func outcome(h http.Handler, call, id string) (what string) {
	rec := httptest.NewRecorder()
	defer func() {
		if recover() != nil {
			what = "abort"
		}
	}()
	h.ServeHTTP(rec, httptest.NewRequest(http.MethodPost, call, strings.NewReader(`{"UserID":"`+id+`"}`)))
	if rec.Code != http.StatusOK {
		return fmt.Sprint("http", rec.Code)
	}
	var a answer
	if err := json.Unmarshal(rec.Body.Bytes(), &a); err != nil {
		return err.Error()
	}
	return fmt.Sprint(a.ErrorCode)
}

func TestWhatPeopleWriteIsReadOrRefused(t *testing.T) {
	for text, want := range map[string]string{
		"70169=5%": "70169=5%", "reset": "reset=100%", "http502=0.5%": "http502=0.5%", "slow=2s": "slow=2s@100%",
		"slow=2s@5%": "slow=2s@5%", "commit-then-reset=1%": "commit-then-reset=1%", "truncate=1%": "truncate=1%",
	} {
		f, err := sandbox.ParseFault(text)
		if assert.NoError(t, err, text) {
			assert.Equal(t, want, f.String())
		}
	}
	for _, text := range []string{"", "=5%", "70169=5", "70169=101%", "70169=-1%", "70169=NaN%", "http200", "http", "slow", "slow=fast", "slow=-1s", "explode=1%", "-5=1%", "0"} {
		_, err := sandbox.ParseFault(text)
		assert.Error(t, err, text)
	}
	for text, want := range map[string]string{"60ms": "60ms", "60ms±20ms": "60ms±20ms", "60ms+-20ms": "60ms±20ms", "0s": "0s"} {
		l, err := sandbox.ParseLatency(text)
		if assert.NoError(t, err, text) {
			assert.Equal(t, want, l.String())
		}
	}
	for _, text := range []string{"", "60", "20ms±60ms", "-1s", "1s±", "1s±-1s"} {
		_, err := sandbox.ParseLatency(text)
		assert.Error(t, err, text)
	}
	_, err := sandbox.New(sandbox.Config{Rules: sandbox.Rules{
		Edition: "gold", Window: "french", Quota: -2, Limits: map[string]int{"account_impart": 1}, RetryAfter: -1,
		Faults: []sandbox.Fault{{Share: .6}, {Share: .6}},
	}})
	for _, part := range []string{`"gold"`, `"french"`, "quota -2", `"account_impart"`, "retry after", "120%"} {
		assert.ErrorContains(t, err, part)
	}
}
