package im

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// FuzzAnswer: whatever comes back, an answer is valid or transient, and never a success by accident.
func FuzzAnswer(f *testing.F) {
	names, err := filepath.Glob("../../testdata/wire/*.json")
	require.NoError(f, err)
	require.NotEmpty(f, names)
	for _, name := range names {
		text, err := os.ReadFile(name)
		require.NoError(f, err)
		var w struct{ Response json.RawMessage }
		require.NoError(f, json.Unmarshal(text, &w))
		f.Add([]byte(w.Response))
	}
	f.Add([]byte(done))
	f.Add([]byte(`{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":null,"FailAccounts":["u1"]}`))
	f.Add([]byte(`{"ErrorCode":-1,"ErrorInfo":"\ud800"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		c, err := New(Config{Endpoint: "https://im.example.com", SDKAppID: 1, Identifier: "a", UserSig: "eJw-some-usersig", Transport: canned(body)})
		require.NoError(t, err)
		single, batch := c.Import(t.Context(), Account{UserID: "u1"}), c.ImportBatch(t.Context(), []Account{{UserID: "u1"}})
		_, check := c.Check(t.Context(), []string{"u1"})
		_, profile := c.Portraits(t.Context(), []string{"u1"}, nil)
		for _, a := range []Answer{single, batch, check, profile} {
			assert.Equal(t, a.Err == nil, a.HasCode)
			assert.True(t, utf8.ValidString(a.Info) && len(a.Info) <= maxInfo)
			if !a.HasCode {
				assert.Equal(t, ClassTransient, a.Class)
				continue
			}
			assert.Equal(t, ClassOf(a.Code), a.Class)
			var plain struct{ ErrorCode *json.Number }
			require.NoError(t, json.Unmarshal(body, &plain), "a success that is no JSON")
			require.NotNil(t, plain.ErrorCode)
		}
		assert.True(t, single.HasCode || !batch.HasCode, "what is no answer to one is none to many")
	})
}

type canned []byte

func (body canned) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(body))}, nil
}
