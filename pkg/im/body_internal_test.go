package im

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// FuzzBody: the bodies are encoding/json's.
func FuzzBody(f *testing.F) {
	f.Add("u1", "用户 <b>&amp;</b>", "https://img.example.com/a.png?x=1&y=2")
	f.Add("", "\x00\b\f\n\r\t\x1f\"\\/\x7f", "\u2028\u2029\ufffd")
	f.Add("\xff", "a\xe4\xbd", "😀\xed\xa0\x80")
	f.Fuzz(func(t *testing.T, id, nick, face string) {
		a := Account{UserID: id, Nick: nick, FaceURL: face}
		want, err := encode(a)
		require.NoError(t, err)
		assert.Equal(t, string(want), string(importBody(&a)))
		list := []Account{a, {UserID: face}, {UserID: nick, FaceURL: id}}
		for n := 1; n <= len(list); n++ {
			want, err = encode(struct{ AccountList []Account }{list[:n]})
			require.NoError(t, err)
			assert.Equal(t, string(want), string(batchBody(list[:n])))
		}
	})
}

// encode is encoding/json without HTML's escapes.
func encode(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), err
}
