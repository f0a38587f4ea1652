package reader

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"imimport/pkg/fault"
)

const (
	reopenTries = 5 // in a row, without a byte
	reopenWait  = 500 * time.Millisecond
)

// download reads a URL over as many connections as it takes: servers close those that are read slowly. It goes on in
// another answer only if that is proved to have the same content before the place: the server says so of a strong ETag, and
// the bytes that were read last are the same; or all the bytes before are the same.
type download struct {
	*remote
	ctx    context.Context
	answer *answer // nil: there is no connection

	at     int64
	sum    digest // of what is before at
	proved bool   // sum is known
	last   part   // what the last Read gave
	broken int    // times since the last byte
	end    int64  // where an answer ended that may as well have been broken off; -1 is none
	ranges bool   // the server's answers to Range made sense so far
	grown  bool   // there is more than there was at first
}

// open reads from an offset on, which is 0 or in the content of the remote's ETag.
func (u *remote) open(ctx context.Context, from int64) (io.ReadCloser, error) {
	d := &download{remote: u, ctx: ctx, at: from, last: part{from: from, to: from}, proved: from == 0, end: -1, ranges: true}
	err := d.connect()
	if err != nil {
		_ = d.Close()
	}
	return d, err
}

// prove says what the sum of all before the place is.
func (d *download) prove(sum digest) { d.sum, d.proved = sum, true }

func (d *download) connect() (err error) {
	if from := d.last.from; from > 0 && d.ranges && isStrong(d.etag) {
		d.answer, err = d.get(d.ctx, from)
		switch {
		case err == nil && d.answer.partial:
			return d.compareLast()
		case err == nil:
			return d.compareAll()
		case !errors.Is(err, errUnproved):
			return err
		}
		d.ranges = false
	}
	if d.answer, err = d.get(d.ctx, 0); err != nil {
		return err
	}
	return d.compareAll()
}

// compareLast reads what was read last once more, from an answer that begins there: tags may lie.
func (d *download) compareLast() error {
	sum, buf := uint32(0), make([]byte, d.last.to-d.last.from)
	if err := d.answer.fill(buf); err != nil {
		return err
	}
	if sum = checksum(sum, buf); sum != d.last.sum {
		return d.changed("its ETag is the same, and its content before byte %d another", d.at)
	}
	return nil
}

// compareAll reads all before the place once more, from an answer that is the whole.
func (d *download) compareAll() error {
	size := d.answer.size
	switch {
	case !d.proved:
		return errUnproved
	case size >= 0 && (size < d.at || size < d.size):
		return d.changed("it had %d bytes and now has %d", max(d.size, d.at), size)
	}
	var sum digest
	buf := make([]byte, min(chunkSize, d.at))
	for at := int64(0); at < d.at; at += int64(len(buf)) {
		buf = buf[:min(int64(len(buf)), d.at-at)]
		switch err := d.answer.fill(buf); {
		case errors.Is(err, io.EOF) && d.answer.sure:
			return d.changed("%d bytes of it were read, and now it has less", d.at)
		case err != nil:
			return err
		}
		sum.write(buf)
	}
	if sum.sum() != d.sum.sum() {
		return d.changed("its first %d bytes are not what was read", d.at)
	}
	d.take(d.answer)
	d.grown = d.grown || d.size >= 0 && size > d.size
	return nil
}

func (d *download) changed(format string, args ...any) error {
	return fault.New(fault.Changed, readAgain, "changed while it was read: "+format, args...).At(d.show, 0)
}

// fill reads until b is full.
func (a *answer) fill(b []byte) error {
	n, err := fill(a, b)
	if n == len(b) {
		return nil
	}
	return err
}

func (d *download) Read(p []byte) (int, error) {
	if d.size >= 0 {
		p = p[:min(int64(len(p)), max(d.size-d.at, 0))]
	}
	for {
		if d.at == d.size {
			return 0, d.ended()
		}
		n, err := d.read(p)
		switch {
		case n > 0 || err == nil:
			return n, nil // the next Read meets an error again
		case d.ctx.Err() != nil:
			return 0, context.Cause(d.ctx)
		case errors.Is(err, io.EOF) && d.isWhole():
			return 0, io.EOF
		case errors.Is(err, io.EOF):
			d.end, err = d.at, io.ErrUnexpectedEOF
		}
		_ = d.Close()
		if err := d.again(err); err != nil {
			return 0, err
		}
	}
}

func (d *download) read(p []byte) (n int, err error) {
	if d.answer == nil {
		if err = d.connect(); err != nil {
			return 0, err
		}
	}
	if n, err = d.answer.Read(p); n > 0 {
		d.last = part{from: d.at, to: d.at + int64(n), sum: checksum(0, p[:n])}
		d.sum.write(p[:n])
		d.at += int64(n)
		d.broken = 0
	}
	return n, err
}

// isWhole tells whether an end is that of the content. Where nothing tells it from a connection that broke, a second
// answer has to end at the same place.
func (d *download) isWhole() bool {
	switch {
	case d.size >= 0:
		return false // it is at the end only at size
	case d.answer.sure:
		return d.answer.size < 0 || d.at >= d.answer.size
	}
	return d.end == d.at
}

// ended is the end of what there was at first.
func (d *download) ended() error {
	if d.grown {
		return errGrown
	}
	return io.EOF
}

// again waits before the next try. The first one comes at once: the server may only have lost patience.
func (d *download) again(cause error) error {
	var final finalError
	if fault.KindOf(cause) == fault.Changed || errors.Is(cause, errUnproved) || errors.As(cause, &final) {
		return cause
	}
	if d.broken == reopenTries {
		return fmt.Errorf("download broke %d times in a row: %w", reopenTries+1, cause)
	}
	if d.broken++; d.broken == 1 {
		return nil
	}
	select {
	case <-time.After(reopenWait << d.broken):
		return nil
	case <-d.ctx.Done():
		return context.Cause(d.ctx)
	}
}

// Close closes the connection.
func (d *download) Close() error {
	if d.answer != nil {
		d.answer.close()
		d.answer = nil
	}
	return nil
}
