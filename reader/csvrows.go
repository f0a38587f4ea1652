package reader

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/text/encoding"

	"imimport/pkg/outcome"
)

// csvRows makes rows of a CSV file's records.
type csvRows struct {
	*csvTape
	table   *csvTable
	decoder *fieldDecoder // nil if the stream is UTF-8
	columns int           // of all files
	rec     record        // the one at hand
	before  string        // the UserID of the row before it
}

const (
	rowOverhead = 264 // bytes of a Row and of what points to it
	profileSize = 24  // of a value of the profile
)

func (r *csvRows) next(row *Row) error {
	rec := &r.rec
	if err := r.csvTape.next(rec); err != nil {
		return err
	}
	h := r.table
	row.Line, row.Size = rec.line, rec.size+rowOverhead+16*len(rec.fields)
	if row.Object != nil || row.Prior != nil || row.Fault != nil || row.Warning != "" || row.SentAs != "" || row.Profile != nil {
		row.Object, row.Prior, row.Fault, row.Warning, row.WarningKind, row.SentAs, row.Profile = nil, nil, nil, "", "", "", nil
	}
	kind, msg := rec.kind, rec.msg
	if r.decoder != nil && !rec.ascii {
		for i, f := range rec.fields {
			rec.fields[i] = r.decoder.text(f)
		}
	}
	fields := rec.fields
	if h.prior != nil {
		own := len(h.own)
		row.Prior = readPrior(func(c outcome.Column) string { return h.prior.cell(rec.fields, c) })
		if row.Prior != nil || rec.count <= h.width {
			fields = slices.Concat(fields[:own], fields[h.width:])
		} // else a field too many has moved ours: all are kept
		if h.prior.excel {
			for i, f := range fields {
				fields[i] = outcome.Unguard(f)
			}
		}
	}
	if (!rec.clean || r.decoder != nil && !rec.ascii) && (kind == "" || kind == KindFields) {
		if k, m := r.textFault(fields); k != "" { // what an outcome file says of the row is not the row's
			kind, msg = k, m
		}
	}
	if h.cfg.Trim || len(h.cfg.Null) > 0 {
		h.settle(fields)
	}
	if r.state.slashes || rec.lines != "" {
		if err := r.suspectInput(rec, fields); err != nil {
			return err
		}
	}
	id := h.roles[roleUserID]
	lossy := slices.Contains(rec.lossy, id) || row.Prior.wasLossy() && strings.HasSuffix(fields[id], lossyTail)
	if lossy && h.prior != nil {
		fields[id] = strings.TrimSuffix(fields[id], lossyTail)
	}
	row.UserID, row.Nick, row.FaceURL = fields[id], "", ""
	if i := h.roles[roleNick]; i >= 0 {
		row.Nick = fields[i]
	}
	if i := h.roles[roleFaceURL]; i >= 0 {
		row.FaceURL = fields[i]
	}
	if len(h.roles) > roles {
		h.takeProfile(row, fields)
	}
	if kind == "" && !h.none && row.UserID == h.own[id] && slices.Equal(fields[:len(h.own)], h.own) {
		kind, msg = KindHeader, "the header comes once more: were files joined here?"
	}
	row.Fields, row.Sheet = fields, h.sheetName()
	if h.to != nil {
		row.Fields = r.spread(fields)
	}
	r.before = row.UserID
	h.judge(row, kind, msg, form{short: h.book == nil && rec.count < h.filled || r.wasShort(row.Prior),
		breaks: rec.breaks || h.prior != nil || h.book != nil, lossy: lossy})
	if lossy && row.Fault != nil {
		if h.to != nil {
			id = h.to[id]
		}
		row.Fields[id] += lossyTail
	}
	return nil
}

// lossyTail stands behind a number that was refused because it may not be what was meant, so that an outcome file has it as
// one. It is taken off when the row is read again as it is.
const lossyTail = ".0"

// wasLossy tells whether a row of an outcome file was refused for such a number.
func (p *Prior) wasLossy() bool {
	return p != nil && p.Class == "invalid" && strings.HasSuffix(p.Reason, lossyNumber)
}

// settle makes values of fields: what stands for no value is empty, and space is cut if that was asked for.
func (t *csvTable) settle(fields []string) {
	if len(t.cfg.Null) > 0 && t.prior == nil {
		for i, f := range fields {
			if slices.Contains(t.cfg.Null, f) {
				fields[i] = ""
			}
		}
	}
	if t.cfg.Trim {
		for _, i := range t.roles {
			if i >= 0 {
				fields[i] = strings.TrimSpace(fields[i])
			}
		}
	}
}

// takeProfile takes the values of the profile that are there.
func (t *csvTable) takeProfile(row *Row, fields []string) {
	for r := role(roles); int(r) < len(t.roles); r++ {
		if i := t.roles[r]; i >= 0 && fields[i] != "" {
			row.Profile = append(row.Profile, t.fields.value(r, fields[i]))
		}
	}
	row.Size += profileSize * len(row.Profile)
}

// wasShort tells whether a row of an outcome file was refused for its missing fields, and nobody has put in the last one.
func (r *csvRows) wasShort(p *Prior) bool {
	return p != nil && p.Class == "invalid" && strings.Contains(p.Reason, KindShortRow+": ") && r.rec.fields[len(r.table.own)-1] == ""
}

// spread puts a row's fields where the columns of all files have them.
func (r *csvRows) spread(fields []string) []string {
	own := len(r.table.own)
	spread := make([]string, r.columns, r.columns+len(fields)-own)
	for i, at := range r.table.to {
		spread[at] = fields[i]
	}
	return append(spread, fields[own:]...)
}

// textFault is what is wrong with the characters of a record, "" for nothing.
func (r *csvRows) textFault(fields []string) (kind, msg string) {
	for i, f := range fields {
		if kind, msg = textFault(f); kind == "" {
			continue
		}
		if kind == KindLost && r.table.charset.encoding != nil {
			kind, msg = KindUndecodable, "bytes that are no "+r.table.charset.name
		}
		if i < len(r.table.own) {
			return kind, fmt.Sprintf("column %q has %s", r.table.own[i], msg)
		}
		return kind, "the row has " + msg
	}
	return "", ""
}

// fieldDecoder decodes fields one by one.
type fieldDecoder struct {
	*encoding.Decoder
	src, dst []byte
}

// text decodes a field. What does not decode becomes U+FFFD.
func (d *fieldDecoder) text(s string) string {
	d.src = append(d.src[:0], s...)
	if isASCII(d.src) {
		return s
	}
	if need := 4 * len(s); len(d.dst) < need { // no encoding needs more for a byte
		d.dst = make([]byte, 2*need)
	}
	d.Reset()
	n, _, err := d.Transform(d.dst, d.src, true)
	if err != nil {
		return strings.ToValidUTF8(s, replacement)
	}
	return string(d.dst[:n])
}

func (r *csvRows) tail() Tail {
	if r.last != '\n' {
		return TailOpen
	}
	return TailNone
}

// skipStart passes the header and what stands before it.
func (r *csvRows) skipStart() error {
	r.table.pass(r.tape)
	if r.table.none {
		return nil
	}
	if err := r.csvTape.next(&r.rec); err != nil {
		return err
	}
	if header := r.table.charset.decodeAll(r.rec.fields[:min(r.rec.count, len(r.rec.fields))]); !slices.Equal(header, r.table.line) {
		return Changed(r.table.show, "its header is another than when the job began")
	}
	return nil
}
