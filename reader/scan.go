package reader

import (
	"bytes"
	"context"
	"errors"
	"io"

	"imimport/pkg/fault"
)

// Scan looks at the whole of regular files and at the first MiB of other inputs. It refuses a wrong encoding, and a quote or
// an array that goes wrong in the first MiB. It does not move the Reader. If reading fails, Read will meet that error in
// its place. Errors are of the kind [fault.Usage].
func (r *Reader) Scan() error {
	p := &progress{tell: r.cfg.Progress}
	for _, in := range r.inputs {
		p.total += max(in.size, 0)
	}
	for _, in := range r.inputs {
		s, err := in.openScan(r.ctx)
		if err != nil {
			return in.unreadable(err)
		}
		if err = in.scanStructure(len(r.columns)); err == nil {
			err = in.scanCharset(r.ctx, s, p)
		}
		if err = errors.Join(err, s.close()); err != nil {
			return err
		}
		in.head = head{}
	}
	return nil
}

// scanStructure reads the first MiB and refuses what would end the reading there. columns are those of all inputs.
func (in *input) scanStructure(columns int) error {
	t := in.head.tape(!in.format.json)
	rows := in.rows(t, columns)
	err := rows.skipStart()
	for row := new(Row); err == nil && t.offset < maxRecord; {
		err = rows.next(row)
	}
	if early, ok := errors.AsType[*fault.Error](err); ok && early.Kind == fault.Input {
		early.Kind = fault.Usage
		return early
	}
	return nil
}

// scanCharset reads all lines and refuses those that are not written in the input's encoding.
func (c *content) scanCharset(ctx context.Context, s *stream, p *progress) error {
	seen := &census{content: c}
	buf := make([]byte, chunkSize)
	for rest, from := 0, int64(0); ; {
		n, err := s.Read(buf[rest:])
		n += rest
		end := bytes.LastIndexByte(buf[:n], '\n') + 1
		if end == 0 && (n == len(buf) || err != nil) || errors.Is(err, io.EOF) {
			end = n // a long line goes in pieces
		}
		seen.add(buf[:end])
		rest = copy(buf, buf[end:n])
		at := max(s.raw.n.Load(), from)
		p.add(at - from)
		from = at
		switch {
		case err != nil: // if it is not io.EOF, Read will meet it in its place
			return seen.judge()
		case ctx.Err() != nil:
			return refuse(c.show, fault.Hint{}, "%w", ctx.Err())
		}
	}
}
