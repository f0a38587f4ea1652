package reader

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"unicode/utf8"
)

const (
	maxRecord = 1 << 20   // bytes of one row
	pageSize  = 32 << 10  // memory that rows share
	chunkSize = 256 << 10 // of one read
)

// tape is a file's stream as a page of bytes that the parsers cut rows off, and their place in it. A page ends with a
// line if it can. Rows keep parts of its text, which is never overwritten.
type tape struct {
	src  io.Reader
	text bool  // make a string of each page
	err  error // what ended the stream; io.EOF is its end

	buf    []byte // read and not passed; the page is buf[lo:hi]
	lo, hi int
	page   string // buf[lo:hi], if text
	pos    int    // in the page
	state  pageState

	offset int64 // of pos in the stream
	line   int64 // line breaks before it
	sum    digest
	last   byte // the byte before it; '\n' at the start

	mark     int64 // 0, or an offset at which the sum is to be taken
	passed   bool  // and it was
	markSum  uint64
	markEnds bool // only a line break stood between the mark and the end of the row there
}

// pageState is what holds for a whole page, so that its rows need not be looked at one by one.
type pageState struct {
	ascii   bool
	clean   bool // UTF-8, without NUL and U+FFFD
	quotes  bool
	slashes bool // backslashes
	breaks  bool // a CR that no newline follows
}

func newTape(src io.Reader, text bool) *tape {
	return &tape{src: src, text: text, last: '\n'}
}

// rest are the bytes of the page that were not passed yet.
func (t *tape) rest() []byte { return t.buf[t.lo+t.pos : t.hi] }

// ended tells whether the stream came to its proper end and the page holds all that is left of it.
func (t *tape) ended() bool { return t.hi == len(t.buf) && errors.Is(t.err, io.EOF) }

// advance passes n bytes with a number of line breaks in them.
func (t *tape) advance(n, lines int) {
	if n == 0 {
		return
	}
	b := t.buf[t.lo+t.pos : t.lo+t.pos+n]
	if t.mark > 0 && t.offset+int64(n) >= t.mark {
		t.passMark(b)
	}
	t.sum.write(b)
	t.last = b[n-1]
	t.offset += int64(n)
	t.line += int64(lines)
	t.pos += n
}

// more makes the page longer, by whole lines if it can. False is the end of the stream, for the reason in t.err.
func (t *tape) more() bool {
	grown := t.grow()
	t.turn(t.hi)
	return grown
}

// grow is more without making a string of the page: turn has to follow.
func (t *tape) grow() bool {
	known := t.hi - t.lo - t.pos // bytes that the parser has seen and could not use
	t.lo, t.pos = t.lo+t.pos, 0
	if t.hi == len(t.buf) && !t.fill() {
		return false
	}
	end := min(len(t.buf), t.lo+max(pageSize, 2*known))
	if i := bytes.LastIndexByte(t.buf[t.lo+known:end], '\n'); i >= 0 {
		end = t.lo + known + i + 1
	}
	t.hi = end
	return true
}

// turn opens the page that ends at hi.
func (t *tape) turn(hi int) {
	t.hi = hi
	b := t.buf[t.lo:hi]
	if t.text {
		t.page = string(b)
		t.state.quotes = bytes.IndexByte(b, '"') >= 0
		crs := bytes.Count(b, []byte{'\r'})
		t.state.breaks = crs > 0 && crs != bytes.Count(b, []byte("\r\n"))
		t.state.slashes = bytes.IndexByte(b, '\\') >= 0
	}
	t.state.ascii = isASCII(b)
	t.state.clean = isClean(b, t.state.ascii)
}

// fill reads until a new line break comes, the stream ends, or the buffer holds more than a row may have.
func (t *tape) fill() bool {
	if t.err != nil {
		return false
	}
	if t.lo > 0 {
		n := copy(t.buf[:cap(t.buf)], t.buf[t.lo:])
		t.buf, t.hi, t.lo = t.buf[:n], t.hi-t.lo, 0
	}
	begin := len(t.buf)
	for idle := 0; ; {
		if cap(t.buf)-len(t.buf) < chunkSize/4 {
			grown := make([]byte, len(t.buf), max(chunkSize, 2*cap(t.buf)))
			copy(grown, t.buf)
			t.buf = grown
		}
		from := len(t.buf)
		n, err := t.src.Read(t.buf[from:cap(t.buf)])
		t.buf = t.buf[:from+n]
		t.err = err
		if n == 0 && err == nil {
			if idle++; idle == 100 {
				t.err = io.ErrNoProgress
			}
		}
		if t.err != nil || len(t.buf) > maxRecord+chunkSize || bytes.IndexByte(t.buf[from:], '\n') >= 0 {
			return len(t.buf) > begin
		}
	}
}

// skipMark passes the byte order mark at the start of a stream.
func (t *tape) skipMark(marked bool) {
	if marked && len(t.rest()) == 0 && t.more() {
		t.advance(len(utf8Mark), 0)
		t.last = '\n'
	}
}

// skipLine passes the rest of a line, however long, without holding it in memory.
func (t *tape) skipLine() {
	for {
		b := t.rest()
		if i := bytes.IndexByte(b, '\n'); i >= 0 {
			t.advance(i+1, 1)
			return
		}
		t.advance(len(b), 0)
		if !t.more() {
			return
		}
	}
}

func isASCII(b []byte) bool {
	var high uint64
	for len(b) >= 32 {
		high |= binary.LittleEndian.Uint64(b) | binary.LittleEndian.Uint64(b[8:]) |
			binary.LittleEndian.Uint64(b[16:]) | binary.LittleEndian.Uint64(b[24:])
		b = b[32:]
	}
	for _, c := range b {
		high |= uint64(c)
	}
	return high&0x8080808080808080 == 0
}

const replacement = string(utf8.RuneError)

func isClean(b []byte, ascii bool) bool {
	if bytes.IndexByte(b, 0) >= 0 {
		return false
	}
	return ascii || utf8.Valid(b) && !bytes.Contains(b, []byte(replacement))
}

// textFault is what is wrong with the characters of a text, "" for nothing.
func textFault(s string) (kind, msg string) {
	switch {
	case strings.IndexByte(s, 0) >= 0:
		return KindNUL, "a NUL character"
	case !utf8.ValidString(s):
		return KindNotUTF8, "bytes that are not valid UTF-8"
	case strings.Contains(s, replacement):
		return KindLost, "U+FFFD, which stands where a character was lost"
	}
	return "", ""
}
