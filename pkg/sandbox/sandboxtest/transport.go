// Package sandboxtest reaches a sandbox without a network. Tests need it inside testing/synctest, where a goroutine that
// waits for a socket stops the clock.
package sandboxtest

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
)

// Transport calls Handler in place of a server: a http.RoundTripper for im.Config. It returns when the handler does, so
// the handler must end with the request's context, as a sandbox does. Safe for concurrent use if Handler is.
type Transport struct {
	Handler http.Handler
}

// RoundTrip answers with what the handler wrote. A handler that panics with http.ErrAbortHandler before it wrote anything
// is a reset connection; after that, it is an answer that ends early.
func (t Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if trace := httptrace.ContextClientTrace(r.Context()); trace != nil && trace.WroteRequest != nil {
		trace.WroteRequest(httptrace.WroteRequestInfo{}) // as every transport that has a connection
	}
	w := httptest.NewRecorder()
	aborted := t.serve(w, r)
	if r.Body != nil {
		_ = r.Body.Close()
	}
	answer := w.Result()
	switch {
	case !aborted:
		return answer, nil
	case w.Flushed:
		answer.Body = io.NopCloser(io.MultiReader(answer.Body, early{}))
		return answer, nil
	case r.Context().Err() != nil:
		return nil, r.Context().Err()
	}
	return nil, errors.New("connection reset")
}

func (t Transport) serve(w http.ResponseWriter, r *http.Request) (aborted bool) {
	defer func() {
		if p := recover(); p == http.ErrAbortHandler { //nolint:errorlint // panicked with as it is
			aborted = true
		} else if p != nil {
			panic(p)
		}
	}()
	t.Handler.ServeHTTP(w, r)
	return false
}

// early is the end of a body that came too early.
type early struct{}

func (early) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
