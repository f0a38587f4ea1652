package reader

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"imimport/pkg/fault"
)

const progressEvery = 8 << 20

// Seek moves the Reader to a place that an earlier Reader of the same inputs has reached. Unless trust is set, it reads all
// before the place again and compares the sums. The error for an input that differs is of the kind [fault.Changed]. The
// last input may have grown, but only a newline may follow a last line that had none.
func (r *Reader) Seek(p Position, trust bool) error {
	_ = r.closeStream() // it was only read
	r.file, r.place, r.known = p.File, p, Position{}
	if r.err = r.seek(p, trust); r.err != nil {
		_ = r.closeStream()
	}
	return r.err
}

func (r *Reader) seek(p Position, trust bool) error {
	earlier, err := p.passed()
	switch {
	case err != nil:
		return broken("", 0, fault.Hintf("the checkpoint is damaged"), "%w", err)
	case p.File < 0 || p.File >= len(r.inputs):
		return Changed(r.inputs[0].show, "there were at least %d inputs, and now there are %d", p.File+1, len(r.inputs))
	}
	v := verifier{ctx: r.ctx, progress: progress{tell: r.cfg.Progress, total: p.Offset}}
	for _, f := range earlier {
		v.total += f.length
	}
	for i, was := range earlier {
		if err := v.whole(r.inputs[i], was, trust); err != nil {
			return err
		}
	}
	if p.Offset == 0 {
		return nil
	}
	in := r.inputs[p.File]
	s, sum, err := v.prefix(in, p, trust)
	if err != nil {
		return err
	}
	t := r.use(in, s)
	t.offset, t.line, t.sum = p.Offset, p.Line, sum
	rows, isJSON := r.rows.(*jsonRows)
	switch {
	case isJSON && rows.array && p.Tail == TailClosed:
		rows.state = afterArray
	case isJSON && rows.array:
		rows.state = afterElement
	case p.Tail == TailOpen:
		t.last = 0
		return onlyNewline(in, t)
	}
	return nil
}

// onlyNewline refuses a last line that was read as a row and has become longer.
func onlyNewline(in *input, t *tape) error {
	for len(t.rest()) < 2 && t.more() {
	}
	if next := bytes.TrimPrefix(t.rest(), []byte("\r")); len(next) == 0 || next[0] == '\n' {
		return nil
	}
	return Changed(in.show, "line %d, which was its last, has become longer", t.line+1)
}

// progress tells how far a reading of several inputs is.
type progress struct {
	tell              func(done, total int64) // nil for nobody
	done, total, told int64                   // bytes
}

func (p *progress) add(n int64) {
	p.done += n
	if p.tell != nil && p.done-p.told >= progressEvery {
		p.told = p.done
		p.tell(p.done, p.total)
	}
}

// verifier reads again what was read before.
type verifier struct {
	ctx context.Context
	progress
}

// whole compares a file that had been read to its end.
func (v *verifier) whole(in *input, was passed, trust bool) error {
	if in.seekable() && in.size >= 0 && in.size != was.length {
		return Changed(in.show, "%s", lengthChange(was.length, in.size))
	}
	if trust && !in.once {
		in.read = max(in.size, 0)
		return nil
	}
	s, err := in.open(v.ctx)
	if err != nil {
		return in.failed(err, 0)
	}
	n, sum, err := v.sum(s)
	in.read = s.passed(n)
	if err = errors.Join(err, s.close()); err != nil {
		return in.failed(err, 0)
	}
	switch {
	case n != was.length:
		return Changed(in.show, "%s", lengthChange(was.length, n))
	case sum.sum() != was.sum && !trust:
		return Changed(in.show, "it has the same length and other content")
	}
	return nil
}

func lengthChange(was, is int64) string {
	if is > was {
		return fmt.Sprintf("it had %d bytes and has grown to %d; only the last input may grow", was, is)
	}
	return fmt.Sprintf("it had %d bytes and now has %d", was, is)
}

// prefix compares what stands before the place, and opens the file there.
func (v *verifier) prefix(in *input, p Position, trust bool) (*stream, digest, error) {
	if in.seekable() {
		if in.size >= 0 && in.size < p.Offset {
			return nil, digest{}, Changed(in.show, "%d bytes of it were read, and now it has %d", p.Offset, in.size)
		}
		if in.file != nil && trust || in.isTagged(p) {
			if s, sum, err := in.openAt(v.ctx, p); err == nil || in.file != nil { // a download is there from its start, too
				return s, sum, err
			}
		}
	}
	s, err := in.open(v.ctx)
	if err != nil {
		return nil, digest{}, in.failed(err, 0)
	}
	n, sum, err := v.sum(io.LimitReader(s, p.Offset))
	switch {
	case err != nil:
		err = in.failed(err, 0)
	case n < p.Offset:
		err = Changed(in.show, "%d bytes of it were read, and now it has %d", p.Offset, n)
	case sum.sum() != p.Sum && !trust:
		err = Changed(in.show, "its first %d bytes, up to line %d, are not what was read", p.Offset, p.Line)
	}
	if err != nil {
		return nil, digest{}, errors.Join(err, s.close())
	}
	return s, sum, nil
}

// sum reads all and returns how many bytes there were.
func (v *verifier) sum(src io.Reader) (n int64, sum digest, err error) {
	for buf := make([]byte, chunkSize); ; {
		got, err := src.Read(buf)
		sum.write(buf[:got])
		n += int64(got)
		v.add(int64(got))
		switch {
		case errors.Is(err, io.EOF):
			return n, sum, nil
		case err != nil:
			return n, sum, err
		case v.ctx.Err() != nil:
			return n, sum, v.ctx.Err()
		}
	}
}
