package im

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Bodies of the import commands are appended by hand, at a quarter of encoding/json's time. They are the same bytes as
// its own with SetEscapeHTML(false).

func importBody(a *Account) []byte { return appendAccount(make([]byte, 0, bodySize(a)), a) }

func batchBody(accounts []Account) []byte {
	size := 32
	for i := range accounts {
		size += bodySize(&accounts[i])
	}
	b := append(make([]byte, 0, size), `{"AccountList":[`...)
	for i := range accounts {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendAccount(b, &accounts[i])
	}
	return append(b, "]}"...)
}

// bodySize is how long an account's body is, if nothing in it is escaped.
func bodySize(a *Account) int { return len(a.UserID) + len(a.Nick) + len(a.FaceURL) + 48 }

func appendAccount(b []byte, a *Account) []byte {
	b = appendString(append(b, `{"UserID":`...), a.UserID)
	if a.Nick != "" {
		b = appendString(append(b, `,"Nick":`...), a.Nick)
	}
	if a.FaceURL != "" {
		b = appendString(append(b, `,"FaceUrl":`...), a.FaceURL)
	}
	return append(b, '}')
}

func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0 // of what is not appended yet and needs no escape
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf {
			if c >= ' ' && c != '"' && c != '\\' {
				i++
				continue
			}
			b = appendEscape(append(b, s[start:i]...), c)
			i++
			start = i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			b = append(append(b, s[start:i]...), `\ufffd`...)
		case r == '\u2028' || r == '\u2029':
			b = strconv.AppendInt(append(append(b, s[start:i]...), `\u`...), int64(r), 16)
		default:
			i += size
			continue
		}
		i += size
		start = i
	}
	return append(append(b, s[start:]...), '"')
}

func appendEscape(b []byte, c byte) []byte {
	const hex = "0123456789abcdef"
	if i := strings.IndexByte("\"\\\b\f\n\r\t", c); i >= 0 {
		return append(b, '\\', `"\bfnrt`[i])
	}
	return append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
}
