package reader

import (
	"bytes"
	"errors"
	"io"

	"imimport/pkg/fault"
)

// arrayState is what may come next in an array.
type arrayState uint8

const (
	beforeArray arrayState = iota
	beforeFirst            // an element, or the end
	afterElement
	afterArray
)

// cutElement passes the next element of an array.
func (r *jsonRows) cutElement() ([]byte, int64, error) {
	for {
		c, err := r.space()
		switch {
		case errors.Is(err, io.EOF) && r.state == afterArray:
			return nil, 0, io.EOF
		case errors.Is(err, io.EOF):
			return nil, 0, r.fault("the array is not closed: is the end of the file missing?")
		case err != nil:
			return nil, 0, err
		}
		switch {
		case r.records != nil && c == '{' && (r.state == beforeArray || r.state == afterArray):
			if err := r.enter(); err != nil {
				return nil, 0, err
			}
		case r.records != nil && r.state == beforeArray:
			return nil, 0, r.noRecords()
		case r.state == beforeArray && c == '[':
			r.advance(1, 0)
			r.state = beforeFirst
		case c == ']' && (r.state == beforeFirst || r.state == afterElement):
			r.advance(1, 0)
			if err := r.leave(); err != nil {
				return nil, 0, err
			}
			r.state = afterArray
		case r.state == beforeFirst:
			return r.element()
		case r.state == afterElement && c == ',':
			r.advance(1, 0)
			if c, err = r.space(); err != nil || c == ',' || c == ']' {
				if err != nil && !errors.Is(err, io.EOF) {
					return nil, 0, err
				}
				return nil, 0, r.fault("an element is missing after a comma")
			}
			return r.element()
		case r.state == afterArray:
			return nil, 0, r.fault("there is more text behind the end of the array")
		default:
			return nil, 0, r.fault("a comma or ] is missing between the array's elements")
		}
	}
}

func (r *jsonRows) fault(msg string) error {
	return broken(r.table.show, r.line+1, fault.Hintf("mend the JSON there; with one object a line (jq -c '.[]') only the broken one would fail"), "%s", msg)
}

// space passes white space and returns the byte after it, which is not passed.
func (r *jsonRows) space() (byte, error) {
	for {
		b := r.rest()
		n := len(b) - len(bytes.TrimLeft(b, " \t\r\n"))
		r.advance(n, bytes.Count(b[:n], []byte("\n")))
		if n < len(b) {
			return b[n], nil
		}
		if !r.more() {
			return 0, r.err
		}
	}
}

// element passes an element. It looks at brackets and quotes alone.
func (r *jsonRows) element() ([]byte, int64, error) {
	line := r.line + 1
	var scan elementScan
	for seen := 0; ; {
		b := r.rest()
		n, done := scan.find(b, seen)
		switch {
		case done && n == 0:
			return nil, 0, r.fault("a bracket closes that nothing has opened")
		case done && n <= maxRecord:
			r.advance(n, bytes.Count(b[:n], []byte("\n")))
			r.state = afterElement
			return compact(b[:n]), line, nil
		case len(b) > maxRecord:
			return r.skipElement(b, line)
		}
		seen = n
		if !r.more() {
			return nil, 0, r.endless(line)
		}
	}
}

// endless is the error of an element that the stream ends in.
func (r *jsonRows) endless(line int64) error {
	if !errors.Is(r.err, io.EOF) {
		return r.err
	}
	return broken(r.table.show, line, fault.Hintf("is a quote or a bracket missing, or the end of the file?"), "the element that begins here does not end")
}

// skipElement passes an element that is too large for a row, without holding it in memory.
func (r *jsonRows) skipElement(b []byte, line int64) ([]byte, int64, error) {
	text := append(bytes.Clone(b[:rawSample]), "…"...)
	var scan elementScan
	for {
		b := r.rest()
		n, done := scan.find(b, 0)
		r.advance(n, bytes.Count(b[:n], []byte("\n")))
		if done {
			r.state = afterElement
			return text, line, errTooLarge
		}
		if !r.more() {
			return nil, 0, r.endless(line)
		}
	}
}

// elementScan finds the end of a JSON value that may be wrong inside.
type elementScan struct {
	depth   int
	quoted  bool
	escaped bool
}

// find continues at i and returns where the value ends, or how far it looked.
func (s *elementScan) find(b []byte, i int) (n int, done bool) {
	for ; i < len(b); i++ {
		c := b[i]
		switch {
		case s.escaped:
			s.escaped = false
		case s.quoted && c == '\\':
			s.escaped = true
		case c == '"':
			s.quoted = !s.quoted
			if !s.quoted && s.depth == 0 {
				return i + 1, true
			}
		case s.quoted:
			i = special(b, i+1) - 1
		case c == '{' || c == '[':
			s.depth++
		case c == '}' || c == ']':
			if s.depth == 0 {
				return i, true
			}
			if s.depth--; s.depth == 0 {
				return i + 1, true
			}
		case s.depth == 0 && (c == ',' || c == ' ' || c == '\t' || c == '\r' || c == '\n') && i > 0:
			return i, true
		}
	}
	return i, false
}

// compact removes the white space between the tokens of a text that has several lines.
func compact(b []byte) []byte {
	if bytes.IndexByte(b, '\n') < 0 && bytes.IndexByte(b, '\r') < 0 {
		return b
	}
	out, quoted := make([]byte, 0, len(b)), false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case quoted && c == '\\' && i+1 < len(b):
			out = append(out, c, b[i+1])
			i++
			continue
		case c == '"':
			quoted = !quoted
		case !quoted && (c == ' ' || c == '\t' || c == '\r' || c == '\n'):
			continue
		}
		out = append(out, b[i])
	}
	return out
}
