package reader

import (
	"bytes"
	"io"
	"strings"

	"imimport/pkg/fault"
)

const (
	slabFields  = 512
	mostSurplus = 64 // fields beyond the columns that are split; the rest stays one text
	rawSample   = 1 << 10
)

// csvDialect is how fields are written, besides the delimiter.
type csvDialect struct{ noQuotes, backslash bool }

// csvTape cuts a tape into records by the rules of encoding/csv with LazyQuotes off. A record that breaks them has a fault
// and ends with its line. A quote that does not close is an error.
type csvTape struct {
	*tape
	name  string
	comma string
	width int // columns of the header: records get at least as many fields
	csvDialect
	slab     []string
	rawBreak bool  // the record at hand has a line break in quotes that no escape has made
	from     int64 // the offset where slab was begun
	lossy    byte  // what a number begins with that may not be what was meant; 0 is nothing
}

// record is one row of a CSV file.
type record struct {
	line   int64 // where it starts
	fields []string
	count  int    // of the fields in the file; there may be fewer than columns
	clean  bool   // as in pageState
	breaks bool   // a field may have a line break that no escape has made
	lines  string // its text, if it has several lines
	ascii  bool
	size   int
	kind   string // its fault, "" for none
	msg    string
	lossy  []int // the fields that are numbers, and may not be what was meant
}

// next cuts off the next record that is not a blank line. io.EOF is the end of the file; any other error is final.
func (c *csvTape) next(rec *record) error {
	for {
		s := c.page[c.pos:]
		if nl := strings.IndexByte(s, '\n'); nl >= 0 && nl < maxRecord && c.isPlain(s[:nl]) {
			line := s[:nl]
			if nl > 0 && line[nl-1] == '\r' {
				line = line[:nl-1]
			}
			c.begin(rec, nl+1)
			c.advance(nl+1, 1)
			if line == "" {
				continue
			}
			if nl > pageSize && nl < len(c.page)/2 {
				line = strings.Clone(line) // or its page would live as long as the row
			}
			rec.fields = c.split(c.take(), line)
			c.level(rec)
			return nil
		}
		if found, err := c.slow(rec, s); found || err != nil {
			return err
		}
	}
}

// isPlain tells whether a line is cut at its delimiters alone.
func (c *csvTape) isPlain(line string) bool {
	return (!c.state.quotes || c.noQuotes || strings.IndexByte(line, '"') < 0) &&
		(!c.backslash || !c.state.slashes || strings.IndexByte(line, '\\') < 0)
}

// begin sets everything but the fields of a record of n bytes.
func (c *csvTape) begin(rec *record, n int) {
	rec.line, rec.size = c.line+1, n
	rec.clean, rec.ascii = c.state.clean && !(c.backslash && c.state.slashes), c.state.ascii
	rec.kind, rec.breaks, rec.lines = "", c.state.breaks, ""
}

// slow cuts off a record with quotes or without a newline. found is false if it only read more or passed a blank line.
func (c *csvTape) slow(rec *record, s string) (found bool, err error) {
	ended := c.ended()
	if s == "" && ended {
		return false, io.EOF
	}
	fields, n, how := c.cut(s[:min(len(s), maxRecord)], ended && len(s) <= maxRecord)
	switch {
	case how == cutWhole || how == cutBad:
		if n > pageSize && n < len(c.page)/2 {
			s = strings.Clone(s[:n])
			fields, n, how = c.cut(s, true)
		}
		c.begin(rec, n)
		rec.fields = fields
		lines := strings.Count(s[:n], "\n")
		c.advance(n, lines)
		if lines > 1 || lines == 1 && s[n-1] != '\n' {
			if rec.lines = s[:n]; !c.backslash || c.rawBreak {
				rec.breaks = true
			}
		}
		if how == cutBad {
			rec.kind, rec.msg = KindQuote, `a quote in the middle of a field: fields with quotes are quoted, and their quotes doubled`
			rec.fields = c.raw(s[:n])
		} else if line := s[:n]; line == "\n" || line == "\r\n" || line == "\r" {
			return false, nil
		}
		c.level(rec)
		return true, nil
	case len(s) > maxRecord || ended:
		if how == cutInQuote {
			return false, c.unclosed(s, n, ended && len(s) <= maxRecord)
		}
		c.tooLarge(rec, s, n)
		return true, nil
	}
	if !c.moreOfRecord() && !c.ended() {
		return false, c.err
	}
	return false, nil
}

// moreOfRecord makes the page longer until a line ends with no quote open: the first record may be whole then. So a large
// record becomes a string once or twice, and not at every size.
func (c *csvTape) moreOfRecord() bool {
	quotes, seen, before := 0, 0, len(c.rest())
	for {
		for b := c.rest(); seen < len(b); {
			line := b[seen:]
			if nl := bytes.IndexByte(line, '\n'); nl >= 0 {
				line = line[:nl+1]
			}
			quotes += bytes.Count(line, []byte{'"'})
			seen += len(line)
			if line[len(line)-1] == '\n' && (quotes%2 == 0 || c.noQuotes) && seen > before {
				c.turn(c.hi)
				return true
			}
		}
		if seen > maxRecord || !c.grow() {
			c.turn(c.hi)
			return seen > maxRecord
		}
	}
}

func (c *csvTape) unclosed(s string, open int, ended bool) error {
	within := "within 1 MiB"
	if ended {
		within = "before the end of the file"
	}
	return broken(c.name, c.line+1+int64(strings.Count(s[:open], "\n")),
		fault.Hintf(`quote the whole field and double its quotes ("say ""hi"""), or take the stray quote out`), "the quote that opens here is not closed %s", within)
}

// tooLarge passes a line that is too large for a row. From open on no quote is open.
func (c *csvTape) tooLarge(rec *record, s string, open int) {
	c.begin(rec, rawSample)
	rec.kind, rec.msg = KindTooLarge, "the row has more than 1 MiB"
	rec.fields = c.raw(strings.Clone(s[:rawSample]) + "…")
	c.advance(open, strings.Count(s[:open], "\n"))
	c.skipLine()
	c.level(rec)
}

// raw makes fields of a bad record. Its text comes after them, so that an outcome file with it does not have a good row.
func (c *csvTape) raw(text string) []string {
	text = strings.TrimRight(text, "\r\n")
	fields := append(c.split(nil, text), make([]string, c.width)...)
	return append(fields[:c.width:c.width], text)
}

type cutKind int

const (
	cutWhole   cutKind = iota // a record, n bytes of s
	cutBad                    // a record with a quote in a wrong place, n bytes of s
	cutInQuote                // s ends inside the quotes that open at n
	cutInLine                 // s ends inside a line; from n on no quote is open
)

// cut finds the record that s begins with. atEnd says that nothing follows s.
func (c *csvTape) cut(s string, atEnd bool) (fields []string, n int, how cutKind) {
	if c.backslash {
		return c.cutEscaped(s, atEnd)
	}
	fields = c.take()
	for i, eol := 0, -1; ; {
		if i < len(s) && s[i] == '"' && !c.noQuotes {
			field, end, closed := quotedField(s, i, atEnd)
			if !closed {
				return nil, i, cutInQuote
			}
			fields = c.add(fields, field)
			i = end
			switch rest := s[i:]; {
			case strings.HasPrefix(rest, c.comma):
				i += len(c.comma)
				continue
			case strings.HasPrefix(rest, "\n"):
				return fields, i + 1, cutWhole
			case strings.HasPrefix(rest, "\r\n"):
				return fields, i + 2, cutWhole
			case atEnd && (rest == "" || rest == "\r"):
				return fields, len(s), cutWhole
			}
			if nl := strings.IndexByte(s[i:], '\n'); nl >= 0 {
				return nil, i + nl + 1, cutBad
			}
			if atEnd {
				return nil, len(s), cutBad
			}
			return nil, i, cutInLine
		}
		if eol < i {
			if nl := strings.IndexByte(s[i:], '\n'); nl >= 0 {
				eol = i + nl
			} else if atEnd {
				eol = len(s)
			} else {
				return nil, i, cutInLine
			}
		}
		field := s[i:eol]
		comma := strings.Index(field, c.comma)
		if comma >= 0 {
			field = field[:comma]
		} else {
			field = strings.TrimSuffix(field, "\r")
		}
		if !c.noQuotes && strings.IndexByte(field, '"') >= 0 {
			return nil, min(eol+1, len(s)), cutBad
		}
		fields = c.add(fields, field)
		if comma < 0 {
			return fields, min(eol+1, len(s)), cutWhole
		}
		i += comma + len(c.comma)
	}
}

// quotedField is the field whose quotes open at i, and where it ends.
func quotedField(s string, i int, atEnd bool) (field string, end int, closed bool) {
	begin, doubled := i+1, false
	for end = begin; ; {
		quote := strings.IndexByte(s[end:], '"')
		if quote < 0 {
			return "", 0, false
		}
		end += quote + 1
		if end == len(s) && !atEnd {
			return "", 0, false // the next byte may be a quote that doubles it
		}
		if end == len(s) || s[end] != '"' {
			break
		}
		doubled = true
		end++
	}
	field = s[begin : end-1]
	if doubled {
		field = strings.ReplaceAll(field, `""`, `"`)
	}
	return strings.ReplaceAll(field, "\r\n", "\n"), end, true
}

// take takes the room for one record's fields. A row keeps its slab and the slab's pages in memory: so these are few.
func (c *csvTape) take() []string {
	if len(c.slab) < c.width || c.offset-c.from > 2*pageSize {
		c.slab, c.from = make([]string, max(slabFields, c.width)), c.offset
	}
	fields := c.slab[:0:c.width]
	c.slab = c.slab[c.width:]
	return fields
}

// split adds the fields of a line without quotes.
func (c *csvTape) split(fields []string, line string) []string {
	if len(c.comma) == 1 {
		for comma := c.comma[0]; ; {
			i := strings.IndexByte(line, comma)
			if i < 0 || len(fields) == c.width+mostSurplus {
				return append(fields, line)
			}
			fields = append(fields, line[:i])
			line = line[i+1:]
		}
	}
	for {
		field, rest, found := strings.Cut(line, c.comma)
		if !found || len(fields) == c.width+mostSurplus {
			return append(fields, line)
		}
		fields, line = append(fields, field), rest
	}
}

// add adds a field. It keeps mostSurplus fields beyond the columns.
func (c *csvTape) add(fields []string, field string) []string {
	if len(fields) > c.width+mostSurplus {
		return fields
	}
	return append(fields, field)
}

// level makes the fields at least as many as the columns. If they are more, that is a fault.
func (c *csvTape) level(rec *record) {
	rec.count = len(rec.fields)
	if c.lossy != 0 {
		rec.unmark(c.lossy)
	}
	if rec.kind == "" && rec.count > c.width {
		rec.kind, rec.msg = KindFields, "more fields than the "+counted(c.width, "column", "columns")
	}
	for len(rec.fields) < c.width {
		rec.fields = append(rec.fields, "")
	}
}

// unmark takes the mark off the numbers that may not be what was meant.
func (rec *record) unmark(mark byte) {
	rec.lossy = rec.lossy[:0]
	for i, f := range rec.fields {
		if f != "" && f[0] == mark {
			rec.fields[i], rec.lossy = f[1:], append(rec.lossy, i)
		}
	}
}
