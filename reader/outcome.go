package reader

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
)

// The columns and keys that outcome files add to the input's own.
var (
	priorNames   = []string{"_row", "_code", "_class", "_reason", "_attempts"}
	sourceNames  = []string{"_file", "_line"}
	serviceNames = []string{"_service_nick", "_service_face_url"} // what verify has found
)

const (
	mapName   = "_map" // what Config.Map said, where names alone would not tell
	excelName = "_excel"
)

// priorShape says which columns an outcome file adds.
type priorShape struct {
	present bool
	sources bool // _file and _line
	service bool // _service_nick and _service_face_url
	mapped  bool
	excel   bool // cells that a spreadsheet would run begin with '
}

// findPrior knows an outcome file by the end of its header.
func findPrior(columns []string) (shape priorShape, own []string) {
	own, shape.excel = cutSuffix(columns, []string{excelName})
	own, shape.mapped = cutSuffix(own, []string{mapName})
	own, shape.service = cutSuffix(own, serviceNames)
	own, shape.sources = cutSuffix(own, sourceNames)
	own, shape.present = cutSuffix(own, priorNames)
	if !shape.present {
		return priorShape{}, columns
	}
	return shape, own
}

// mapCell is the cell of _map in a record that begins with the input's own columns.
func (s priorShape) mapCell(record []string, own int) string {
	at := own + len(priorNames)
	if s.sources {
		at += len(sourceNames)
	}
	if s.service {
		at += len(serviceNames)
	}
	if !s.mapped || at >= len(record) {
		return ""
	}
	return record[at]
}

func cutSuffix(columns, suffix []string) ([]string, bool) {
	n := len(columns) - len(suffix)
	if n < 0 || !slices.Equal(columns[n:], suffix) {
		return columns, false
	}
	return columns[:n:n], true
}

// prior reads the cells that an outcome file added. A row in which they were damaged has none.
func (s priorShape) prior(cells []string) *Prior {
	row, err := strconv.ParseInt(cells[0], 10, 64)
	if err != nil || row < 1 {
		return nil
	}
	p := &Prior{Row: row, Class: cells[2], Reason: cells[3]}
	if p.Code, err = strconv.Atoi(cells[1]); err == nil {
		p.HasCode = true
	}
	p.Attempts, _ = strconv.Atoi(cells[4])
	if s.excel {
		p.Reason = unguard(p.Reason)
	}
	if s.sources {
		p.File = cells[5]
		if s.excel {
			p.File = unguard(p.File)
		}
		p.Line, _ = strconv.ParseInt(cells[6], 10, 64)
	}
	return p
}

// unguard takes the ' away that made a cell harmless for a spreadsheet.
func unguard(cell string) string {
	if len(cell) > 1 && cell[0] == '\'' && strings.IndexByte("=+-@\t\r'", cell[1]) >= 0 {
		return cell[1:]
	}
	return cell
}

func priorIndex(key string) int {
	if len(key) == 0 || key[0] != '_' {
		return -1
	}
	for i, name := range [...]string{"_row", "_code", "_class", "_reason", "_attempts", "_file", "_line", "_raw", mapName, "_service_nick", "_service_face_url"} {
		if key == name {
			return i
		}
	}
	return -1
}

// takePrior sets row.Prior where the object is an outcome file's, and row.Object to the object without
// what was added. For a row that was no object it returns its text.
func (o *objectReader) takePrior(row *Row, b []byte) (raw []byte) {
	for i := range priorNames {
		if o.prior[i] == nil {
			return nil
		}
	}
	number, err := strconv.ParseInt(string(o.prior[0]), 10, 64)
	if err != nil || number < 1 {
		return nil
	}
	p := &Prior{Row: number, Class: string(unquote(o.prior[2])), Reason: string(unquote(o.prior[3]))}
	if p.Code, err = strconv.Atoi(string(o.prior[1])); err == nil {
		p.HasCode = true
	}
	p.Attempts, _ = strconv.Atoi(string(o.prior[4]))
	if o.prior[5] != nil && o.prior[6] != nil {
		p.File = string(unquote(o.prior[5]))
		p.Line, _ = strconv.ParseInt(string(o.prior[6]), 10, 64)
	}
	row.Prior = p
	if v := o.prior[rawIndex]; v != nil && v[0] == '"' {
		return append([]byte{}, unquote(v)...)
	}
	row.Object = o.without(b)
	return nil
}

// ownPart is the user's object in a line of an outcome file that has keys of ours twice, because the object had them:
// ours stand behind its own. It sets row.Prior. Nil where there is no such thing.
func (o *objectReader) ownPart(row *Row, text []byte, kind string) []byte {
	if kind != KindDuplicateKey {
		return nil
	}
	at := bytes.LastIndex(text, []byte(`,"_row":`))
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

// without is the object without the members of o.cuts.
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
