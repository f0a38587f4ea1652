package reader_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"imimport/pkg/fault"
	"imimport/reader"
	"imimport/reader/readertest"
)

// host is an HTTPS server of one file, which breaks off the first download in the middle.
type host struct {
	first, then string // its content: of the first answer, and of later ones
	etags       [2]string
	asked       []http.Header
	answer      func(h *host, n int, w http.ResponseWriter, req *http.Request) bool // nil, or gives the n-th answer itself, if it returns true
}

func (h *host) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	h.asked = append(h.asked, req.Header.Clone())
	n := len(h.asked)
	if h.answer != nil && h.answer(h, n, w, req) {
		return
	}
	content, etag := h.first, h.etags[0]
	if n > 1 {
		content, etag = h.then, h.etags[1]
	}
	if etag != "" {
		w.Header().Set("ETag", etag)
	}
	if n == 1 {
		h.breakOff(w, content, len(content)/2)
	}
	http.ServeContent(w, req, "u.csv", time.Time{}, strings.NewReader(content))
}

// breakOff sends some of the content and closes the connection.
func (h *host) breakOff(w http.ResponseWriter, content string, at int) {
	if h.answer == nil || w.Header().Get("Trailer") == "" { // which makes it chunked
		w.Header().Set("Content-Length", fmt.Sprint(len(content)))
	}
	_, _ = w.Write([]byte(content[:at]))
	w.(http.Flusher).Flush()
	panic(http.ErrAbortHandler)
}

// plain has a connection of its own answer with these bytes.
func plain(w http.ResponseWriter, answer string) bool {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		_, _ = conn.Write([]byte(answer))
		_ = conn.Close()
	}
	return true
}

// ranged gives what the client has asked for, whatever If-Range says.
func ranged(_ *host, n int, _ http.ResponseWriter, req *http.Request) bool {
	if n > 1 {
		req.Header.Del("If-Range")
	}
	return false
}

// Rows of two versions of a file are never joined: a download that breaks goes on in the same content, or not at all.
func TestADownloadThatBreaksGoesOnOnlyInTheSameContent(t *testing.T) {
	const rows = 20_000
	text, want := bigTable(rows)
	lines := strings.SplitAfter(strings.TrimSuffix(text, "\n"), "\n")
	for i, j := 1, len(lines)-1; i < j; i, j = i+1, j-1 {
		lines[i], lines[j] = strings.TrimSuffix(lines[j], "\n")+"\n", lines[i]
	}
	turned := strings.Join(lines, "")
	require.Len(t, turned, len(text))
	longer, shorter := text+"new,New\n", text[:len(text)-8]
	chunked := func(h *host, n int, w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Trailer", "X-End")
		if n > 1 {
			_, _ = w.Write([]byte(h.then))
		}
		return n > 1
	}
	status := func(code int) func(*host, int, http.ResponseWriter, *http.Request) bool {
		return func(_ *host, n int, w http.ResponseWriter, _ *http.Request) bool {
			if n == 2 {
				w.WriteHeader(code)
				return true
			}
			return false
		}
	}
	for name, c := range map[string]struct {
		host
		says  string // "": every row comes, once
		whole bool   // the whole was asked for once more
	}{
		"a strong tag":                  {host: host{first: text, then: text, etags: [2]string{`"1"`, `"1"`}}},
		"a weak tag":                    {host: host{first: text, then: text, etags: [2]string{`W/"1"`, `W/"1"`}}, whole: true},
		"no tag":                        {host: host{first: text, then: text}, whole: true},
		"another tag, the same content": {host: host{first: text, then: text, etags: [2]string{`"1"`, `"2"`}}},
		"no tag, another order":         {host: host{first: text, then: turned}, whole: true, says: "are not what was read"},
		"a weak tag, another order":     {host: host{first: text, then: turned, etags: [2]string{`W/"1"`, `W/"1"`}}, whole: true, says: "are not what was read"},
		"another tag, another order":    {host: host{first: text, then: turned, etags: [2]string{`"1"`, `"2"`}}, says: "are not what was read"},
		"a tag that lies":               {host: host{first: text, then: turned, etags: [2]string{`"1"`, `"1"`}}, says: "its ETag is the same"},
		"a tag that lies, and no ranges": {host: host{first: text, then: turned, etags: [2]string{`"1"`, `"1"`}, answer: func(_ *host, _ int, _ http.ResponseWriter, req *http.Request) bool {
			req.Header.Del("Range")
			return false
		}}, says: "are not what was read"},
		"a range of another version": {host: host{first: text, then: turned, etags: [2]string{`"1"`, `"2"`}, answer: ranged}, whole: true, says: "are not what was read"},
		"a range without its tag":    {host: host{first: text, then: text, etags: [2]string{`"1"`, ""}, answer: ranged}, whole: true},
		"another range than was asked for": {host: host{first: text, then: text, etags: [2]string{`"1"`, `"1"`}, answer: func(_ *host, _ int, _ http.ResponseWriter, req *http.Request) bool {
			if req.Header.Get("Range") != "" {
				req.Header.Set("Range", "bytes=1000-")
			}
			return false
		}}, whole: true},
		"416":                        {host: host{first: text, then: text, etags: [2]string{`"1"`, `"1"`}, answer: status(http.StatusRequestedRangeNotSatisfiable)}, whole: true},
		"shorter than what was read": {host: host{first: text, then: text[:1000]}, whole: true, says: "and now has 1000"},
		"shorter than it was":        {host: host{first: text, then: shorter}, whole: true, says: "and now has"},
		"chunked, and shorter":       {host: host{first: text, then: text[:1000], answer: chunked}, whole: true, says: "and now it has less"},
		"chunked":                    {host: host{first: text, then: text, answer: chunked}, whole: true},
		"grown":                      {host: host{first: text, then: longer}, whole: true},
		"expired":                    {host: host{first: text, then: text, etags: [2]string{`"1"`, `"1"`}, answer: status(http.StatusForbidden)}, says: "the server answered 403 Forbidden"},
		"an end by break": {host: host{first: text, then: text, answer: func(_ *host, n int, w http.ResponseWriter, _ *http.Request) bool {
			content := text
			if n < 3 {
				content = text[:len(text)*n/3]
			}
			return plain(w, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"+content)
		}}, whole: true},
	} {
		t.Run(name, func(t *testing.T) {
			h := c.host
			server := httptest.NewTLSServer(&h)
			defer server.Close()
			r := open(t, reader.Config{HTTP: server.Client()}, server.URL+"/u.csv?signature=secret")
			require.NoError(t, r.Scan())
			got, err := readAll(r)
			for n, row := range accounts(got) {
				require.Equal(t, want[n], row)
			}
			require.Equal(t, c.whole, h.asked[len(h.asked)-1].Get("Range") == "")
			if c.says == "" {
				require.NoError(t, err)
				require.Len(t, got, rows)
				return
			}
			require.ErrorContains(t, err, c.says)
			require.NotContains(t, err.Error(), "secret")
			if name != "expired" {
				require.Equal(t, fault.Changed, fault.KindOf(err))
				require.ErrorContains(t, err, fmt.Sprintf("/u.csv:%d: changed while it was read", len(got)+2))
			}
		})
	}
}

// flaky answers as a server does that is ill for some time.
type flaky []func(req *http.Request) (*http.Response, error)

func (f *flaky) RoundTrip(req *http.Request) (*http.Response, error) {
	next := (*f)[0]
	*f = (*f)[1:]
	return next(req)
}

// stalling is a body that ends in silence.
type stalling struct {
	io.Reader
	ctx context.Context
}

func (s stalling) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	if errors.Is(err, io.EOF) {
		<-s.ctx.Done()
		err = s.ctx.Err()
	}
	return n, err
}

func (stalling) Close() error { return nil }

// A download in which nothing comes for a minute counts as broken. It ends with its context at once.
func TestADownloadThatStallsIsGivenUp(t *testing.T) {
	text, want := bigTable(20_000)
	answer := func(req *http.Request, status int, from int, body string, header ...string) (*http.Response, error) {
		res := &http.Response{StatusCode: status, ProtoMajor: 2, Header: http.Header{"Etag": {`"1"`}}, ContentLength: int64(len(text) - from),
			Body: stalling{strings.NewReader(body), req.Context()}}
		if status == http.StatusPartialContent {
			res.Header.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, len(text)-1, len(text)))
		}
		if header != nil {
			res.Header.Set(header[0], header[1])
		}
		return res, nil
	}
	half := func(req *http.Request) (*http.Response, error) { return answer(req, 200, 0, text[:len(text)/2]) }
	rest := func(req *http.Request) (*http.Response, error) {
		var from int
		_, err := fmt.Sscanf(req.Header.Get("Range"), "bytes=%d-", &from)
		require.NoError(t, err)
		return answer(req, 206, from, text[from:])
	}
	silent := func(req *http.Request) (*http.Response, error) {
		<-req.Context().Done()
		return nil, req.Context().Err()
	}
	busy := func(req *http.Request) (*http.Response, error) { return answer(req, 503, 0, "") }
	packed := func(req *http.Request) (*http.Response, error) {
		return answer(req, 200, 0, readertest.Gzip(t, text), "Content-Encoding", "gzip")
	}
	for name, c := range map[string]struct {
		answers flaky
		takes   time.Duration
		says    string
	}{
		"in its middle":     {flaky{half, rest}, time.Minute, ""},
		"before its head":   {flaky{half, silent, rest}, 2*time.Minute + 2*time.Second, ""},
		"busy":              {flaky{half, busy, rest}, time.Minute + 2*time.Second, ""},
		"packed on the way": {flaky{half, packed, rest}, time.Minute + 2*time.Second, ""},
		"for ever":          {flaky{half, silent, silent, silent, silent, silent}, 6*time.Minute + 30*time.Second, "download broke 6 times in a row: nothing came for 1m0s"},
		"until it is ended": {flaky{half, silent, silent, silent, silent, silent}, 100 * time.Second, context.Canceled.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if name == "until it is ended" {
					time.AfterFunc(c.takes, cancel)
				}
				began := time.Now()
				r, err := reader.Open(ctx, []string{"https://h.example/u.csv"}, reader.Config{HTTP: &http.Client{Transport: &c.answers}})
				require.NoError(t, err)
				defer r.Close()
				rows, err := readAll(r)
				require.Equal(t, c.takes, time.Since(began))
				require.Equal(t, want[:len(rows)], accounts(rows))
				if c.says == "" {
					require.NoError(t, err)
					require.Len(t, rows, len(want))
					return
				}
				require.ErrorContains(t, err, c.says)
				require.Equal(t, fault.Input, fault.KindOf(err))
			})
		})
	}
}

// What a later reading finds at a URL is compared with what was read, whatever its tag says.
func TestAURLThatIsReadAgainIsComparedByItsContent(t *testing.T) {
	text, want := bigTable(300)
	etag, now := `"1"`, text
	var asked []string
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		asked = append(asked, req.Header.Get("Range"))
		w.Header().Set("ETag", etag)
		http.ServeContent(w, req, "u.csv", time.Time{}, strings.NewReader(now))
	}))
	defer server.Close()
	fresh := func() *reader.Reader {
		r := open(t, reader.Config{HTTP: server.Client()}, server.URL+"/u.csv")
		require.NoError(t, r.Scan())
		return r
	}
	place := rest(t, fresh())[99].End
	for name, c := range map[string]struct {
		etag, now string
		ranged    bool
		says      string
	}{
		"the same":               {`"1"`, text, true, ""},
		"another tag":            {`"2"`, text, false, ""},
		"a weak tag":             {`W/"1"`, text, false, ""},
		"no tag":                 {"", text, false, ""},
		"grown":                  {`"1"`, text + "new,New\n", false, ""},
		"another content":        {`"2"`, strings.Replace(text, "u7,", "u8,", 1), false, "are not what was read"},
		"another content behind": {`"2"`, strings.Replace(text, "Nick 250", "Nick 999", 1), false, ""},
		"shorter":                {`"2"`, text[:400], false, "and now it has 400"},
	} {
		t.Run(name, func(t *testing.T) {
			etag, now, asked = c.etag, c.now, nil
			r := fresh()
			err := r.Seek(place, false)
			require.Equal(t, c.ranged, strings.Contains(strings.Join(asked, ""), "bytes="))
			if c.says != "" {
				require.ErrorContains(t, err, c.says)
				require.Equal(t, fault.Changed, fault.KindOf(err))
				return
			}
			require.NoError(t, err)
			got := accounts(rest(t, r))
			require.GreaterOrEqual(t, len(got), 200)
			require.Equal(t, want[100:240], got[:140])
		})
	}
}

// A part of a row that grew behind a URL is left for the next run, as in a file.
func TestTheLastLineOfAGrowingURLIsLeftForTheNextRun(t *testing.T) {
	text, want := bigTable(20_000)
	h := &host{first: text[:len(text)-5], then: text}
	server := httptest.NewTLSServer(h)
	defer server.Close()
	r := open(t, reader.Config{HTTP: server.Client()}, server.URL+"/u.csv")
	require.NoError(t, r.Scan())
	got := rest(t, r)
	require.Equal(t, want[:len(want)-1], accounts(got))
	on := open(t, reader.Config{HTTP: server.Client()}, server.URL+"/u.csv")
	require.NoError(t, on.Seek(r.Position(), false))
	require.Equal(t, want[len(want)-1:], accounts(rest(t, on)))
}
