package reader

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// Most objects are plain: isPlain sees that they are valid, without a doubled key, three times as fast as jsontext.

const (
	plainDepth = 8
	plainKeys  = 24 // in an object: each is compared with each
)

// isPlain tells whether a text of valid UTF-8 is certainly one JSON object. False means that it is not sure.
func isPlain(b []byte) bool {
	end, ok := plainValue(b, 0, 0)
	return ok && end == len(b)
}

// plainValue returns where the value at i ends.
func plainValue(b []byte, i, depth int) (end int, ok bool) {
	if i >= len(b) || depth > plainDepth {
		return i, false
	}
	switch c := b[i]; {
	case c == '"':
		return plainString(b, i)
	case c == '{':
		return plainObject(b, i, depth+1)
	case c == '[':
		return plainArray(b, i, depth+1)
	case c == '-' || '0' <= c && c <= '9':
		return plainNumber(b, i)
	}
	for _, word := range []string{"null", "true", "false"} {
		if bytes.HasPrefix(b[i:], []byte(word)) {
			return i + len(word), true
		}
	}
	return i, false
}

func plainObject(b []byte, i, depth int) (end int, ok bool) {
	var keys [plainKeys][]byte
	if i = plainSpace(b, i+1); i < len(b) && b[i] == '}' {
		return i + 1, true
	}
	for n := 0; n < plainKeys && i < len(b) && b[i] == '"'; n++ {
		begin := i
		if i, ok = plainString(b, i); !ok {
			return i, false
		}
		key := b[begin:i]
		if bytes.IndexByte(key, '\\') >= 0 { // it may be another key written in another way
			return i, false
		}
		for _, other := range keys[:n] {
			if bytes.Equal(key, other) {
				return i, false
			}
		}
		keys[n] = key
		if i = plainSpace(b, i); i >= len(b) || b[i] != ':' {
			return i, false
		}
		if i, ok = plainValue(b, plainSpace(b, i+1), depth); !ok {
			return i, false
		}
		i = plainSpace(b, i)
		if i < len(b) && b[i] == '}' {
			return i + 1, true
		}
		if i >= len(b) || b[i] != ',' {
			return i, false
		}
		i = plainSpace(b, i+1)
	}
	return i, false
}

func plainArray(b []byte, i, depth int) (end int, ok bool) {
	if i = plainSpace(b, i+1); i < len(b) && b[i] == ']' {
		return i + 1, true
	}
	for {
		if i, ok = plainValue(b, i, depth); !ok {
			return i, false
		}
		i = plainSpace(b, i)
		if i < len(b) && b[i] == ']' {
			return i + 1, true
		}
		if i >= len(b) || b[i] != ',' {
			return i, false
		}
		i = plainSpace(b, i+1)
	}
}

func plainSpace(b []byte, i int) int {
	for i < len(b) && isSpace(b[i]) {
		i++
	}
	return i
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// trimSpace is bytes.TrimSpace for the space of JSON.
func trimSpace(b []byte) []byte {
	for len(b) > 0 && isSpace(b[len(b)-1]) {
		b = b[:len(b)-1]
	}
	return b[plainSpace(b, 0):]
}

// plainString returns where the string at i ends. It accepts all escapes except surrogates.
func plainString(b []byte, i int) (end int, ok bool) {
	for i++; ; {
		if i = special(b, i); i >= len(b) || b[i] < ' ' {
			return i, false
		}
		if b[i] == '"' {
			return i + 1, true
		}
		if i+1 >= len(b) {
			return i, false
		}
		switch b[i+1] {
		case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
			i += 2
		case 'u':
			if i+6 > len(b) || !isHex(b[i+2:i+6]) || b[i+2]|0x20 == 'd' && b[i+3] >= '8' {
				return i, false
			}
			i += 6
		default:
			return i, false
		}
	}
}

func isHex(b []byte) bool {
	for _, c := range b {
		if !('0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f') {
			return false
		}
	}
	return true
}

// special finds the next quote, backslash or control character from i on, eight bytes at a time; len(b) is none.
func special(b []byte, i int) int {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	for ; i+8 <= len(b); i += 8 {
		w := binary.LittleEndian.Uint64(b[i:])
		quote, slash := w^ones*'"', w^ones*'\\'
		if found := ((w-ones*' ')&^w | (quote-ones)&^quote | (slash-ones)&^slash) & highs; found != 0 {
			return i + bits.TrailingZeros64(found)/8
		}
	}
	for ; i < len(b) && b[i] >= ' ' && b[i] != '"' && b[i] != '\\'; i++ {
	}
	return i
}

func plainNumber(b []byte, i int) (end int, ok bool) {
	if b[i] == '-' {
		i++
	}
	begin := i
	i = digits(b, i)
	if i == begin || b[begin] == '0' && i > begin+1 {
		return i, false
	}
	if i < len(b) && b[i] == '.' {
		begin := i + 1
		if i = digits(b, begin); i == begin {
			return i, false
		}
	}
	return i, i == len(b) || b[i]|0x20 != 'e' // a number with an exponent is not plain
}

func digits(b []byte, i int) int {
	for i < len(b) && '0' <= b[i] && b[i] <= '9' {
		i++
	}
	return i
}
