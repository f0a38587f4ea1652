package report

import (
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// cut makes one printable line of a text, of at most max bytes. What would move a cursor, change a
// colour or turn the writing direction becomes U+FFFD.
func cut(text string, maxBytes int) string {
	line := strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), r == '\u2028', r == '\u2029':
			return utf8.RuneError
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
	if len(line) <= maxBytes {
		return line
	}
	end := maxBytes - len("…")
	for end > 0 && !utf8.RuneStart(line[end]) {
		end--
	}
	return line[:end] + "…"
}

// fit cuts a line to columns of a terminal, in which a Chinese character takes two.
func fit(line string, columns int) string {
	if uniseg.StringWidth(line) <= columns {
		return line
	}
	kept, _ := split(line, columns-len("..."))
	return kept + "..."
}

// split takes as much of a line as has room, whole characters only.
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

// wrap breaks a text into lines of columns, between words where it can; a text that needs more than
// maxLines ends in dots.
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

// thousands writes a number as 1,234,567.
func thousands(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return sign + b.String()
}

// percent is a share with two decimals. It says 0 or 100 only where that is exact.
func percent(part, whole int64) string {
	switch {
	case whole <= 0 || part <= 0:
		return "0%"
	case part >= whole:
		return "100%"
	}
	hundredths := math.Round(float64(part) / float64(whole) * 10_000)
	switch {
	case hundredths < 1:
		return "<0.01%"
	case hundredths >= 10_000:
		return ">99.99%"
	}
	return strconv.FormatFloat(hundredths/100, 'f', 2, 64) + "%"
}

// perSecond writes a rate with as many digits as it is worth.
func perSecond(rate float64) string {
	if rate >= 1000 {
		return thousands(int64(math.Round(rate)))
	}
	return strings.TrimSuffix(strconv.FormatFloat(rate, 'f', 1, 64), ".0")
}

// span writes a duration as people do: 40 ms, 48.2 s, 12 min 5 s, 7 h 12 min, 3 d 4 h.
func span(d time.Duration) string {
	switch {
	case d <= 0:
		return "0 s"
	case d < time.Second:
		return latencyText(d)
	case d < time.Minute-50*time.Millisecond:
		return strings.TrimSuffix(strconv.FormatFloat(d.Seconds(), 'f', 1, 64), ".0") + " s"
	}
	d = d.Round(time.Second)
	parts := func(a time.Duration, aName string, b time.Duration, bName string) string {
		s := thousands(int64(d/a)) + " " + aName
		if rest := d % a / b; rest > 0 {
			s += " " + strconv.FormatInt(int64(rest), 10) + " " + bName
		}
		return s
	}
	switch {
	case d < time.Hour:
		return parts(time.Minute, "min", time.Second, "s")
	case d < 24*time.Hour:
		return parts(time.Hour, "h", time.Minute, "min")
	}
	return parts(24*time.Hour, "d", time.Hour, "h")
}

// latencyText writes a response time.
func latencyText(d time.Duration) string {
	switch {
	case d <= 0:
		return "-"
	case d < 10*time.Millisecond:
		return strings.TrimSuffix(strconv.FormatFloat(float64(d)/1e6, 'f', 1, 64), ".0") + " ms"
	case d < time.Second:
		return strconv.FormatInt(d.Milliseconds(), 10) + " ms"
	}
	return strings.TrimSuffix(strconv.FormatFloat(d.Seconds(), 'f', 1, 64), ".0") + " s"
}

func count(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return thousands(n) + " " + many
}
