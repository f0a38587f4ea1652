package reader

import (
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/require"
	"unicode/utf8"
)

func FuzzPlainIsValid(f *testing.F) {
	for _, seed := range []string{`{}`, `{"a":1,"b":[1,2.50,-0,true,null,"x\n\u00e9"],"c":{"a":{}}}`, `{"a":1,"a":2}`, `{"a":1,"\u0061":2}`,
		`{"a":01}`, `{"a":1.}`, `{"a":1e5}`, `{"a":"\ud800"}`, "{\"a\":\"\x01\"}", `{"a" : [ ] , "b" : "" } `, `{"a":"1234567\"9"}`, `{"a":tru}`, `{,}`, `{"a":1,}`, `[1,]`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if utf8.Valid(b) && len(b) > 0 && isPlain(b) {
			require.True(t, jsontext.Value(b).IsValid(), "%q", b)
		}
	})
}
