package reader

import "strings"

// cutEscaped is cut for text with backslashes that escape. One before a delimiter or a line break takes its meaning from
// it, as in what MySQL and PostgreSQL write.
func (c *csvTape) cutEscaped(s string, atEnd bool) (fields []string, n int, how cutKind) {
	fields, c.rawBreak = c.take(), false
	for i := 0; ; {
		quoted := i < len(s) && s[i] == '"' && !c.noQuotes
		end, closed := c.escapedField(s, i, quoted)
		switch {
		case !closed && !atEnd && quoted, !closed && quoted:
			return nil, i, cutInQuote
		case !closed && !atEnd:
			return nil, i, cutInLine
		}
		field, rest := s[i:end], s[end:]
		if quoted {
			if strings.HasPrefix(rest, "\r\n") || rest == "\r" && atEnd {
				rest = rest[1:]
			}
			if rest == "" && !atEnd || rest == "\r" {
				return nil, i, cutInLine
			}
			field = strings.ReplaceAll(field[1:len(field)-1], `""`, `"`)
		} else if rest == "" || rest[0] == '\n' {
			field = strings.TrimSuffix(field, "\r")
		}
		field = unescape(field)
		switch {
		case strings.HasPrefix(rest, c.comma):
			fields = c.add(fields, field)
			i = end + len(c.comma)
			continue
		case rest == "":
			return c.add(fields, field), len(s), cutWhole
		case rest[0] == '\n':
			return c.add(fields, field), len(s) - len(rest) + 1, cutWhole
		}
		if nl := strings.IndexByte(rest, '\n'); nl >= 0 { // a quote in the middle
			return nil, len(s) - len(rest) + nl + 1, cutBad
		}
		if atEnd {
			return nil, len(s), cutBad
		}
		return nil, i, cutInLine
	}
}

// escapedField finds where the field at i ends: at a delimiter, a line break, behind its closing quote, or at a quote where
// none is allowed. closed is false if s ends before that.
func (c *csvTape) escapedField(s string, i int, quoted bool) (end int, closed bool) {
	if quoted {
		i++
	}
	for i < len(s) {
		switch ch := s[i]; {
		case ch == '\\':
			if i+1 == len(s) {
				return i + 1, false
			}
			i++
		case quoted && ch == '"' && i+1 < len(s) && s[i+1] == '"':
			i++
		case quoted && ch == '"':
			return i + 1, true
		case quoted:
			c.rawBreak = c.rawBreak || ch == '\n' || ch == '\r'
		case ch == '\n', ch == '"' && !c.noQuotes, strings.HasPrefix(s[i:], c.comma):
			return i, true
		}
		i++
	}
	return len(s), false
}

// escapes are what a letter behind a backslash means. Other characters mean themselves.
var escapes = map[byte]byte{'0': 0, 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t', 'v': '\v', 'Z': 0x1a}

const noValue = `\N`

// unescape undoes the escapes of a field. One that is noValue is empty.
func unescape(field string) string {
	if field == noValue {
		return ""
	}
	if strings.IndexByte(field, '\\') < 0 {
		return field
	}
	var b strings.Builder
	for i := 0; i < len(field); i++ {
		ch := field[i]
		if ch == '\\' && i+1 < len(field) {
			i++
			if means, ok := escapes[field[i]]; ok {
				ch = means
			} else {
				ch = field[i]
			}
		}
		b.WriteByte(ch)
	}
	return b.String()
}
