package reader

import (
	"io"

	"imimport/pkg/fault"
)

const (
	aheadBlocks = 4
	aheadSize   = 128 << 10
)

// ahead reads a stream in a goroutine, some blocks ahead of its reader: decompression and decoding run beside the parsing.
type ahead struct {
	full   chan block
	free   chan []byte
	closed chan struct{}
	now    block
	rest   []byte // of now
}

// block is a part of the stream, and the error that came after it.
type block struct {
	data []byte
	err  error
}

// readAhead puts an ahead over the stream. Its goroutine owns the stream below, and ends and closes it at the stream's end,
// or after close once its current read has returned: on standard input that may never be. A panic is an error of Read.
func (s *stream) readAhead() {
	a := &ahead{full: make(chan block, aheadBlocks), free: make(chan []byte, aheadBlocks), closed: make(chan struct{})}
	for range aheadBlocks {
		a.free <- nil
	}
	below := *s
	s.Reader, s.close = a, a.close
	go func() {
		if err := fault.Guard(func() { a.read(below.Reader) }); err != nil {
			a.full <- block{err: err} // there is room: the block that was being filled is in neither channel
		}
		_ = below.close() // it was only read
	}()
}

func (a *ahead) read(src io.Reader) {
	for {
		var b block
		select {
		case b.data = <-a.free:
		case <-a.closed:
			return
		}
		if b.data == nil {
			b.data = make([]byte, aheadSize)
		}
		var n int
		n, b.err = fill(src, b.data[:aheadSize]) // a decompressor gives little at a time
		b.data = b.data[:n]
		a.full <- b // there is room for all blocks
		if b.err != nil {
			return
		}
	}
}

func (a *ahead) Read(p []byte) (int, error) {
	for len(a.rest) == 0 {
		if a.now.err != nil {
			return 0, a.now.err
		}
		if a.now.data != nil {
			a.free <- a.now.data
		}
		a.now = <-a.full
		a.rest = a.now.data
	}
	n := copy(p, a.rest)
	a.rest = a.rest[n:]
	return n, nil
}

func (a *ahead) close() error {
	close(a.closed)
	return nil
}
