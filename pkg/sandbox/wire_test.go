package sandbox_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/pkg/sandbox"
)

// wireCall is one file of testdata/wire; its README tells the keys.
type wireCall struct {
	Source string
	Path   string
	Given  struct {
		Accounts   []json.RawMessage
		Deleted    []string
		Quota      int
		NoDeletion bool `json:"no_deletion"`
	}
	Request  json.RawMessage
	Response any
}

func TestWireFixtures(t *testing.T) {
	files, err := filepath.Glob("../../testdata/wire/*.json")
	require.NoError(t, err)
	commands := make(map[string]int)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			var w wireCall
			require.NoError(t, json.Unmarshal(text, &w))
			service, command := filepath.Split(strings.TrimPrefix(w.Path, "/v4/"))
			commands[command]++

			s := newSandbox(t, sandbox.Config{Rules: sandbox.Rules{Custom: []string{"Test"}}})
			given(t, s, w)
			rec := httptest.NewRecorder()
			call := target(strings.TrimSuffix(service, "/"), command, "administrator", sign(t, "administrator"))
			s.ServeHTTP(rec, httptest.NewRequest(http.MethodPost, call, strings.NewReader(string(w.Request))))
			assert.Equal(t, http.StatusOK, rec.Code)
			assert.Equal(t, "application/json", rec.Header().Get("Content-Type"))
			var got any
			require.NoError(t, json.Unmarshal(rec.Body.Bytes(), &got), "%s", rec.Body)
			assert.Equal(t, w.Response, blank(w.Response, got))
		})
	}
	assert.Len(t, commands, 6, "every command has fixtures")
}

// given brings s to the state before the call.
func given(t *testing.T, s *sandbox.Sandbox, w wireCall) {
	t.Helper()
	for _, account := range w.Given.Accounts {
		require.Zero(t, post(t, s, importTarget(t), string(account)).ErrorCode)
	}
	for _, id := range w.Given.Deleted {
		require.Zero(t, post(t, s, importTarget(t), `{"UserID":"`+id+`"}`).ErrorCode)
		del := target("im_open_login_svc", "account_delete", "administrator", sign(t, "administrator"))
		require.Zero(t, post(t, s, del, `{"DeleteItem":[{"UserID":"`+id+`"}]}`).ErrorCode)
	}
	require.NoError(t, s.ChangeRules(func(r *sandbox.Rules) { r.Quota, r.NoDeletion = w.Given.Quota, w.Given.NoDeletion }))
}

// blank writes "*" over every text of got where want has it.
func blank(want, got any) any {
	switch w := want.(type) {
	case string:
		if _, text := got.(string); text && w == "*" {
			return "*"
		}
	case map[string]any:
		if g, ok := got.(map[string]any); ok {
			for k, v := range g {
				g[k] = blank(w[k], v)
			}
		}
	case []any:
		if g, ok := got.([]any); ok && len(g) == len(w) {
			for i := range g {
				g[i] = blank(w[i], g[i])
			}
		}
	}
	return got
}
