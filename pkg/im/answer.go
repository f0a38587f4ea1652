package im

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"
)

// Answer is what became of one call.
type Answer struct {
	Code       int
	HasCode    bool // false: there was no valid answer
	HTTPStatus int  // 0: there was no answer at all
	Class      Class
	Info       string        // the service's ErrorInfo, one line, without secrets
	Failed     []string      // ImportBatch: the accounts that were not imported, as the service names them
	RetryAfter time.Duration // 0: not said
	Err        error         // why there is no valid answer; without secrets
	SignedBy   uint64        // which UserSig it was made with, for Resign
	Latency    time.Duration
}

const maxAnswer = 1 << 20 // bytes of an answer's body that are read

// envelope is what every answer holds.
type envelope struct {
	ActionStatus string
	ErrorCode    *int
	ErrorInfo    string
}

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// exchange sends the request and reads its answer. Its errors are not redacted yet.
func (c *Client) exchange(ctx context.Context, cmd command, body []byte, decode func([]byte) error) Answer {
	u, generation, err := c.url(cmd)
	if err != nil {
		return Answer{Class: ClassFatal, Err: err}
	}
	req := (&http.Request{
		Method: http.MethodPost, URL: u, Host: u.Host, Header: header, ProtoMajor: 1, ProtoMinor: 1,
		Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)),
	}).WithContext(ctx)
	resp, err := c.transport.RoundTrip(req)
	if err != nil {
		return Answer{Class: classOfFault(err), Err: fault(err), SignedBy: generation}
	}
	defer resp.Body.Close()
	buf := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(buf)
	buf.Reset()
	_, err = buf.ReadFrom(io.LimitReader(resp.Body, maxAnswer+1))
	a := Answer{HTTPStatus: resp.StatusCode, RetryAfter: retryAfter(resp.Header, time.Now()), SignedBy: generation}
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
	return a
}

// header is every request's, and nobody writes to it.
var header = http.Header{"Content-Type": {"application/json"}, "User-Agent": {"imimport"}}

func (c *Client) decode(body []byte, a *Answer, decode func([]byte) error) {
	if bytes.Equal(body, done) {
		a.HasCode = true
		c.signer.took(a.SignedBy)
		return
	}
	var e envelope
	err := json.Unmarshal(body, &e)
	switch {
	case err != nil || e.ErrorCode == nil:
		a.Class, a.Err = ClassTransient, fmt.Errorf("not a valid answer: %s", sample(body))
		return
	case e.ActionStatus == "FAIL" && *e.ErrorCode == 0:
		a.Class, a.Err = ClassTransient, errors.New("not a valid answer: ActionStatus FAIL with ErrorCode 0")
		return
	}
	a.Code, a.HasCode, a.Info, a.Class = *e.ErrorCode, true, e.ErrorInfo, ClassOf(*e.ErrorCode)
	if a.Class == ClassSuccess && decode != nil {
		if err := decode(body); err != nil {
			a.HasCode, a.Class, a.Err = false, ClassTransient, fmt.Errorf("not a valid answer: %w", err)
			return
		}
	}
	if a.Class != ClassResign && a.Class != ClassFatal {
		c.signer.took(a.SignedBy)
	}
}

// done is the answer of account_import that a run sees a hundred million times.
var done = []byte(`{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0}`)

func statusError(resp *http.Response) error {
	if location := resp.Header.Get("Location"); location != "" {
		host := "elsewhere"
		if u, err := url.Parse(location); err == nil && u.Host != "" {
			host = u.Host
		}
		return fmt.Errorf("HTTP status %d, which leads to %s: is the endpoint right?", resp.StatusCode, host)
	}
	return fmt.Errorf("HTTP status %d", resp.StatusCode)
}

// retryAfter reads the header's two forms (RFC 9110, 10.2.3).
func retryAfter(h http.Header, now time.Time) time.Duration {
	value := h.Get("Retry-After")
	if value == "" {
		return 0
	}
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}

// classOfFault: a certificate that is not trusted will not be trusted on the next try.
func classOfFault(err error) Class {
	if untrusted(err) {
		return ClassFatal
	}
	return ClassTransient
}

func untrusted(err error) bool {
	var verification *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	return errors.As(err, &verification) || errors.As(err, &authority) || errors.As(err, &host)
}

func fault(err error) error {
	if untrusted(err) {
		return &Error{fmt.Errorf("the server's certificate is not trusted: %w", err), "trust its authority with --ca-file, or check --endpoint"}
	}
	return err
}

// redactError keeps an error's words, without secrets and without the URL that net/http prints, and the
// hint it has.
func (c *Client) redactError(err error) error {
	var inner *url.Error
	if errors.As(err, &inner) {
		err = inner.Err
	}
	text := errors.New(oneLine(c.signer.redact(err.Error())))
	var hinted *Error
	if errors.As(err, &hinted) {
		return &Error{text, hinted.hint}
	}
	return text
}

// sample is the beginning of a body that is no answer, fit for one line.
func sample(body []byte) string {
	if len(body) == 0 {
		return "it is empty"
	}
	return strconv.Quote(string(body[:min(len(body), 60)]))
}

const maxInfo = 200

// oneLine makes a text from elsewhere fit for a log and a report.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, s)
	if len(s) > maxInfo {
		cut := maxInfo
		for !utf8.RuneStart(s[cut]) {
			cut--
		}
		s = s[:cut] + "…"
	}
	return strings.TrimSpace(s)
}
