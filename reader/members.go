package reader

import "bytes"

// members calls visit for each member of a valid object, with the place of the member in it.
func members(b []byte, visit func(key, value []byte, begin, end int)) {
	for i := skipSpace(b, 1); b[i] != '}'; {
		begin := i
		key := b[i:stringEnd(b, i)]
		i = skipSpace(b, i+len(key))
		i = skipSpace(b, i+1) // the colon
		end := valueEnd(b, i)
		visit(key, b[i:end], begin, end)
		if i = skipSpace(b, end); b[i] == ',' {
			i = skipSpace(b, i+1)
		}
	}
}

func skipSpace(b []byte, i int) int {
	for b[i] == ' ' || b[i] == '\t' || b[i] == '\r' || b[i] == '\n' {
		i++
	}
	return i
}

// stringEnd is the place after the string that begins at i.
func stringEnd(b []byte, i int) int {
	for i++; ; i++ {
		n := bytes.IndexByte(b[i:], '"')
		escapes := 0
		for j := i + n - 1; j >= i && b[j] == '\\'; j-- {
			escapes++
		}
		if i += n; escapes%2 == 0 {
			return i + 1
		}
	}
}

// valueEnd is the place after the value that begins at i.
func valueEnd(b []byte, i int) int {
	for depth := 0; ; {
		switch c := b[i]; {
		case c == '"':
			i = stringEnd(b, i)
		case c == '{' || c == '[':
			depth++
			i++
		case c == '}' || c == ']':
			if depth == 0 {
				return i // after a number or a word
			}
			depth--
			i++
		case depth == 0 && (c == ',' || c == ' ' || c == '\t' || c == '\r' || c == '\n'):
			return i
		default:
			i++
			continue
		}
		if depth == 0 {
			return i
		}
	}
}
