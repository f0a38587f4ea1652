package reader

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
)

// Confirm reads on to a place that an earlier Reader of the same inputs has reached, gives each row to keep, and compares
// what it has read with the place. Its error for an input that differs is of the kind [fault.Changed]. The Row is the same
// one each time: what is to outlive keep needs [Row.Detach].
func (r *Reader) Confirm(known Position, keep func(*Row)) error {
	if known.Row <= r.place.Row {
		return nil
	}
	r.known = known
	r.mark()
	for row := new(Row); r.place.Row < known.Row; keep(row) {
		switch err := r.Read(row); {
		case errors.Is(err, io.EOF):
			return Changed(r.inputs[len(r.inputs)-1].show, "%s read, and now it ends after %d", counted(int(known.Row), "row was", "rows were"), r.place.Row)
		case err != nil:
			return err
		case row.Number%(1<<10) == 0 && r.ctx.Err() != nil:
			return context.Cause(r.ctx)
		}
	}
	t := r.tape
	if r.file != known.File || r.place.Before != known.Before || !t.passed || t.markSum != known.Sum || known.Tail == TailOpen && !t.markEnds {
		return Changed(r.inputs[r.file].show, "row %d, or one of those before it, is not what was read", known.Row)
	}
	return nil
}

// mark has the tape take the sum at the known place.
func (r *Reader) mark() {
	if r.tape != nil && r.file == r.known.File {
		r.tape.mark = r.known.Offset
	}
}

// passMark takes the sum of what is before the mark, which is in b or at its end.
func (t *tape) passMark(b []byte) {
	n := t.mark - t.offset
	sum, after := t.sum, b[n:]
	sum.write(b[:n])
	t.mark, t.passed, t.markSum = 0, true, sum.sum()
	t.markEnds = len(after) == 0 || after[0] == '\n' || bytes.Equal(after, []byte("\r\n")) || bytes.Equal(after, []byte("\r"))
}

// Detach puts the row into memory of its own: rows share pages of text, and one that is kept for long would keep its page.
func (row *Row) Detach() {
	row.UserID, row.Nick, row.FaceURL = strings.Clone(row.UserID), strings.Clone(row.Nick), strings.Clone(row.FaceURL)
	row.Fields = slices.Clone(row.Fields)
	for i := range row.Fields {
		row.Fields[i] = strings.Clone(row.Fields[i])
	}
	row.Object = slices.Clone(row.Object)
	row.Profile = slices.Clone(row.Profile)
	for i := range row.Profile {
		row.Profile[i].Text = strings.Clone(row.Profile[i].Text)
	}
}
