package reader

import (
	"slices"
	"strconv"
	"strings"
)

// The columns and keys that outcome files add to the input's own.
var (
	priorNames  = []string{"_row", "_code", "_class", "_reason", "_attempts"}
	sourceNames = []string{"_file", "_line"}
)

const excelName = "_excel"

// priorShape says which columns an outcome file adds.
type priorShape struct {
	present bool
	sources bool // _file and _line
	excel   bool // cells that a spreadsheet would run begin with '
	added   int
}

// findPrior knows an outcome file by the end of its header.
func findPrior(columns []string) (shape priorShape, own []string) {
	own, shape.excel = cutSuffix(columns, []string{excelName})
	own, shape.sources = cutSuffix(own, sourceNames)
	own, shape.present = cutSuffix(own, priorNames)
	if !shape.present {
		return priorShape{}, columns
	}
	shape.added = len(columns) - len(own)
	return shape, own
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
