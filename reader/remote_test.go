package reader_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"imimport/pkg/fault"
	"imimport/reader"
)

// What is secret in a URL reaches neither the target of a redirect nor a message, whatever the server says.
func TestWhatIsSecretInAURLStaysThere(t *testing.T) {
	text, want := bigTable(3)
	var referer []string
	there := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		referer = append(referer, req.Referer())
		_, _ = w.Write([]byte(text))
	}))
	defer there.Close()
	echo := func(answer string) http.HandlerFunc {
		return func(w http.ResponseWriter, req *http.Request) {
			plain(w, strings.ReplaceAll(answer, "URL", req.URL.String()))
		}
	}
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		says   string
	}{
		"redirect": {func(w http.ResponseWriter, req *http.Request) { http.Redirect(w, req, there.URL, http.StatusFound) }, ""},
		"to http": {func(w http.ResponseWriter, req *http.Request) {
			http.Redirect(w, req, "http://h.example"+req.URL.String(), http.StatusFound)
		}, "redirected to http://h.example, and"},
		"to this machine": {func(w http.ResponseWriter, req *http.Request) {
			http.Redirect(w, req, "http://127.0.0.1:9"+req.URL.String(), http.StatusFound)
		}, "redirected to http://127.0.0.1:9, and"},
		"to a file": {func(w http.ResponseWriter, req *http.Request) {
			http.Redirect(w, req, "file:///etc/passwd?secret", http.StatusFound)
		}, "redirected to file://, and"},
		"for ever": {func(w http.ResponseWriter, req *http.Request) {
			http.Redirect(w, req, req.URL.String(), http.StatusFound)
		}, "redirected too often"},
		"reason":            {echo("HTTP/1.1 403 URL\r\nContent-Length: 0\r\n\r\n"), "the server answered 403 Forbidden"},
		"location":          {echo("HTTP/1.1 302 Found\r\nLocation: https://h.example:x%zzURL\r\nContent-Length: 0\r\n\r\n"), "not valid HTTP"},
		"no status":         {echo("HTTP/1.1 URL\r\n\r\n"), "not valid HTTP"},
		"a header":          {echo("HTTP/1.1 200 OK\r\nURL\r\n\r\n"), "not valid HTTP"},
		"another protocol":  {echo("HTTP/1.1 101 Switching Protocols\r\nUpgrade: URL\r\nConnection: upgrade\r\n\r\n"), "the server answered 101 Switching Protocols"},
		"a status of their": {echo("HTTP/1.1 999 URL\r\nContent-Length: 0\r\n\r\n"), "the server answered 999"},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewUnstartedServer(c.answer)
			server.Config.ErrorLog = nil
			server.StartTLS()
			defer server.Close()
			url := strings.Replace(server.URL, "https://", "https://bob:secret@", 1) + "/u.csv?signature=secret"
			r, err := reader.Open(t.Context(), []string{url}, reader.Config{HTTP: server.Client()})
			if c.says == "" {
				require.NoError(t, err)
				defer r.Close()
				require.Equal(t, want, accounts(rest(t, r)))
				require.Equal(t, []string{""}, referer)
				return
			}
			require.ErrorContains(t, err, c.says)
			require.NotContains(t, err.Error(), "secret")
			require.Equal(t, fault.Usage, fault.KindOf(err))
		})
	}
}
