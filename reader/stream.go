package reader

import (
	"bufio"
	"errors"
	"io"
	"sync/atomic"
)

// stream is the text of an open input.
type stream struct {
	io.Reader
	raw   *counter
	plain bool // its offsets are those of the stored bytes
	close func() error
}

// passed is how many stored bytes were read at an offset of the stream.
func (s *stream) passed(offset int64) int64 {
	if s.plain {
		return offset
	}
	return s.raw.n.Load()
}

// counter counts what is read through it.
type counter struct {
	r io.Reader
	n atomic.Int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n.Add(int64(n))
	return n, err
}

// peek is the start of the stream, which stays to be read. An error after some bytes is left for the next Read.
func (s *stream) peek() ([]byte, error) {
	b := bufio.NewReaderSize(s.Reader, 32<<10)
	s.Reader = b
	first, err := b.Peek(8 << 10)
	if len(first) > 0 || errors.Is(err, io.EOF) {
		err = nil
	}
	return first, err
}

func newStream(raw io.ReadCloser) *stream {
	c := &counter{r: raw}
	return &stream{Reader: c, raw: c, close: raw.Close}
}
