package reader

import (
	"context"
	"crypto/tls"
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

// remote is an input at an https URL. Its first answer says how long it is; it is read as far as that.
type remote struct {
	client *http.Client
	url    string
	show   string // without what may be secret: the query and the user
	opened bool
	size   int64  // of the first answer; -1 is not known
	coding string // Content-Encoding of the first answer
	etag   string // of the last answer whose content was compared
	tag    string // etag and size of that answer, for a Position
}

const idleLimit = time.Minute // without a byte, also of the answer's head

var (
	errStalled  = fmt.Errorf("nothing came for %s", idleLimit)
	errUnproved = errors.New("nothing proves that the content is the same")
)

// finalError is one that another try would not mend.
type finalError struct{ error }

func newRemote(client *http.Client, name string) (*remote, error) {
	u, err := url.Parse(name)
	if err != nil {
		return nil, refuse("", fault.Hintf("check the URL"), "an input's URL is not valid")
	}
	show := PublicName(name)
	if !isSafe(u) || u.Host == "" {
		return nil, refuse(show, fault.Hintf("download the file, or serve it by https"), "inputs are read by https only")
	}
	if client == nil {
		client = defaultClient()
	}
	own := *client
	own.CheckRedirect = redirected
	return &remote{client: &own, url: name, show: show, size: -1}, nil
}

// isSafe tells whether nobody on the way can read or change what is sent.
func isSafe(u *url.URL) bool {
	ip := net.ParseIP(u.Hostname())
	return u.Scheme == "https" || u.Scheme == "http" && (u.Hostname() == "localhost" || ip != nil && ip.IsLoopback())
}

func defaultClient() *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxResponseHeaderBytes = 64 << 10
	return &http.Client{Transport: transport}
}

// redirected keeps to https, and keeps the query of a signed URL from where it leads.
func redirected(req *http.Request, via []*http.Request) error {
	switch {
	case !isSafe(req.URL) || req.URL.Scheme != "https" && via[0].URL.Scheme == "https":
		return finalError{fmt.Errorf("redirected to %s://%s, and inputs are read by https only", req.URL.Scheme, req.URL.Host)}
	case len(via) >= 10:
		return finalError{errors.New("redirected too often")}
	}
	req.Header.Del("Referer")
	return nil
}

// answer is what the server gives over one connection.
type answer struct {
	body    io.ReadCloser
	ctx     context.Context
	cancel  context.CancelCauseFunc
	idle    *time.Timer
	partial bool   // it is the range that was asked for, else the whole
	size    int64  // of the whole; -1 is not known
	sure    bool   // its end cannot be mistaken for a connection that breaks
	etag    string // of the whole
}

// get asks for the bytes from an offset on, if they are still those of the last ETag, else for the whole.
func (u *remote) get(ctx context.Context, from int64) (*answer, error) {
	a := &answer{}
	a.ctx, a.cancel = context.WithCancelCause(ctx)
	a.idle = time.AfterFunc(idleLimit, func() { a.cancel(errStalled) })
	defer a.idle.Stop()
	req, err := http.NewRequestWithContext(a.ctx, http.MethodGet, u.url, nil)
	if err != nil {
		a.cancel(nil)
		return nil, errors.New("the URL is not valid")
	}
	req.Header.Set("Accept-Encoding", "identity") // the bytes as they are stored
	if from > 0 {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", from))
		req.Header.Set("If-Range", u.etag)
	}
	res, err := u.client.Do(req)
	if err != nil {
		err = a.cause(err)
		a.cancel(nil)
		return nil, err
	}
	a.body = res.Body
	if err := u.accept(a, res, from); err != nil {
		a.close()
		return nil, err
	}
	return a, nil
}

// accept looks at the head of an answer.
func (u *remote) accept(a *answer, res *http.Response, from int64) error {
	etag, coding := res.Header.Get("ETag"), res.Header.Get("Content-Encoding")
	switch code := res.StatusCode; {
	case code == http.StatusOK:
		a.size = res.ContentLength
		a.sure = a.size >= 0 || res.ProtoMajor > 1 || len(res.TransferEncoding) > 0
	case code == http.StatusPartialContent && from > 0:
		first, size := contentRange(res.Header.Get("Content-Range"))
		if first != from || size >= 0 && u.size >= 0 && size != u.size || etag != u.etag || coding != u.coding {
			return errUnproved
		}
		a.partial, a.sure, a.size = true, size >= 0, size
		return nil
	case code == http.StatusRequestedRangeNotSatisfiable && from > 0:
		if _, size := contentRange(res.Header.Get("Content-Range")); size != from || size != u.size {
			return errUnproved
		}
		a.partial, a.sure, a.size = true, true, from // nothing is behind it
		a.body = http.NoBody
		return res.Body.Close()
	case code >= 400 && code < 500 && code != http.StatusRequestTimeout && code != http.StatusTooEarly && code != http.StatusTooManyRequests:
		return finalError{answered(code)}
	default:
		return answered(code)
	}
	if u.opened && coding != u.coding {
		return errors.New("the server sends another Content-Encoding than before")
	}
	if !u.opened {
		u.opened, u.size, u.coding = true, a.size, coding
	}
	a.etag = etag
	return nil
}

// take has later answers be held against this one.
func (u *remote) take(a *answer) {
	if u.etag, u.tag = a.etag, ""; a.etag != "" {
		u.tag = fmt.Sprintf("%s %d", a.etag, a.size)
	}
}

// answered is the error of a status. What else the server says may repeat the URL's secrets.
func answered(code int) error {
	return errors.New(strings.TrimSpace(fmt.Sprintf("the server answered %d %s", code, http.StatusText(code))))
}

// contentRange are the first byte and the whole size that a Content-Range names, -1 for what it does not.
func contentRange(text string) (first, size int64) {
	span, total, _ := strings.Cut(strings.TrimPrefix(text, "bytes "), "/")
	begin, _, _ := strings.Cut(span, "-")
	return number(begin), number(total)
}

func number(digits string) int64 {
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n < 0 {
		return -1
	}
	return n
}

// isStrong tells whether an ETag stands for exactly these bytes.
func isStrong(etag string) bool { return strings.HasPrefix(etag, `"`) }

func (a *answer) Read(p []byte) (int, error) {
	a.idle.Reset(idleLimit)
	n, err := a.body.Read(p)
	a.idle.Stop()
	if err != nil && !errors.Is(err, io.EOF) {
		err = a.cause(err)
	}
	return n, err
}

func (a *answer) close() {
	a.cancel(nil)
	_ = a.body.Close() // it was only read
}

// cause is an error of the connection without what may be secret: net/http puts the URL into it, and what the server
// has sent where it cannot be understood.
func (a *answer) cause(err error) error {
	if a.ctx.Err() != nil {
		return context.Cause(a.ctx)
	}
	var final finalError
	var network *net.OpError
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.As(err, &final):
		return final
	case errors.As(err, &network):
		return network
	case errors.As(err, &certificate):
		return certificate
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return io.ErrUnexpectedEOF
	}
	return errors.New("the connection broke, or the answer is not valid HTTP")
}
