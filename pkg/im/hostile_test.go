package im_test

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/pkg/im"
)

// net/http gives the bare connection as the body of a 101, and no context ends it.
func TestAnAnswerThatSwitchesProtocolsHoldsNothing(t *testing.T) {
	let := make(chan struct{})
	url := server(t, func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if !assert.NoError(t, err) {
			return
		}
		_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n")
		<-let
		_ = conn.Close()
	})
	c := newClient(t, url, func(*im.Config) {})
	answers := make(chan im.Answer, 1)
	go func() { answers <- c.Import(t.Context(), im.Account{UserID: "u1"}) }()
	select {
	case a := <-answers:
		assert.Equal(t, im.ClassTransient, a.Class)
		assert.EqualError(t, a.Err, "HTTP status 101")
		assert.Contains(t, a.Hint().String(), "proxy")
	case <-time.After(20 * time.Second):
		assert.Fail(t, "the call is held")
	}
	close(let)
}

func TestTheHeaderOfAnAnswerIsBounded(t *testing.T) {
	url := server(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Long", strings.Repeat("x", 1<<20))
		_, _ = io.WriteString(w, ok)
	})
	a := newClient(t, url, func(*im.Config) {}).Import(t.Context(), im.Account{UserID: "u1"})
	assert.Equal(t, im.ClassTransient, a.Class)
	require.Error(t, a.Err)
	assert.Contains(t, a.Err.Error(), "server response headers exceeded")
}

// A server that unpacks the UserSig can answer with what it holds, of which the UserSig can be made again.
func TestAUserSigThatIsAnsweredUnpackedIsNotShown(t *testing.T) {
	var holds struct {
		Sig string `json:"TLS.sig"`
	}
	var packed string
	url := server(t, func(w http.ResponseWriter, r *http.Request) {
		packed = strings.NewReplacer("*", "+", "-", "/", "_", "=").Replace(r.URL.Query().Get("usersig"))
		raw, err := base64.StdEncoding.DecodeString(packed)
		assert.NoError(t, err)
		z, err := zlib.NewReader(bytes.NewReader(raw))
		if assert.NoError(t, err) {
			assert.NoError(t, json.NewDecoder(z).Decode(&holds))
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"ActionStatus": "FAIL", "ErrorCode": 70402, "ErrorInfo": "sig " + holds.Sig + " of " + packed})
	})
	a := newClient(t, url, func(*im.Config) {}).Import(t.Context(), im.Account{UserID: "u1"})
	require.NotEmpty(t, holds.Sig)
	requireNoSecret(t, holds.Sig, a, a.Info)
	requireNoSecret(t, packed, a, a.Info)
	assert.Equal(t, "sig [secret] of [secret]", a.Info)
}
