package reader

// members calls visit for each member of a valid object, with the place of the member in it.
func members(b []byte, visit func(key, value []byte, begin, end int)) {
	for i := plainSpace(b, 1); b[i] != '}'; {
		begin := i
		key := b[i:stringEnd(b, i)]
		i = plainSpace(b, i+len(key))
		i = plainSpace(b, i+1) // the colon
		end := valueEnd(b, i)
		visit(key, b[i:end], begin, end)
		if i = plainSpace(b, end); b[i] == ',' {
			i = plainSpace(b, i+1)
		}
	}
}

// stringEnd is the place after the string that begins at i.
func stringEnd(b []byte, i int) int {
	for i = special(b, i+1); b[i] == '\\'; i = special(b, i+2) { // with the byte that it escapes
	}
	return i + 1
}

// valueEnd is the place after the value that begins at i.
func valueEnd(b []byte, i int) int {
	if b[i] == '"' {
		return stringEnd(b, i)
	}
	var scan elementScan
	n, _ := scan.find(b[i:], 0)
	return i + n
}

// elements calls visit for each element of a valid array.
func elements(b []byte, visit func(i int, value []byte)) {
	i := plainSpace(b, 1)
	for n := 0; b[i] != ']'; n++ {
		end := valueEnd(b, i)
		visit(n, b[i:end])
		if i = plainSpace(b, end); b[i] == ',' {
			i = plainSpace(b, i+1)
		}
	}
}
