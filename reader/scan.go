package reader

import (
	"bytes"
	"context"
	"errors"
	"io"

	"imimport/pkg/fault"
)

// Scan reads the whole of regular files, and the first 2 MiB of other inputs. It refuses a wrong encoding, what would end
// the reading, and too many suspicious rows. It does not move the Reader. If a file cannot be read to its end, Read will
// meet that error in its place. Errors are of the kind [fault.Usage].
func (r *Reader) Scan() error {
	p := &progress{tell: r.cfg.Progress}
	for _, in := range r.inputs {
		p.total += max(in.size, 0)
	}
	met := make([]bool, r.fields.count())
	for _, in := range r.inputs {
		found, err := in.scan(r.ctx, len(r.columns), p)
		if err != nil {
			return r.placed(err)
		}
		for i := range found {
			met[i] = met[i] || found[i]
		}
		in.head = head{}
	}
	return r.checkMapped(met)
}

// checkMapped refuses a mapping to a key that no object has. Columns were looked for when the input was opened.
func (r *Reader) checkMapped(met []bool) error {
	t, isJSON := r.full()[0].table.(*jsonTable)
	if !isJSON || len(r.cfg.Map) == 0 || t.isOutcome {
		return nil
	}
	for field := range r.fields.count() {
		if path := r.cfg.Map[r.fields.name(field)]; path != "" && !met[field] && len(t.keys) > 0 {
			return t.missing(field, path)
		}
	}
	return nil
}

// scan reads an input, and tells which fields of the account some JSON object has.
func (in *input) scan(ctx context.Context, columns int, p *progress) (met []bool, err error) {
	s, err := in.openScan(ctx)
	if err != nil {
		return met, in.unreadable(err)
	}
	look := &looker{ctx: ctx, stream: s, seen: census{content: in.content}, progress: p}
	defer func() { err = errors.Join(err, s.close()) }()
	var t *tape
	if in.once || in.url != nil {
		look.see(in.head.text)
		t = in.head.tape(!in.format.json)
	} else {
		t = newTape(look, !in.format.json)
	}
	rows := in.rows(t, columns)
	var counts scanned
	err = rows.skipStart()
	for row := new(Row); err == nil; {
		if err = rows.next(row); err == nil {
			counts.add(row)
		}
	}
	if objects, isJSON := rows.(*jsonRows); isJSON {
		met = objects.object.met
	}
	if ctx.Err() != nil {
		return met, refuse(in.show, fault.Hint{}, "%w", ctx.Err())
	}
	if err := look.judge(); err != nil {
		return met, err
	}
	if in.book != nil && err != nil && !errors.Is(err, io.EOF) { // whatever else it is: a part of a damaged workbook is none of it
		err = in.failure(err, 0, "run again")
	}
	if err = early(err); fault.KindOf(err) == fault.Usage {
		return met, err
	}
	return met, counts.judge(in.show)
}

// looker hands the lines of a stream to a census while they are read.
type looker struct {
	ctx context.Context
	*stream
	seen     census
	rest     []byte // of a line whose end is not read yet
	progress *progress
	counted  int64 // stored bytes that progress knows of
}

func (l *looker) Read(p []byte) (int, error) {
	if err := l.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := l.stream.Read(p)
	l.see(p[:n])
	at := max(l.raw.n.Load(), l.counted)
	l.progress.add(at - l.counted)
	l.counted = at
	return n, err
}

func (l *looker) see(text []byte) {
	end := bytes.LastIndexByte(text, '\n') + 1
	if end == 0 && len(l.rest)+len(text) < chunkSize {
		l.rest = append(l.rest, text...)
		return
	}
	if end == 0 {
		end = len(text) // a long line goes in pieces
	}
	if len(l.rest) > 0 {
		first := bytes.IndexByte(text[:end], '\n') + 1
		if first == 0 {
			first = end
		}
		l.seen.add(append(l.rest, text[:first]...))
		l.rest, text, end = l.rest[:0], text[first:], end-first
	}
	l.seen.add(text[:end])
	l.rest = append(l.rest, text[end:]...)
}

// judge refuses an input that is not in the encoding that it is to be read in.
func (l *looker) judge() error {
	l.seen.add(l.rest)
	return l.seen.judge()
}

var _ io.Reader = (*looker)(nil)
