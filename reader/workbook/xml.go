package workbook

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"
)

const (
	maxToken = 1 << 20 // bytes of a tag or a text; a cell has 32,767 characters at most
	maxDepth = 256
)

// event is what a scanner has met.
type event int

const (
	began event = iota // an element; its name and attributes are in the scanner
	ended              // an element; its name is in the scanner
	chars              // text, for scanner.text
)

// scanner takes a part of a workbook to pieces. It is a plain XML parser, but for document types, which no workbook has and
// which could grow without bound, and for encodings other than UTF-8.
type scanner struct {
	src io.Reader
	err error  // what ended src
	buf []byte // read; passed up to pos
	pos int

	name  []byte // of the element, without its prefix
	attrs []attr // of the element that began
	raw   []byte // text as it stands
	cdata bool

	open   []byte // the names of the open elements, one behind the other
	begins []int  // where each begins
	closed bool   // the element that began ends at once
	seen   bool   // there was an element
}

// attr is an attribute: its name without a prefix, and its value as it stands.
type attr struct{ name, value []byte }

var errTooLong = fmt.Errorf("a text or a tag has more than %d bytes", maxToken)

func newScanner(src io.Reader) *scanner { return &scanner{src: src} }

// next goes on to the next event. What the scanner has given before is lost then. io.EOF comes behind the last element.
func (s *scanner) next() (event, error) {
	if s.closed {
		s.closed = false
		return ended, s.pop(s.open[s.begins[len(s.begins)-1]:])
	}
	for {
		if s.pos == len(s.buf) && !s.fill() {
			return 0, s.end()
		}
		if s.buf[s.pos] != '<' {
			n, err := s.find("<", 0)
			if errors.Is(err, io.EOF) {
				n, err = len(s.buf)-s.pos, nil
			}
			if err != nil {
				return 0, err
			}
			s.raw, s.cdata = s.take(n), false
			if len(s.begins) > 0 {
				return chars, nil
			}
			if len(bytes.Trim(bytes.TrimPrefix(s.raw, []byte("\ufeff")), " \t\r\n")) > 0 {
				return 0, errors.New("there is text outside of the elements")
			}
			continue
		}
		if e, err := s.markup(); e >= 0 || err != nil {
			return e, err
		}
	}
}

const nothing event = -1

// markup reads what begins with <.
func (s *scanner) markup() (event, error) {
	for len(s.buf)-s.pos < len("<![CDATA[") && s.fill() {
	}
	rest := s.buf[s.pos:]
	switch {
	case bytes.HasPrefix(rest, []byte("<!--")):
		_, err := s.through("-->", len("<!--"))
		return nothing, err
	case bytes.HasPrefix(rest, []byte("<?")):
		text, err := s.through("?>", len("<?"))
		if err == nil && bytes.HasPrefix(text, []byte("xml ")) {
			err = checkEncoding(text)
		}
		return nothing, err
	case bytes.HasPrefix(rest, []byte("<![CDATA[")):
		text, err := s.through("]]>", len("<![CDATA["))
		s.raw, s.cdata = text, true
		return chars, err
	case bytes.HasPrefix(rest, []byte("<!")):
		return nothing, errors.New("it has a document type")
	case bytes.HasPrefix(rest, []byte("</")):
		tag, err := s.through(">", len("</"))
		if err != nil {
			return nothing, err
		}
		return ended, s.pop(trimRight(tag))
	}
	return began, s.begin()
}

func checkEncoding(declaration []byte) error {
	_, name, found := bytes.Cut(declaration, []byte("encoding="))
	if !found || len(name) < 2 {
		return nil
	}
	name, _, _ = bytes.Cut(name[1:], name[:1])
	if !bytes.EqualFold(name, []byte("utf-8")) && !bytes.EqualFold(name, []byte("us-ascii")) {
		return fmt.Errorf("it is encoded in %q, and not in UTF-8", name)
	}
	return nil
}

// begin reads the tag of an element.
func (s *scanner) begin() error {
	size := 1
	for quote := byte(0); ; size++ {
		if s.pos+size == len(s.buf) {
			if size > maxToken {
				return errTooLong
			}
			if !s.fill() {
				return s.cut()
			}
		}
		switch c := s.buf[s.pos+size]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
			continue
		case c == '"' || c == '\'':
			quote = c
			continue
		case c == '<':
			return errBadTag
		case c != '>':
			continue
		}
		break
	}
	tag := s.take(size + 1)[1:size]
	if s.closed = bytes.HasSuffix(tag, []byte("/")); s.closed {
		tag = tag[:len(tag)-1]
	}
	end := 0
	for end < len(tag) && !isSpace(tag[end]) {
		end++
	}
	switch {
	case end == 0:
		return errBadTag
	case len(s.begins) == maxDepth:
		return fmt.Errorf("its elements are more than %d deep", maxDepth)
	case len(s.begins) == 0 && s.seen:
		return errors.New("there is a second root element")
	}
	s.seen = true
	s.begins = append(s.begins, len(s.open))
	s.open = append(s.open, tag[:end]...)
	s.name = local(tag[:end])
	return s.parseAttrs(tag[end:])
}

var errBadTag = errors.New("a tag is not well formed")

func (s *scanner) parseAttrs(text []byte) error {
	s.attrs = s.attrs[:0]
	for {
		if text = trimLeft(text); len(text) == 0 {
			return nil
		}
		eq := bytes.IndexByte(text, '=')
		if eq < 1 {
			return errBadTag
		}
		name, rest := trimRight(text[:eq]), trimLeft(text[eq+1:])
		if len(rest) == 0 || rest[0] != '"' && rest[0] != '\'' {
			return errBadTag
		}
		end := bytes.IndexByte(rest[1:], rest[0])
		if end < 0 {
			return errBadTag
		}
		s.attrs = append(s.attrs, attr{local(name), rest[1 : 1+end]})
		text = rest[end+2:]
	}
}

// attr is an attribute's value as it stands, nil for none. It is for those that are words or numbers.
func (s *scanner) attr(name string) []byte {
	for _, a := range s.attrs {
		if string(a.name) == name {
			return a.value
		}
	}
	return nil
}

// attrText is an attribute's value, "" for none.
func (s *scanner) attrText(name string) (string, error) {
	text, err := unescape(nil, s.attr(name))
	return string(text), err
}

// text appends the text at hand.
func (s *scanner) text(to []byte) ([]byte, error) {
	if s.cdata {
		return plain(to, s.raw)
	}
	return unescape(to, s.raw)
}

// is tells whether the element at hand has a name.
func (s *scanner) is(name string) bool { return string(s.name) == name }

// depth is how many elements are open. One that has just ended is not.
func (s *scanner) depth() int { return len(s.begins) }

// skip passes the element that has just begun.
func (s *scanner) skip() error {
	for depth := s.depth(); ; {
		if e, err := s.next(); err != nil || e == ended && s.depth() < depth {
			return err
		}
	}
}

func (s *scanner) pop(name []byte) error {
	if len(s.begins) == 0 {
		return errNesting
	}
	at := s.begins[len(s.begins)-1]
	if !bytes.Equal(s.open[at:], name) {
		return errNesting
	}
	s.name = local(s.open[at:])
	s.open, s.begins = s.open[:at], s.begins[:len(s.begins)-1]
	return nil
}

var errNesting = errors.New("an element does not end where it should")

// end is what the end of the bytes means.
func (s *scanner) end() error {
	if errors.Is(s.err, io.EOF) && (len(s.begins) > 0 || !s.seen) {
		return io.ErrUnexpectedEOF
	}
	return s.err
}

// cut is the end of the bytes within a tag.
func (s *scanner) cut() error {
	if errors.Is(s.err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return s.err
}

func (s *scanner) take(n int) []byte {
	s.pos += n
	return s.buf[s.pos-n : s.pos]
}

// through takes what stands before a delimiter, and the delimiter, and leaves out as many bytes before it.
func (s *scanner) through(delimiter string, begin int) ([]byte, error) {
	n, err := s.find(delimiter, begin)
	if errors.Is(err, io.EOF) {
		return nil, io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, err
	}
	return s.take(n + len(delimiter))[begin:n], nil
}

// find tells how many bytes stand before a delimiter, which is looked for from a place on.
func (s *scanner) find(delimiter string, from int) (int, error) {
	for {
		if i := bytes.Index(s.buf[min(s.pos+from, len(s.buf)):], []byte(delimiter)); i >= 0 {
			return from + i, nil
		}
		from = max(from, len(s.buf)-s.pos-len(delimiter)+1)
		if from > maxToken {
			return 0, errTooLong
		}
		if !s.fill() {
			return 0, s.err
		}
	}
}

const readSize = 64 << 10

// fill reads more. False is the end, for the reason in s.err.
func (s *scanner) fill() bool {
	if s.err != nil {
		return false
	}
	if s.pos > 0 {
		s.buf, s.pos = s.buf[:copy(s.buf, s.buf[s.pos:])], 0
	}
	if cap(s.buf)-len(s.buf) < readSize/2 {
		s.buf = append(make([]byte, 0, max(readSize, 2*cap(s.buf))), s.buf...)
	}
	for range 100 {
		var n int
		n, s.err = s.src.Read(s.buf[len(s.buf):cap(s.buf)])
		if s.buf = s.buf[:len(s.buf)+n]; n > 0 {
			return true
		}
		if s.err != nil {
			return false
		}
	}
	s.err = io.ErrNoProgress
	return false
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

func trimLeft(b []byte) []byte {
	for len(b) > 0 && isSpace(b[0]) {
		b = b[1:]
	}
	return b
}

func trimRight(b []byte) []byte {
	for len(b) > 0 && isSpace(b[len(b)-1]) {
		b = b[:len(b)-1]
	}
	return b
}

func local(name []byte) []byte { return name[bytes.IndexByte(name, ':')+1:] }

// plain appends text whose line breaks become newlines, as XML has it.
func plain(to, text []byte) ([]byte, error) {
	if i := bytes.IndexFunc(text, isControl); i >= 0 {
		return to, errors.New("there is a control character")
	}
	if bytes.IndexByte(text, '\r') >= 0 {
		text = bytes.ReplaceAll(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")), []byte("\r"), []byte("\n"))
	}
	return append(to, text...), nil
}

func isControl(r rune) bool { return r < ' ' && r != '\t' && r != '\n' && r != '\r' }

// unescape appends text with its entities undone.
func unescape(to, text []byte) ([]byte, error) {
	for {
		before, rest, found := bytes.Cut(text, []byte("&"))
		var err error
		if to, err = plain(to, before); err != nil || !found {
			return to, err
		}
		name, rest, found := bytes.Cut(rest, []byte(";"))
		r, known := entity(name)
		if !found || !known {
			return to, errors.New("there is an entity that XML does not have")
		}
		to, text = utf8.AppendRune(to, r), rest
	}
}

var entities = map[string]rune{"lt": '<', "gt": '>', "amp": '&', "quot": '"', "apos": '\''}

func entity(name []byte) (r rune, known bool) {
	digits, isNumber := bytes.CutPrefix(name, []byte("#"))
	if !isNumber {
		r, known = entities[string(name)]
		return r, known
	}
	base := 10
	if hex, isHex := bytes.CutPrefix(digits, []byte("x")); isHex {
		digits, base = hex, 16
	}
	n, err := strconv.ParseUint(string(digits), base, 32)
	return rune(n), err == nil && n <= utf8.MaxRune && utf8.ValidRune(rune(n)) && !isControl(rune(n))
}
