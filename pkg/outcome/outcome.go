// Package outcome names what an outcome file adds to the rows of an input: its columns and keys, their order, and the
// mark that keeps a spreadsheet from running a cell. Package report writes such files, package reader reads them back.
package outcome

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Column is a column of a CSV outcome file, or a key of a JSON one.
type Column int

const (
	Row            Column = iota // the row's number in the job; 1 is the first
	Code                         // of the last answer; "" or null if there was none
	Class                        // of that code; "invalid" and "duplicate" for rows that were not sent
	Reason                       // in words
	Attempts                     // calls that were made for the row
	File                         // the input that the row comes from, if the job has several
	Line                         // and its line there
	SentAs                       // the UserID, if it is not as the input has it
	ServiceNick                  // what the service has, as verify has found it
	ServiceFaceURL               // likewise
	Map                          // how the row was read, where the names of the columns do not tell
	Raw                          // JSON only: the text of a row that is no object
	Excel                        // CSV only: cells may begin with the mark of Guard
	Columns        = iota
)

var names = [Columns]string{"_row", "_code", "_class", "_reason", "_attempts", "_file", "_line", "_userid", "_service_nick", "_service_face_url", "_map", "_raw", "_excel"}

// String is the column's name in the file.
func (c Column) String() string { return names[c] }

// Key is the column that a key of a JSON outcome file stands for.
func Key(name string) (c Column, ok bool) {
	i := slices.Index(names[:Excel], name)
	return Column(i), i >= 0
}

// Added says which groups of columns a CSV file has, besides the five that every outcome file has.
type Added struct {
	Sources bool // File and Line
	Resent  bool // SentAs
	Service bool // ServiceNick and ServiceFaceURL
	Map     bool
	Excel   bool
}

// Columns are the columns that stand behind the input's own, in the order of the file.
func (a Added) Columns() []Column {
	list := []Column{Row, Code, Class, Reason, Attempts}
	if a.Sources {
		list = append(list, File, Line)
	}
	if a.Resent {
		list = append(list, SentAs)
	}
	if a.Service {
		list = append(list, ServiceNick, ServiceFaceURL)
	}
	if a.Map {
		list = append(list, Map)
	}
	if a.Excel {
		list = append(list, Excel)
	}
	return list
}

// Cut knows an outcome file by the end of its header. own are the columns before that; ok is false, and own the whole
// header, if it is another file.
func Cut(header []string) (own []string, added Added, ok bool) {
	own = header
	added.Excel = cut(&own, Excel)
	added.Map = cut(&own, Map)
	added.Service = cut(&own, ServiceNick, ServiceFaceURL)
	added.Resent = cut(&own, SentAs)
	added.Sources = cut(&own, File, Line)
	if !cut(&own, Row, Code, Class, Reason, Attempts) {
		return header, Added{}, false
	}
	return own, added, true
}

func cut(header *[]string, group ...Column) bool {
	n := len(*header) - len(group)
	if n < 0 || !slices.EqualFunc((*header)[n:], group, func(name string, c Column) bool { return name == names[c] }) {
		return false
	}
	*header = (*header)[:n:n]
	return true
}

// formula are the first characters by which a spreadsheet takes a cell for a formula, full-width ones too, and the mark.
const formula = "=+-@\t\r'＝＋－＠"

// separators begin another cell where a spreadsheet separates by something else than the comma: it takes the quotes of
// the file for a part of the cell then, and its line breaks for the ends of rows.
const separators = ";\t\r\n"

// Guard marks a cell with ' if a spreadsheet would run it, or what it would take for a cell in it.
func Guard(cell string) string {
	return eachPart(cell, func(part string) (mark string, drop int) {
		if runs(part) {
			return "'", 0
		}
		return "", 0
	})
}

// Unguard is the cell that Guard was given.
func Unguard(cell string) string {
	return eachPart(cell, func(part string) (mark string, drop int) {
		if strings.HasPrefix(part, "'") && runs(part[1:]) {
			return "", 1
		}
		return "", 0
	})
}

// eachPart puts marks before the parts of a cell, or drops bytes there. A part reaches to the end of the cell.
func eachPart(cell string, change func(part string) (mark string, drop int)) string {
	var b strings.Builder
	for start := 0; ; {
		mark, drop := change(cell[start:])
		end := strings.IndexAny(cell[start+drop:], separators)
		if end < 0 && b.Len() == 0 && mark == "" { // nearly every cell
			return cell[drop:]
		}
		b.WriteString(mark)
		start += drop
		if end < 0 {
			b.WriteString(cell[start:])
			return b.String()
		}
		b.WriteString(cell[start : start+end+1])
		start += end + 1
	}
}

// runs tells whether a spreadsheet would run a cell that begins so. Quotes before it may be gone by then.
func runs(part string) bool {
	first, _ := utf8.DecodeRuneInString(strings.TrimLeft(part, `"`))
	return first != utf8.RuneError && strings.ContainsRune(formula, first)
}
