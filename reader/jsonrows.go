package reader

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"

	"imimport/pkg/profile"
)

// jsonRows makes rows of JSON lines, or of the elements of one array.
type jsonRows struct {
	*tape
	table   *jsonTable
	object  *objectReader
	array   bool
	records []string // the keys that lead to the array; nil if nothing is around it
	settles bool     // some values may not be sent as they are
	state   arrayState
	slab    []byte
}

const slabBytes = 32 << 10

func (r *jsonRows) next(row *Row) error {
	text, line, err := r.cut()
	tooLarge := errors.Is(err, errTooLarge)
	if err != nil && !tooLarge {
		return err
	}
	row.Line = line
	if row.Object != nil || row.Prior != nil || row.Fault != nil || row.Warning != "" || row.SentAs != "" || row.UserID != "" {
		*row = Row{Line: line}
	}
	kind, msg := KindTooLarge, "the row has more than 1 MiB"
	if !tooLarge {
		kind, msg = r.object.read(row, text, r.tape.state.clean)
	}
	if row.Object != nil {
		text = row.Object
	}
	row.Object = r.keep(text)
	row.Size = len(row.Object) + len(row.UserID) + len(row.Nick) + len(row.FaceURL) + rowOverhead + profileSize*len(row.Profile)
	if r.settles {
		r.table.settle(row)
	}
	r.table.judge(row, kind, msg, r.object.form)
	return nil
}

// settle empties what stands for no value, and cuts space if that was asked for. The object stays as it is.
func (t *jsonTable) settle(row *Row) {
	for _, value := range []*string{&row.UserID, &row.Nick, &row.FaceURL} {
		if t.isNull(*value) {
			*value = ""
		}
	}
	for i := range row.Profile {
		v := &row.Profile[i]
		if t.isNull(v.Text) {
			v.Text = ""
		}
		if t.trims() {
			v.Text = strings.TrimSpace(v.Text)
		}
	}
	row.Profile = slices.DeleteFunc(row.Profile, func(v profile.Value) bool { return v.Text == "" })
	if t.trims() {
		id := row.UserID
		for _, value := range []*string{&row.UserID, &row.Nick, &row.FaceURL} {
			*value = strings.TrimSpace(*value)
		}
		if row.UserID != id {
			row.SentAs = row.UserID
		}
	}
}

// keep copies bytes to memory that rows share.
func (r *jsonRows) keep(b []byte) []byte {
	if len(b) > slabBytes/8 {
		return bytes.Clone(b)
	}
	if r.slab == nil || cap(r.slab)-len(r.slab) < len(b) { // nothing is an empty text, and never nil
		r.slab = make([]byte, 0, slabBytes)
	}
	from := len(r.slab)
	r.slab = append(r.slab, b...)
	return r.slab[from:len(r.slab):len(r.slab)]
}

var errTooLarge = errors.New("too large")

// cut passes the next line or element. Its text is valid until the next call, and a sample if the error is errTooLarge.
func (r *jsonRows) cut() (text []byte, line int64, err error) {
	if r.array {
		return r.cutElement()
	}
	for {
		b := r.rest()
		nl := bytes.IndexByte(b, '\n')
		n, breaks := nl+1, 1
		if nl < 0 {
			switch {
			case len(b) <= maxRecord && !r.ended():
				if !r.more() && !r.ended() {
					return nil, 0, r.err
				}
				continue
			case len(b) == 0:
				return nil, 0, io.EOF
			}
			n, breaks = len(b), 0
		}
		line = r.line + 1
		if n > maxRecord {
			text = append(bytes.Clone(b[:rawSample]), "…"...)
			r.skipLine()
			return text, line, errTooLarge
		}
		r.advance(n, breaks)
		if text := trimSpace(b[:n]); len(text) > 0 {
			return text, line, nil
		}
	}
}

func (r *jsonRows) tail() Tail {
	switch {
	case r.array && r.state == afterArray:
		return TailClosed
	case !r.array && r.last != '\n':
		return TailOpen
	}
	return TailNone
}

func (r *jsonRows) skipStart() error {
	r.skipMark(r.table.marked)
	return nil
}
