package reader

import (
	"bytes"
	"slices"
	"strconv"

	"imimport/pkg/outcome"
)

// priorColumns are the columns that a CSV outcome file has behind the input's own.
type priorColumns struct {
	at    [outcome.Columns]int // where each stands in a record; -1 is none
	excel bool
}

func newPriorColumns(own int, added outcome.Added) *priorColumns {
	p := &priorColumns{excel: added.Excel}
	columns := added.Columns()
	for c := range outcome.Column(outcome.Columns) {
		if p.at[c] = slices.Index(columns, c); p.at[c] >= 0 {
			p.at[c] += own
		}
	}
	return p
}

// cell is the cell of a record in a column, "" for none.
func (p *priorColumns) cell(record []string, c outcome.Column) string {
	i := p.at[c]
	if i < 0 || i >= len(record) {
		return ""
	}
	if p.excel {
		return outcome.Unguard(record[i])
	}
	return record[i]
}

// readPrior reads what an outcome file says of a row in its cells. Of a row whose cells were damaged it says nothing.
func readPrior(cell func(outcome.Column) string) *Prior {
	row, err := strconv.ParseInt(cell(outcome.Row), 10, 64)
	if err != nil || row < 1 {
		return nil
	}
	prior := &Prior{Row: row, Class: cell(outcome.Class), Reason: cell(outcome.Reason), File: cell(outcome.File)}
	prior.Code, err = strconv.Atoi(cell(outcome.Code))
	prior.HasCode = err == nil
	prior.Attempts, _ = strconv.Atoi(cell(outcome.Attempts))
	prior.Line, _ = strconv.ParseInt(cell(outcome.Line), 10, 64)
	return prior
}

// takePrior sets row.Prior if the object is of an outcome file, and row.Object to the object without what was added.
// For a row that was no object it returns its text.
func (o *objectReader) takePrior(row *Row, b []byte) (raw []byte) {
	for c := outcome.Row; c <= outcome.Attempts; c++ {
		if o.prior[c] == nil {
			return nil
		}
	}
	prior := readPrior(func(c outcome.Column) string {
		value := o.prior[c]
		if value != nil && (c == outcome.Class || c == outcome.Reason || c == outcome.File) {
			value = unquote(value)
		}
		return string(value)
	})
	if prior == nil {
		return nil
	}
	if o.prior[outcome.File] == nil || o.prior[outcome.Line] == nil {
		prior.File, prior.Line = "", 0
	}
	row.Prior = prior
	if v := o.prior[outcome.Raw]; v != nil && v[0] == '"' {
		return append([]byte{}, unquote(v)...)
	}
	row.Object = o.without(b)
	return nil
}

// ownPart is the user's object in a line of an outcome file that has keys of ours twice, because the object had some
// itself: ours come last. It sets row.Prior. It is nil for other objects.
func (o *objectReader) ownPart(row *Row, text []byte, kind string) []byte {
	if kind != KindDuplicateKey {
		return nil
	}
	at := bytes.LastIndex(text, []byte(`,"`+outcome.Row.String()+`":`))
	if at < 0 {
		return nil
	}
	added := append([]byte{'{'}, text[at+1:]...)
	if kind, _ := o.valid(added); kind != "" {
		return nil
	}
	o.walk(added)
	if raw := o.takePrior(row, added); raw != nil || row.Prior == nil {
		return nil
	}
	return append(bytes.Clone(text[:at]), '}')
}

// without is the object without the members in o.cuts.
func (o *objectReader) without(b []byte) []byte {
	out, from := []byte{'{'}, 1
	for _, cut := range append(o.cuts, [2]int{len(b) - 1, len(b) - 1}) {
		own := bytes.TrimRight(b[from:cut[0]], ", \t\r\n")
		if len(out) > 1 {
			if own = bytes.TrimLeft(own, ", \t\r\n"); len(own) > 0 {
				out = append(out, ',')
			}
		}
		out = append(out, own...)
		from = cut[1]
	}
	return append(out, '}')
}
