package report

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// Printable makes one line of a text, safe for a terminal and for a page. Line breaks and tabs become spaces. What would
// move a cursor, change a colour or turn the writing direction becomes U+FFFD, and so do bytes that are not UTF-8.
func Printable(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), r == '\u2028', r == '\u2029':
			return utf8.RuneError
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
}

// cut makes a text printable and cuts it to maxBytes.
func cut(text string, maxBytes int) string {
	line := Printable(text)
	if len(line) <= maxBytes {
		return line
	}
	end := maxBytes - len("…")
	for end > 0 && !utf8.RuneStart(line[end]) {
		end--
	}
	return line[:end] + "…"
}

// fit cuts a line to a number of terminal columns. A Chinese character takes two of them.
func fit(line string, columns int) string {
	if uniseg.StringWidth(line) <= columns {
		return line
	}
	kept, _ := split(line, columns-len("..."))
	return kept + "..."
}

// split cuts a line where the columns end, between two whole characters.
func split(line string, columns int) (head, tail string) {
	used, rest, state := 0, line, -1
	for rest != "" {
		var width int
		var next string
		_, next, width, state = uniseg.FirstGraphemeClusterInString(rest, state)
		if used += width; used > columns {
			break
		}
		rest = next
	}
	return line[:len(line)-len(rest)], rest
}

// wrap breaks a text into lines of so many columns, between words if possible. A text that needs more than maxLines
// ends in dots.
func wrap(text string, columns, maxLines int) []string {
	var lines []string
	for text = strings.TrimSpace(text); text != ""; text = strings.TrimSpace(text) {
		if len(lines) == maxLines-1 {
			return append(lines, fit(text, columns))
		}
		head, tail := split(text, columns)
		if tail != "" && tail[0] != ' ' {
			if space := strings.LastIndexByte(head, ' '); space > 0 {
				head, tail = text[:space], text[space:]
			}
		}
		if head == "" {
			return lines // no room for even one character
		}
		lines = append(lines, strings.TrimRight(head, " "))
		text = tail
	}
	return lines
}
