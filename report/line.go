package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"imimport/pkg/outcome"
)

const byteOrderMark = "\uFEFF"

// AppendHeader appends the first line of an outcome file, or of another file that is read like one. JSON has none.
func (l Layout) AppendHeader(b []byte) []byte {
	if l.JSON {
		return b
	}
	if l.Excel {
		b = append(b, byteOrderMark...)
	}
	for _, name := range l.Columns {
		b = append(l.appendCell(b, name), ',')
	}
	for _, column := range (outcome.Added{Sources: l.Sources, Resent: l.Resent, Service: l.Service, Map: l.Map != "", Excel: l.Excel}).Columns() {
		b = append(append(b, column.String()...), ',')
	}
	b[len(b)-1] = '\n'
	return b
}

// HeaderSize is the length of the first line in bytes, 0 for JSON.
func (l Layout) HeaderSize() int { return len(l.AppendHeader(nil)) }

// AppendRow appends a row's line: the input's own columns, then ours, then the fields for which the input had no column.
// Read as input again, the line is the same row.
func (l Layout) AppendRow(b []byte, s *Settled) []byte {
	if l.JSON {
		return l.appendObject(b, s)
	}
	for i := range l.Columns {
		if i < len(s.Fields) {
			b = l.appendCell(b, s.Fields[i])
		}
		b = append(b, ',')
	}
	b = append(strconv.AppendInt(b, s.Row, 10), ',')
	if s.HasCode {
		b = strconv.AppendInt(b, int64(s.Code), 10)
	}
	b = append(append(append(b, ','), s.Class...), ',')
	b = append(l.appendCell(b, Escaped(s.Reason)), ',')
	b = strconv.AppendInt(b, int64(s.Attempts), 10)
	if l.Sources {
		b = append(l.appendCell(append(b, ','), Escaped(s.File)), ',')
		b = strconv.AppendInt(b, s.Line, 10)
	}
	if l.Resent {
		b = l.appendCell(append(b, ','), s.SentAs)
	}
	if l.Service {
		b = l.appendCell(append(b, ','), s.ServiceNick)
		b = l.appendCell(append(b, ','), s.ServiceFaceURL)
	}
	if l.Map != "" {
		b = l.appendCell(append(b, ','), l.Map)
	}
	if l.Excel {
		b = append(b, ",1"...)
	}
	for i := len(l.Columns); i < len(s.Fields); i++ {
		b = l.appendCell(append(b, ','), s.Fields[i])
	}
	return append(b, '\n')
}

// appendCell appends a CSV field, quoted if RFC 4180 asks for it. Bytes that are not UTF-8 become U+FFFD; the reader
// refuses such rows.
func (l Layout) appendCell(b []byte, field string) []byte {
	if l.Excel {
		field = outcome.Guard(field)
	}
	plain := true
	for i := range len(field) {
		if c := field[i]; c < 0x80 && special[c] || c >= 0x80 {
			plain = false
			break
		}
	}
	if plain && field != `\.` {
		return append(b, field...)
	}
	field = strings.ToValidUTF8(field, "\uFFFD")
	if !strings.ContainsAny(field, "\",\r\n") && field[0] != ' ' && field != `\.` {
		return append(b, field...)
	}
	return append(append(append(b, '"'), strings.ReplaceAll(field, `"`, `""`)...), '"')
}

// special are the bytes for which a field takes the slow path.
var special = [0x80]bool{'"': true, ',': true, '\r': true, '\n': true, ' ': true, '\t': true}

// appendObject appends the input's own object with our keys after its own. The text of a row that is not an object goes
// into _raw.
func (l Layout) appendObject(b []byte, s *Settled) []byte {
	object := bytes.TrimSpace(s.Object)
	if inner, ok := bytes.CutSuffix(object, []byte("}")); ok && object[0] == '{' && s.wellFormed() {
		inner = bytes.TrimRight(inner, " \t\r\n")
		b = append(b, inner...)
		if len(inner) > 1 {
			b = append(b, ',')
		}
	} else {
		b = appendJSON(appendKey(append(b, '{'), outcome.Raw), strings.ToValidUTF8(string(s.Object), "\uFFFD"))
		b = append(b, ',')
	}
	b = strconv.AppendInt(appendKey(b, outcome.Row), s.Row, 10)
	b = appendKey(append(b, ','), outcome.Code)
	if s.HasCode {
		b = strconv.AppendInt(b, int64(s.Code), 10)
	} else {
		b = append(b, "null"...)
	}
	b = append(append(append(appendKey(append(b, ','), outcome.Class), '"'), s.Class...), `",`...)
	b = append(appendJSON(appendKey(b, outcome.Reason), Escaped(s.Reason)), ',')
	b = strconv.AppendInt(appendKey(b, outcome.Attempts), int64(s.Attempts), 10)
	if l.Sources {
		b = appendJSON(appendKey(append(b, ','), outcome.File), Escaped(s.File))
		b = strconv.AppendInt(appendKey(append(b, ','), outcome.Line), s.Line, 10)
	}
	if l.Resent && s.SentAs != "" {
		b = appendJSON(appendKey(append(b, ','), outcome.SentAs), s.SentAs)
	}
	if l.Service {
		b = appendJSON(appendKey(append(b, ','), outcome.ServiceNick), s.ServiceNick)
		b = appendJSON(appendKey(append(b, ','), outcome.ServiceFaceURL), s.ServiceFaceURL)
	}
	if l.Map != "" {
		b = appendJSON(appendKey(append(b, ','), outcome.Map), l.Map)
	}
	return append(b, "}\n"...)
}

// Escaped is how an outcome file has a reason or the name of a file. Bytes that are not UTF-8 become \xNN, and so does
// U+FFFD, which in a row says that the row is damaged. Two names stay two.
func Escaped(text string) string {
	if utf8.ValidString(text) && !strings.ContainsRune(text, utf8.RuneError) {
		return text
	}
	var b strings.Builder
	for len(text) > 0 {
		r, n := utf8.DecodeRuneInString(text)
		if r != utf8.RuneError {
			b.WriteString(text[:n])
		} else {
			for _, c := range []byte(text[:n]) {
				fmt.Fprintf(&b, `\x%02x`, c)
			}
		}
		text = text[n:]
	}
	return b.String()
}

func appendKey(b []byte, c outcome.Column) []byte {
	return append(append(append(b, '"'), c.String()...), `":`...)
}

// wellFormed tells whether the object may be written as it is. A row that was sent is valid JSON; one that was refused
// before may be anything.
func (s *Settled) wellFormed() bool {
	return s.Class != "invalid" || utf8.Valid(s.Object) && json.Valid(s.Object)
}

func appendJSON(b []byte, s string) []byte {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a string always encodes
	return append(b, bytes.TrimSuffix(buf.Bytes(), []byte("\n"))...)
}
