package reader

import (
	"context"
	"io"

	"imimport/pkg/fault"
)

// Interruptible reads what open gives, which may be a terminal or a pipe that never delivers or that nobody opens for
// writing. Its Read returns when ctx ends, even while open or the reader below waits. The goroutine that waits there ends with
// that call, or with the process.
func Interruptible(ctx context.Context, open func() (io.Reader, error)) io.Reader {
	return &interruptible{ctx: ctx, open: open}
}

type interruptible struct {
	ctx    context.Context
	open   func() (io.Reader, error)
	chunks chan chunk
	rest   chunk
}

type chunk struct {
	data []byte
	err  error
}

func (i *interruptible) Read(p []byte) (int, error) {
	if i.chunks == nil {
		i.chunks = make(chan chunk)
		go func() { // ends with its read, or with ctx
			if err := fault.Guard(i.pump); err != nil {
				i.pass(chunk{err: err})
			}
		}()
	}
	for len(i.rest.data) == 0 {
		if i.rest.err != nil {
			return 0, i.rest.err
		}
		select {
		case i.rest = <-i.chunks:
		case <-i.ctx.Done():
			return 0, context.Cause(i.ctx)
		}
	}
	n := copy(p, i.rest.data)
	i.rest.data = i.rest.data[n:]
	return n, nil
}

func (i *interruptible) pump() {
	r, err := i.open()
	if err != nil {
		i.pass(chunk{err: err})
		return
	}
	if c, ok := r.(io.Closer); ok {
		defer c.Close() //nolint:errcheck // it was only read
	}
	for {
		buf := make([]byte, 64<<10)
		n, err := r.Read(buf)
		if !i.pass(chunk{buf[:n], err}) || err != nil {
			return
		}
	}
}

// pass hands a chunk over, unless nobody wants it any more.
func (i *interruptible) pass(c chunk) bool {
	select {
	case i.chunks <- c:
		return true
	case <-i.ctx.Done():
		return false
	}
}

// stoppable is a stream that ends with ctx: between two rows there may be gigabytes of empty lines.
type stoppable struct {
	ctx context.Context
	io.Reader
}

func (s stoppable) Read(p []byte) (int, error) {
	if s.ctx.Err() != nil {
		return 0, context.Cause(s.ctx)
	}
	return s.Reader.Read(p)
}
