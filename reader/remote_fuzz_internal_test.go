package reader

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzRange is what a server may say of the rest of a download. It is taken only if it is the rest of what was read.
func FuzzRange(f *testing.F) {
	f.Add(206, "bytes 10-19/20", `"a"`, "", int64(10))
	f.Add(416, "bytes */10", `"a"`, "", int64(10))
	f.Add(200, "", `W/"a"`, "gzip", int64(-1))
	f.Fuzz(func(t *testing.T, code int, span, etag, coding string, length int64) {
		u := &remote{opened: true, size: 20, etag: `"a"`}
		a := &answer{}
		res := &http.Response{StatusCode: code, ContentLength: length, Body: http.NoBody,
			Header: http.Header{"Content-Range": {span}, "Etag": {etag}, "Content-Encoding": {coding}}}
		if u.accept(a, res, 10) != nil || !a.partial {
			return
		}
		if code == http.StatusPartialContent {
			require.Equal(t, `"a"`, etag)
			require.Empty(t, coding)
			require.Contains(t, span, "10-")
		}
		require.True(t, a.size == -1 || a.size == 20, "%d", a.size)
	})
}
