package reader

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// objectReader takes an account out of a JSON object. jsontext says whether the object is valid; what is
// left to do is to walk over it.
type objectReader struct {
	in      *input
	buf     bytes.Buffer
	decoder *jsontext.Decoder
	uses    map[string]*keyUse
	last    []lastUse // the keys of the object before, by place: mostly the same come again
	found   [roles]found
	prior   [8][]byte // values of priorNames, sourceNames and _raw
	cuts    [][2]int  // the members among them
	scratch []byte
	seen    func(path string) // nil, or told of every key
}

// found is a value for a role in the object at hand. With rankNone there is none, and value is an old one.
type found struct {
	value []byte
	rank  int
	twice bool
}

type lastUse struct {
	key []byte
	use *keyUse
}

// keyUse is what a key of the top level is good for.
type keyUse struct {
	prior  int // index in objectReader.prior, -1 for none
	ranks  [roles]int
	nested bool // some path goes through it
	useful bool
}

const (
	rankNone  = 1 << 10
	rankExact = -1
	rawIndex  = 7
)

func newObjectReader(in *input) *objectReader {
	o := &objectReader{in: in, uses: map[string]*keyUse{}}
	o.decoder = jsontext.NewDecoder(&o.buf)
	return o
}

// read fills a row from a text. It sets row.Object where the row's own object is not the whole text.
func (o *objectReader) read(row *Row, text []byte, clean bool) (kind, msg string) {
	if !clean {
		if kind, msg := textFault(string(text)); kind != "" {
			return kind, "the row has " + msg
		}
	}
	if text[0] != '{' {
		return KindNotObject, "the row is no JSON object"
	}
	if kind, msg := o.valid(text); kind != "" {
		return kind, msg
	}
	o.walk(text)
	if o.prior[0] != nil {
		if raw := o.takePrior(row, text); raw != nil {
			prior := row.Prior
			row.Object = raw
			if len(raw) == 0 {
				return KindNotObject, "the row is no JSON object"
			}
			kind, msg = o.read(row, raw, false)
			row.Prior = prior
			return kind, msg
		}
	}
	return o.take(row)
}

func (o *objectReader) valid(text []byte) (kind, msg string) {
	if isPlain(text) {
		return "", ""
	}
	o.buf.Reset()
	o.buf.Write(text)
	o.decoder.Reset(&o.buf)
	value, err := o.decoder.ReadValue()
	if err == nil && len(value) == len(text) {
		return "", ""
	}
	if errors.Is(err, jsontext.ErrDuplicateName) {
		var syntax *jsontext.SyntacticError
		if errors.As(err, &syntax) {
			return KindDuplicateKey, fmt.Sprintf("the key %q comes twice", string(syntax.JSONPointer.LastToken()))
		}
		return KindDuplicateKey, "a key comes twice"
	}
	at := o.decoder.InputOffset()
	var syntax *jsontext.SyntacticError
	if errors.As(err, &syntax) {
		at = syntax.ByteOffset
	}
	return KindBadJSON, fmt.Sprintf("not valid JSON at byte %d of the row", at+1)
}

// walk collects the values that matter from a valid object.
func (o *objectReader) walk(b []byte) {
	for r := range o.found {
		o.found[r].rank, o.found[r].twice = rankNone, false
	}
	if len(o.cuts) > 0 {
		o.prior, o.cuts = [8][]byte{}, o.cuts[:0]
	}
	n := 0
	members(b, func(key, value []byte, begin, end int) {
		use := o.use(key, n)
		n++
		if use.prior >= 0 {
			o.prior[use.prior] = value
			o.cuts = append(o.cuts, [2]int{begin, end})
			return
		}
		if !use.useful {
			return
		}
		for r, rank := range use.ranks {
			o.offer(role(r), value, rank)
		}
		if (use.nested || o.seen != nil) && value[0] == '{' {
			o.nested(string(unquote(key)), value)
		}
	})
}

func (o *objectReader) offer(r role, value []byte, rank int) {
	switch f := &o.found[r]; {
	case rank == rankNone || rank > f.rank:
	case rank == f.rank:
		f.twice = true
	default:
		f.value, f.rank, f.twice = value, rank, false
	}
}

// nested looks for paths that go through the object at path.
func (o *objectReader) nested(path string, b []byte) {
	if b[0] != '{' {
		return
	}
	members(b, func(key, value []byte, _, _ int) {
		at := path + "." + string(unquote(key))
		if o.seen != nil {
			o.seen(at)
		}
		for r := range role(roles) {
			if rank, ok := o.in.objects.rank(r, at, false); ok {
				o.offer(r, value, rank)
			}
		}
		if o.in.objects.through(at) || o.seen != nil {
			o.nested(at, value)
		}
	})
}

// use tells what the n-th key of an object is good for. Keys are few, so what was found out is kept.
func (o *objectReader) use(quoted []byte, n int) *keyUse {
	if n < len(o.last) && bytes.Equal(o.last[n].key, quoted) {
		return o.last[n].use
	}
	use, ok := o.uses[string(quoted)]
	if !ok {
		use = o.newUse(string(unquote(quoted)))
		if len(o.uses) < 1000 && len(quoted) < 100 {
			o.uses[string(quoted)] = use
		}
	}
	if n == len(o.last) && n < 32 {
		o.last = append(o.last, lastUse{})
	}
	if n < len(o.last) && len(quoted) < 100 {
		o.last[n] = lastUse{append(o.last[n].key[:0], quoted...), use}
	}
	return use
}

func (o *objectReader) newUse(key string) *keyUse {
	use := &keyUse{prior: priorIndex(key)}
	for r := range role(roles) {
		use.ranks[r] = rankNone
		if rank, ok := o.in.objects.rank(r, key, true); ok {
			use.ranks[r], use.useful = rank, true
		}
	}
	use.nested = o.in.objects.through(key)
	use.useful = use.useful || use.nested || o.seen != nil
	if o.seen != nil && use.prior < 0 {
		o.seen(key)
	}
	return use
}

func priorIndex(key string) int {
	if len(key) == 0 || key[0] != '_' {
		return -1
	}
	for i, name := range [...]string{"_row", "_code", "_class", "_reason", "_attempts", "_file", "_line", "_raw"} {
		if key == name {
			return i
		}
	}
	return -1
}

// take sets the account of a row from what walk found.
func (o *objectReader) take(row *Row) (kind, msg string) {
	var ends [roles]int
	o.scratch = o.scratch[:0]
	for r, f := range o.found {
		if f.twice {
			return KindAmbiguous, fmt.Sprintf("two keys could both be %s: say which one with --map", role(r))
		}
		if f.rank != rankNone {
			ok, escaped := false, false
			o.scratch, ok, escaped = appendText(o.scratch, f.value)
			if !ok && kind == "" {
				kind, msg = KindType, fmt.Sprintf("%s is neither text nor a number", role(r))
			}
			if escaped && kind == "" {
				if kind, msg = textFault(string(o.scratch)); kind != "" {
					msg = fmt.Sprintf("%s has %s", role(r), msg)
				}
			}
		}
		ends[r] = len(o.scratch)
	}
	all := string(o.scratch)
	row.UserID, row.Nick, row.FaceURL = all[:ends[0]], all[ends[0]:ends[1]], all[ends[1]:]
	return kind, msg
}

// appendText adds the text of a string or a number as it is written; null is empty.
func appendText(dst, value []byte) (text []byte, ok, escaped bool) {
	switch c := value[0]; {
	case c == '"' && bytes.IndexByte(value, '\\') < 0:
		return append(dst, value[1:len(value)-1]...), true, false
	case c == '"':
		dst, err := jsontext.AppendUnquote(dst, value)
		return dst, err == nil, true
	case c == '-' || '0' <= c && c <= '9':
		return append(dst, value...), true, false
	default:
		return dst, c == 'n', false
	}
}

func unquote(quoted []byte) []byte {
	text, _, _ := appendText(nil, quoted)
	return text
}

// takePrior sets row.Prior where the object is an outcome file's, and row.Object to the object without
// what was added. For a row that was no object it returns its text.
func (o *objectReader) takePrior(row *Row, b []byte) (raw []byte) {
	for i := range priorNames {
		if o.prior[i] == nil {
			return nil
		}
	}
	number, err := strconv.ParseInt(string(o.prior[0]), 10, 64)
	if err != nil || number < 1 {
		return nil
	}
	p := &Prior{Row: number, Class: string(unquote(o.prior[2])), Reason: string(unquote(o.prior[3]))}
	if p.Code, err = strconv.Atoi(string(o.prior[1])); err == nil {
		p.HasCode = true
	}
	p.Attempts, _ = strconv.Atoi(string(o.prior[4]))
	if o.prior[5] != nil && o.prior[6] != nil {
		p.File = string(unquote(o.prior[5]))
		p.Line, _ = strconv.ParseInt(string(o.prior[6]), 10, 64)
	}
	row.Prior = p
	if v := o.prior[rawIndex]; v != nil && v[0] == '"' {
		return append([]byte{}, unquote(v)...)
	}
	row.Object = o.without(b)
	return nil
}

// without is the object without the members of o.cuts.
func (o *objectReader) without(b []byte) []byte {
	out, from := []byte{'{'}, 1
	for _, cut := range append(o.cuts, [2]int{len(b) - 1, len(b) - 1}) {
		if own := bytes.Trim(b[from:cut[0]], ", \t\r\n"); len(own) > 0 {
			if len(out) > 1 {
				out = append(out, ',')
			}
			out = append(out, own...)
		}
		from = cut[1]
	}
	return append(out, '}')
}

// members calls visit for each member of a valid object, with where the member stands in it.
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

// stringEnd is behind the string that begins at i.
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

// valueEnd is behind the value that begins at i.
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
				return i // behind a number or a word
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
