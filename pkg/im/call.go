package im

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"imimport/pkg/fault"
)

const (
	maxAnswer = 1 << 20  // bytes of an answer's body that are read
	maxPooled = 64 << 10 // of a buffer that is kept
)

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// post makes one call and gives a successful answer's body to decode; nil decodes nothing beyond the code.
// body is the call's own.
func (c *Client) post(ctx context.Context, cmd Command, body []byte, decode func([]byte) error) Answer {
	started := time.Now()
	sig, err := c.signer.get()
	if err != nil {
		return Answer{Class: ClassFatal, Err: err}
	}
	ctx, cancel := context.WithTimeoutCause(ctx, c.timeout, errTimeout)
	defer cancel()
	a := c.exchange(c.newRequest(ctx, cmd, sig, body), sig, decode)
	if a.Err != nil {
		a.Err = c.describe(ctx, a.Err)
	}
	a.SignedBy = sig.generation
	a.Latency = time.Since(started)
	return a
}

// exchange sends the request and reads its answer. Its errors are not redacted yet.
func (c *Client) exchange(r *http.Request, sig *signature, decode func([]byte) error) Answer {
	resp, err := c.transport.RoundTrip(r)
	if err != nil {
		return Answer{Class: classOfFault(err), NoSuchHost: noSuchHost(err), Err: err}
	}
	buf := buffers.Get().(*bytes.Buffer)
	buf.Reset()
	if !switched(resp) {
		_, err = buf.ReadFrom(io.LimitReader(resp.Body, maxAnswer+1))
	}
	_ = resp.Body.Close() // what was read is all that counts
	a := Answer{HTTPStatus: resp.StatusCode, date: resp.Header.Get("Date")}
	switch {
	case resp.StatusCode != http.StatusOK:
		a.Class, a.Err = ClassTransient, statusError(resp)
	case err != nil:
		a.Class, a.Err = ClassTransient, fmt.Errorf("read answer: %w", err)
	case buf.Len() > maxAnswer:
		a.Class, a.Err = ClassTransient, fmt.Errorf("the answer is longer than %d bytes", maxAnswer)
	default:
		c.decode(buf.Bytes(), &a, decode)
	}
	if a.Class != ClassSuccess {
		c.readHeader(resp.Header, &a)
	}
	if buf.Cap() <= maxPooled {
		buffers.Put(buf)
	}
	switch a.Class {
	case ClassSuccess, ClassRow, ClassQuota: // an answer about the account: the UserSig was good
		c.signer.accepted(sig)
	}
	return a
}

// switched tells of an answer whose body is the bare connection (101), which no context ends: it is not read.
func switched(resp *http.Response) bool {
	_, bare := resp.Body.(io.Writer)
	return bare || resp.StatusCode < http.StatusOK
}

// envelope is what every answer holds.
type envelope struct {
	ActionStatus string
	ErrorCode    *int
	ErrorInfo    jsontext.Value
}

// lenient accepts broken text. A name given twice or spelled otherwise still makes the answer invalid.
var lenient = jsontext.AllowInvalidUTF8(true)

// done is the answer of account_import that a run sees a hundred million times.
const done = `{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0}`

func (c *Client) decode(body []byte, a *Answer, decode func([]byte) error) {
	if string(body) == done && decode == nil {
		a.HasCode = true
		return
	}
	var e envelope
	err := json.Unmarshal(body, &e, lenient)
	switch {
	case err != nil || e.ErrorCode == nil:
		a.Class, a.Err = ClassTransient, fmt.Errorf("not a valid answer: %s", c.sample(body))
		return
	case *e.ErrorCode == 0 && e.ActionStatus != "OK" && e.ActionStatus != "":
		a.Class, a.Err = ClassTransient, fmt.Errorf("not a valid answer: ActionStatus %.20q with ErrorCode 0", e.ActionStatus)
		return
	}
	a.Code, a.HasCode, a.Class = *e.ErrorCode, true, ClassOf(*e.ErrorCode)
	var info string
	if a.Class != ClassSuccess && json.Unmarshal(e.ErrorInfo, &info, lenient) == nil {
		a.Info = c.clean(info)
	}
	if a.Class == ClassSuccess && decode != nil {
		if err := decode(body); err != nil {
			a.HasCode, a.Class, a.Err = false, ClassTransient, fmt.Errorf("not a valid answer: %w", err)
		}
	}
}

// readHeader takes from an answer that is no success what its header says about time.
func (c *Client) readHeader(h http.Header, a *Answer) {
	now := c.now()
	server, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		server = now
	}
	a.RetryAfter = retryAfter(h.Get("Retry-After"), server)
	if err == nil {
		a.skew = now.Sub(server)
	}
}

// retryAfter reads the header's two forms (RFC 9110, 10.2.3). A date goes by the server's clock.
func retryAfter(value string, server time.Time) time.Duration {
	const longest = 365 * 24 * time.Hour
	seconds, err := strconv.ParseUint(value, 10, 32)
	if err == nil || errors.Is(err, strconv.ErrRange) {
		return min(time.Duration(seconds)*time.Second, longest)
	}
	if at, err := http.ParseTime(value); err == nil {
		return min(max(0, at.Sub(server)), longest)
	}
	return 0
}

// statusError says where a redirect leads: we do not follow it.
func statusError(resp *http.Response) error {
	text := fmt.Sprintf("HTTP status %d", resp.StatusCode)
	if resp.StatusCode/100 == 3 {
		host := "elsewhere"
		if u, err := url.Parse(resp.Header.Get("Location")); err == nil && u.Host != "" {
			host = u.Host
		}
		return fault.New(fault.Refused, fault.Hintf("redirects are not followed: is %s right?", endpointOption), "%s, which leads to %s", text, host)
	}
	if resp.StatusCode < http.StatusOK || resp.StatusCode/100 == 4 && resp.StatusCode != http.StatusTooManyRequests && resp.StatusCode != http.StatusRequestTimeout {
		return fault.New(fault.Refused, fault.Hintf("the service itself always answers with 200: is %s right, and is there a proxy in between?", endpointOption), "%s", text)
	}
	return errors.New(text)
}
