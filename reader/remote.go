package reader

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"imimport/pkg/fault"
)

// remote is an input at an https URL.
type remote struct {
	client *http.Client
	url    string
	show   string // without what may be secret: the query and the user
	size   int64  // -1 is not known
	etag   string
	opened bool
}

const (
	reopenTries = 5 // in a row, without a byte
	reopenWait  = 500 * time.Millisecond
)

func newRemote(client *http.Client, name string) (*remote, error) {
	u, err := url.Parse(name)
	if err != nil {
		return nil, refuse("", fault.Hintf("check the URL"), "an input's URL is not valid")
	}
	show := PublicName(name)
	if u.Scheme != "https" && !(u.Scheme == "http" && isLoopback(u.Hostname())) || u.Host == "" {
		return nil, refuse(show, fault.Hintf("download the file, or serve it by https"), "inputs are read by https only")
	}
	if client == nil {
		client = defaultClient()
	}
	return &remote{client: client, url: name, show: show, size: -1}, nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func defaultClient() *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.ResponseHeaderTimeout = 30 * time.Second
	return &http.Client{Transport: transport, CheckRedirect: func(req *http.Request, via []*http.Request) error {
		if req.URL.Scheme != "https" && via[0].URL.Scheme == "https" {
			return fmt.Errorf("redirected to %s, which is no https", req.URL.Host)
		}
		if len(via) >= 10 {
			return errors.New("redirected too often")
		}
		return nil
	}}
}

// open reads from an offset on. If the connection breaks, it opens another one.
func (u *remote) open(ctx context.Context, from int64) (io.ReadCloser, error) {
	b := &remoteBody{ctx: ctx, remote: u, at: from}
	return b, b.connect()
}

// get asks for the bytes from an offset on.
func (u *remote) get(ctx context.Context, from int64) (io.ReadCloser, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.url, nil)
	if err != nil {
		return nil, errors.New("the URL is not valid")
	}
	req.Header.Set("Accept-Encoding", "identity") // the bytes as they are stored
	if from > 0 {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", from))
	}
	res, err := u.client.Do(req)
	if err != nil {
		return nil, withoutURL(err)
	}
	size, err := u.accept(res, from)
	if err == nil {
		err = u.same(size, res.Header.Get("ETag"))
	}
	if err == nil && res.StatusCode == http.StatusOK && from > 0 { // the server knows no ranges
		_, err = io.CopyN(io.Discard, res.Body, from)
	}
	if err != nil {
		return nil, errors.Join(err, res.Body.Close())
	}
	return res.Body, nil
}

// accept checks the answer and returns the size of the whole file, -1 if it is not known.
func (u *remote) accept(res *http.Response, from int64) (size int64, err error) {
	switch res.StatusCode {
	case http.StatusOK:
		return res.ContentLength, nil
	case http.StatusPartialContent:
		var first, last int64
		text := res.Header.Get("Content-Range")
		if _, err := fmt.Sscanf(text, "bytes %d-%d/", &first, &last); err != nil || first != from {
			return 0, fmt.Errorf("the server sent another range (%q) than was asked for", text)
		}
		if size = totalSize(text); size < 0 {
			size = u.size // the server does not say it in this answer
		}
		return size, nil
	case http.StatusRequestedRangeNotSatisfiable:
		if size = totalSize(res.Header.Get("Content-Range")); size == from {
			_ = res.Body.Close()
			res.Body = http.NoBody
			return size, nil
		}
		return 0, Changed(u.show, "it has become shorter")
	}
	return 0, fmt.Errorf("the server answered %s", res.Status)
}

// totalSize is the whole size that a Content-Range names, -1 if it names none.
func totalSize(contentRange string) int64 {
	_, total, _ := strings.Cut(contentRange, "/")
	size, err := strconv.ParseInt(total, 10, 64)
	if err != nil {
		return -1
	}
	return size
}

// same refuses a file that is not the one of the first answer.
func (u *remote) same(size int64, etag string) error {
	if !u.opened {
		u.opened, u.size, u.etag = true, size, etag
		return nil
	}
	if etag != u.etag {
		return Changed(u.show, "its ETag is another")
	}
	if size >= 0 && u.size >= 0 && size != u.size {
		return Changed(u.show, "it had %d bytes and now has %d", u.size, size)
	}
	return nil
}

func withoutURL(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

// remoteBody is a download that continues after a broken connection: servers close those that are read slowly.
type remoteBody struct {
	ctx    context.Context
	remote *remote
	body   io.ReadCloser
	at     int64
	broken int // times since the last byte
}

func (b *remoteBody) connect() (err error) {
	b.body, err = b.remote.get(b.ctx, b.at)
	return err
}

func (b *remoteBody) Read(p []byte) (int, error) {
	for {
		n, err := 0, error(nil)
		if b.body == nil {
			err = b.connect()
		}
		if err == nil {
			n, err = b.body.Read(p)
		}
		if n > 0 {
			b.at += int64(n)
			b.broken = 0
		}
		ended := errors.Is(err, io.EOF) && (b.remote.size < 0 || b.at >= b.remote.size)
		if err == nil || ended || fault.KindOf(err) == fault.Changed || b.ctx.Err() != nil {
			return n, err
		}
		_ = b.Close() // a broken connection has nothing to say
		if n > 0 {
			return n, nil
		}
		if err := b.again(withoutURL(err)); err != nil {
			return 0, err
		}
	}
}

// again waits before the next try. The first one comes at once: the server may only have lost patience.
func (b *remoteBody) again(cause error) error {
	if b.broken == reopenTries {
		return fmt.Errorf("download broke %d times in a row: %w", reopenTries+1, cause)
	}
	if b.broken++; b.broken == 1 {
		return nil
	}
	select {
	case <-time.After(reopenWait << b.broken):
		return nil
	case <-b.ctx.Done():
		return b.ctx.Err()
	}
}

func (b *remoteBody) Close() error {
	if b.body == nil {
		return nil
	}
	body := b.body
	b.body = nil
	return body.Close()
}
