package reader

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync/atomic"

	"github.com/klauspost/compress/zstd"
)

// stream is an input that is open.
type stream struct {
	io.Reader
	raw   *counter
	plain bool // its offsets are those of the file
	close func() error
}

// passed are the bytes of the file before an offset of the stream.
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

func newStream(raw io.ReadCloser) *stream {
	c := &counter{r: raw}
	return &stream{Reader: c, raw: c, close: raw.Close}
}

// readHead reads the start of the stream. An error that comes behind some of it is left for the next Read.
func (in *input) readHead(s *stream) error {
	size := headSize
	if s.plain && in.size >= 0 {
		size = int(min(int64(size), in.size+1))
	}
	head, n := make([]byte, size), 0
	var err error
	for err == nil && n < len(head) { // io.ReadFull has one error for a short file and for a broken one
		var got int
		got, err = s.Reader.Read(head[n:])
		n += got
	}
	if in.head = head[:n]; n < len(head)/2 {
		in.head = bytes.Clone(in.head)
	}
	if in.whole = errors.Is(err, io.EOF); in.whole || err == nil {
		return nil
	}
	s.Reader = &failing{err}
	return err
}

type failing struct{ err error }

func (f *failing) Read([]byte) (int, error) { return 0, f.err }

// unreadable makes an error of what could not be opened.
func (in *input) unreadable(err error) error {
	hint := "see that it can be read"
	if in.url != nil {
		hint = "check the URL; a signed one may have expired"
	}
	return refuse(in.show, hint, "%w", cause(err))
}

// failed makes an error of this input of whatever went wrong.
func (in *input) failed(err error, line int64) error { return in.failure(err, line, "resume") }

// failedAtOnce is failed for an input that has given nothing.
func (in *input) failedAtOnce(err error) error { return in.failure(err, 0, "run again") }

func (in *input) failure(err error, line int64, then string) error {
	var input *InputError
	var changed *ChangedError
	if errors.As(err, &input) || errors.As(err, &changed) {
		return err
	}
	e := &InputError{File: in.show, Line: line, Err: cause(err)}
	switch {
	case errors.Is(err, zstd.ErrWindowSizeExceeded) || errors.Is(err, zstd.ErrDecoderSizeExceeded):
		e.Err = errors.New("is packed with a window of more than 16 MiB")
		e.Hint = "unpack it by zstd itself: zstd -dc --long=31 FILE | imimport run -"
	case errors.Is(err, io.ErrUnexpectedEOF) && in.packed != packedNot:
		e.Err = errors.New("the compressed file ends early")
		e.Hint = "put the whole file in its place and " + then
	case in.packed != packedNot:
		e.Err = fmt.Errorf("decompress: %w", e.Err)
		e.Hint = "put an undamaged file in its place and " + then
	default:
		e.Hint = "see that the input can be read, and " + then
	}
	return e
}
