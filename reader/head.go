package reader

import (
	"bytes"
	"errors"
	"io"
)

const headSize = 2*maxRecord + 1 // a quote that opens in the first MiB is closed by then, or its row is too large

// head is the start of a stream, which shows how the rest is written.
type head struct {
	text  []byte // up to headSize
	whole bool   // text is all of the stream, which came to its proper end
}

// readHead reads the start of a stream of size bytes; -1 is not known. An error is left for the next Read, too.
func readHead(s *stream, size int64) (head, error) {
	most := int64(headSize)
	if s.plain && size >= 0 {
		most = min(most, size+1)
	}
	text := make([]byte, most)
	n, err := fill(s.Reader, text)
	h := head{text: text[:n], whole: errors.Is(err, io.EOF)}
	if n < len(text)/2 {
		h.text = bytes.Clone(h.text)
	}
	if h.whole || err == nil {
		return h, nil
	}
	s.Reader = failing{err}
	return h, err
}

// fill reads until b is full or an error comes. io.ReadFull has one error for a short stream and for a broken one.
func fill(src io.Reader, b []byte) (n int, err error) {
	for err == nil && n < len(b) {
		var got int
		got, err = src.Read(b[n:])
		n += got
	}
	return n, err
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

var errHeadEnds = errors.New("the header has more than 1 MiB")

// tape gives the head to a row parser, which meets errHeadEnds if more would follow.
func (h head) tape(text bool) *tape {
	src := io.Reader(bytes.NewReader(h.text))
	if !h.whole {
		src = io.MultiReader(src, failing{errHeadEnds})
	}
	return newTape(src, text)
}

// isEmpty tells whether the stream has only white space, or nothing.
func (h head) isEmpty() bool { return h.whole && len(h.trimmed()) == 0 }

// trimmed is the head from its first character on that is neither the mark nor space.
func (h head) trimmed() []byte { return bytes.TrimLeft(h.text, utf8Mark+" \t\r\n") }

// endsInCR tells whether its lines end in CR and none in a newline.
func (h head) endsInCR() bool {
	text := bytes.TrimSuffix(h.text, []byte("\r"))
	return bytes.IndexByte(text, '\n') < 0 && bytes.IndexByte(text, '\r') >= 0
}
