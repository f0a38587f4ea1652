package reader

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"imimport/pkg/fault"
)

// wrapperDepth bounds the depth at which rows are looked for to name them in a hint.
const wrapperDepth = 4

// enter passes what stands before the rows of a wrapper: an object with an array of rows at Config.Records.
func (r *jsonRows) enter() error {
	for i, step := range r.records {
		if err := r.member(step); err != nil {
			return err
		}
		c, err := r.space()
		if err != nil {
			return r.cutOff(err)
		}
		if last := i == len(r.records)-1; last && c != '[' || !last && c != '{' {
			return r.noRecords()
		}
	}
	r.advance(1, 0)
	r.state = beforeFirst
	return nil
}

// member passes the brace that opens an object, and its members up to the value of a key.
func (r *jsonRows) member(key string) error {
	r.advance(1, 0)
	for {
		c, err := r.space()
		if err == nil && c == ',' {
			r.advance(1, 0)
			c, err = r.space()
		}
		switch {
		case err != nil:
			return r.cutOff(err)
		case c != '"':
			return r.noRecords()
		}
		text, err := r.value()
		if err != nil {
			return err
		}
		if c, err = r.space(); err != nil || c != ':' {
			return r.cutOff(err)
		}
		r.advance(1, 0)
		if string(unquote(text)) == key {
			return nil
		}
		if _, err = r.space(); err != nil {
			return r.cutOff(err)
		}
		if _, err = r.value(); err != nil {
			return err
		}
	}
}

// value passes a value, and returns its text if it is a small one.
func (r *jsonRows) value() (text []byte, err error) {
	const small = 1 << 10
	var scan elementScan
	for {
		b := r.rest()
		n, done := scan.find(b, 0)
		if len(text)+n <= small {
			text = append(text, b[:n]...)
		}
		r.advance(n, bytes.Count(b[:n], []byte("\n")))
		if done {
			return text, nil
		}
		if !r.more() {
			return nil, r.cutOff(r.err)
		}
	}
}

// leave passes what stands behind the rows of a wrapper, if they have one.
func (r *jsonRows) leave() error {
	if r.records == nil {
		return nil
	}
	scan := elementScan{depth: len(r.records)}
	for {
		b := r.rest()
		n, done := scan.find(b, 0)
		r.advance(n, bytes.Count(b[:n], []byte("\n")))
		if done {
			return nil
		}
		if !r.more() {
			return r.cutOff(r.err)
		}
	}
}

// cutOff is the error of a wrapper that does not go on as it should.
func (r *jsonRows) cutOff(err error) error {
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	return broken(r.table.show, r.line+1, fault.Hintf("is the end of the file missing?"), "the object around the rows is not whole")
}

func (r *jsonRows) noRecords() error {
	hint := fault.Hintf("name the array of the rows: %s", recordsAt("PATH"))
	if path := recordsPath(r.table.head.text); path != "" {
		hint = fault.Hintf("its rows seem to be in another array: %s", recordsAt(path))
	}
	return broken(r.table.show, r.line+1, hint, "has no array %q with rows", strings.Join(r.records, "."))
}

func recordsAt(path string) fault.Option { return fault.Option{Key: "records", Value: path} }

// recordsPath is where the head of a wrapper has an array of objects, "" if it has none, or more than one.
func recordsPath(text []byte) string {
	text = bytes.TrimLeft(text, utf8Mark+" \t\r\n")
	var found []string
	if len(text) > 0 && text[0] == '{' {
		arraysOf(text, "", wrapperDepth, &found)
	}
	return onlyOne(found, "")
}

// arraysOf finds arrays of objects in an object that may be cut off, and returns where it ends.
func arraysOf(b []byte, path string, depth int, found *[]string) (end int) {
	for i := plainSpace(b, 1); i < len(b) && b[i] == '"'; {
		end, ok := plainString(b, i)
		if !ok {
			return len(b)
		}
		at := strings.TrimPrefix(path+"."+string(unquote(b[i:end])), ".")
		if i = plainSpace(b, end); i >= len(b) || b[i] != ':' {
			return len(b)
		}
		if i = plainSpace(b, i+1); i >= len(b) {
			return len(b)
		}
		if first := plainSpace(b, i+1); b[i] == '[' && first < len(b) && b[first] == '{' {
			*found = append(*found, at)
		}
		if b[i] == '{' && depth > 1 {
			i += arraysOf(b[i:], at, depth-1, found)
		} else {
			var scan elementScan
			n, _ := scan.find(b[i:], 0)
			i += n
		}
		if i = plainSpace(b, i); i >= len(b) || b[i] != ',' {
			return min(i+1, len(b))
		}
		i = plainSpace(b, i+1)
	}
	return len(b)
}
