package sandbox

import (
	"crypto/tls"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

var jsonType = []string{"application/json"} // shared: net/http does not write to it

// failure appends the answer for a code other than 0.
func failure(dst []byte, profile bool, code int) []byte {
	dst = append(dst, `{"ActionStatus":"FAIL","ErrorInfo":`...)
	dst = appendString(dst, infoOf(code))
	dst = append(dst, `,"ErrorCode":`...)
	dst = strconv.AppendInt(dst, int64(code), 10)
	if profile {
		dst = append(dst, `,"ErrorDisplay":""`...)
	}
	return append(dst, '}')
}

// appendResult appends the ResultCode and ResultInfo of one account of many.
func appendResult(dst []byte, code int) []byte {
	dst = append(dst, `,"ResultCode":`...)
	dst = strconv.AppendInt(dst, int64(code), 10)
	dst = append(dst, `,"ResultInfo":`...)
	return appendString(dst, infoOf(code))
}

// appendString appends s as JSON. All strings here were UTF-8 when they were read.
func appendString(dst []byte, s string) []byte {
	dst, _ = jsontext.AppendQuote(dst, s)
	return dst
}

// appendComma appends a comma unless dst ends with the start of a list or an object.
func appendComma(dst []byte) []byte {
	if last := dst[len(dst)-1]; last == '[' || last == '{' {
		return dst
	}
	return append(dst, ',')
}

func writeAnswer(w http.ResponseWriter, body []byte) {
	w.Header()["Content-Type"] = jsonType
	_, _ = w.Write(body) // the client may be gone
}

// reply sends the answer, or does what the verdict does instead. done ends a wait.
func reply(w http.ResponseWriter, r *http.Request, c *call, v verdict, done <-chan struct{}) {
	if v.delay > 0 && !wait(r, time.After(v.delay), done) {
		panic(http.ErrAbortHandler)
	}
	if v.retryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int((v.retryAfter+time.Second-1)/time.Second)))
	}
	switch v.Kind {
	case KindHTTP:
		writePage(w, v.Status)
	case KindHTML:
		writePage(w, http.StatusOK)
	case KindEmpty:
		w.WriteHeader(http.StatusOK)
	case KindReset:
		reset(w)
	case KindHang:
		wait(r, nil, done)
		panic(http.ErrAbortHandler)
	case KindTruncate:
		truncate(w, c.out)
	default:
		writeAnswer(w, c.out)
	}
}

// writePage answers as a proxy in front of the service does.
func writePage(w http.ResponseWriter, status int) {
	text := strconv.Itoa(status) + " " + http.StatusText(status)
	if status == http.StatusOK {
		text = "Please log in"
	}
	w.Header().Set("Content-Type", "text/html")
	w.WriteHeader(status)
	_, _ = w.Write([]byte("<html><head><title>" + text + "</title></head><body><h1>" + text + "</h1></body></html>\n"))
}

// wait waits for over, and reports false if the client went away or the sandbox was closed before.
func wait(r *http.Request, over <-chan time.Time, done <-chan struct{}) bool {
	select {
	case <-over:
		return true
	case <-r.Context().Done():
	case <-done:
	}
	return false
}

// reset ends the connection without an answer, with a TCP reset if it is a TCP connection.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	under := conn
	if t, ok := conn.(*tls.Conn); ok {
		under = t.NetConn()
	}
	if t, ok := under.(*net.TCPConn); ok {
		_ = t.SetLinger(0)
	}
	_ = under.Close()
}

// truncate sends half of an answer and ends the connection.
func truncate(w http.ResponseWriter, body []byte) {
	if len(body) == 0 {
		body = failure(nil, false, codeInternal)
	}
	w.Header()["Content-Type"] = jsonType
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body[:len(body)/2])
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}
