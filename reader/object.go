package reader

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"imimport/pkg/outcome"
)

// objectReader takes an account out of a JSON object. It walks over objects that are known to be valid: see valid.
type objectReader struct {
	rules   *objectRules
	buf     bytes.Buffer
	decoder *jsontext.Decoder
	uses    map[string]*keyUse
	last    []lastUse               // the keys of the object before, by place: the next object mostly has the same
	found   []found                 // by role
	met     []bool                  // by role: some object had a value for it
	ends    []int                   // by role: where its value ends in scratch
	prior   [outcome.Columns][]byte // the values that an outcome file has added
	cuts    [][2]int                // where these members stand
	scratch []byte
	form    form                            // of the row at hand
	seen    func(path string, value []byte) // nil, or called with every key and its value
}

// found is a value for a role in the current object. With rankNone there is none, and value is stale.
type found struct {
	value []byte
	rank  int
	twice bool
	path  string
}

type lastUse struct {
	key []byte
	use *keyUse
}

// keyUse is what a key of the top level is good for.
type keyUse struct {
	prior   outcome.Column // if isPrior
	isPrior bool           // an outcome file has added it
	ranks   []int          // by role
	nested  bool           // some path goes through it
	name    string
}

const rankNone = 1 << 10

func newObjectReader(rules *objectRules) *objectReader {
	o := &objectReader{rules: rules, uses: map[string]*keyUse{}}
	o.decoder = jsontext.NewDecoder(&o.buf)
	n := len(rules.paths)
	o.found, o.met, o.ends = make([]found, n), make([]bool, n), make([]int, n)
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
	kind, msg = o.valid(text)
	if own := o.ownPart(row, text, kind); own != nil {
		prior := row.Prior
		kind, msg = o.read(row, own, clean)
		row.Prior, row.Object = prior, own
		return kind, msg
	}
	if kind != "" {
		return kind, msg
	}
	o.walk(text)
	if o.prior[outcome.Row] != nil {
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
	at := o.decoder.InputOffset()
	var syntax *jsontext.SyntacticError
	if errors.As(err, &syntax) {
		at = syntax.ByteOffset
	}
	if errors.Is(err, jsontext.ErrDuplicateName) { // always within a SyntacticError
		return KindDuplicateKey, fmt.Sprintf("the key %q comes twice", syntax.JSONPointer.LastToken())
	}
	return KindBadJSON, fmt.Sprintf("not valid JSON at byte %d of the row", at+1)
}

// walk collects the values that matter from a valid object.
func (o *objectReader) walk(b []byte) {
	for r := range o.found {
		o.found[r].rank, o.found[r].twice = rankNone, false
	}
	if len(o.cuts) > 0 {
		o.prior, o.cuts = [outcome.Columns][]byte{}, o.cuts[:0]
	}
	n := 0
	members(b, func(key, value []byte, begin, end int) {
		use := o.use(key, n)
		n++
		if use.isPrior {
			o.prior[use.prior] = value
			o.cuts = append(o.cuts, [2]int{begin, end})
			return
		}
		if o.seen != nil {
			o.seen(use.name, value)
		}
		for r, rank := range use.ranks {
			o.offer(role(r), value, rank, use.name)
		}
		if use.nested || o.seen != nil {
			o.nested(use.name, value)
		}
	})
}

func (o *objectReader) offer(r role, value []byte, rank int, path string) {
	switch f := &o.found[r]; {
	case rank == rankNone:
	case rank > f.rank:
		o.met[r] = true
	case rank == f.rank:
		f.twice, o.met[r] = true, true
	default:
		f.value, f.rank, f.twice, f.path, o.met[r] = value, rank, false, path, true
	}
}

// nested looks for paths that go through the object or array at path.
func (o *objectReader) nested(path string, b []byte) {
	visit := func(name string, value []byte) {
		at := path + "." + name
		if o.seen != nil {
			o.seen(at, value)
		}
		for r := range o.found {
			o.offer(role(r), value, o.rules.rank(role(r), at, false), at)
		}
		if o.rules.through(at) || o.seen != nil {
			o.nested(at, value)
		}
	}
	switch b[0] {
	case '{':
		members(b, func(key, value []byte, _, _ int) { visit(string(unquote(key)), value) })
	case '[':
		elements(b, func(i int, value []byte) {
			if i == 0 || o.rules.through(path) { // to name the keys, the first will do
				visit(strconv.Itoa(i), value)
			}
		})
	}
}

// use tells what the n-th key of an object is good for. The answers are kept: tables have few keys.
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
	use := &keyUse{name: key}
	use.prior, use.isPrior = outcome.Key(key)
	for r := range o.found {
		use.ranks = append(use.ranks, o.rules.rank(role(r), key, true))
	}
	use.nested = o.rules.through(key)
	return use
}

// take sets the account of a row from what walk found.
func (o *objectReader) take(row *Row) (kind, msg string) {
	o.form = form{}
	o.scratch = o.scratch[:0]
	for r := range o.found {
		f := &o.found[r]
		if f.twice {
			return KindAmbiguous, fmt.Sprintf("two keys could both be %s: the mapping has to say which", o.rules.fields.name(role(r)))
		}
		if f.rank != rankNone {
			var ok, escaped bool
			o.scratch, ok, escaped = appendText(o.scratch, f.value)
			if !ok && role(r) != roleUserID {
				o.form.left = leftOut(role(r), o.rules.fields.name(role(r)), *f)
			} else if !ok && kind == "" {
				kind, msg = KindType, fmt.Sprintf("%s is neither text nor a number", o.rules.fields.name(role(r)))
			}
			o.form.breaks = o.form.breaks || escaped
			if escaped && kind == "" {
				if kind, msg = textFault(string(o.scratch)); kind != "" {
					msg = fmt.Sprintf("%s has %s", o.rules.fields.name(role(r)), msg)
				}
			}
		}
		o.ends[r] = len(o.scratch)
	}
	id := &o.found[roleUserID]
	o.form.fraction = id.rank != rankNone && id.value[0] != '"' && bytes.ContainsAny(id.value, ".eE") && id.value[0] != 'n'
	all := string(o.scratch)
	row.UserID, row.Nick, row.FaceURL = all[:o.ends[0]], all[o.ends[0]:o.ends[1]], all[o.ends[1]:o.ends[2]]
	for r := roles; r < len(o.ends); r++ {
		if o.ends[r] > o.ends[r-1] {
			row.Profile = append(row.Profile, o.rules.fields.value(role(r), all[o.ends[r-1]:o.ends[r]]))
		}
	}
	return kind, msg
}

// leftOut is the warning for a value that is neither text nor a number, with the path inside it that is probably meant.
func leftOut(r role, field string, f found) string {
	text := fmt.Sprintf("%s is neither text nor a number at the key %q, and is left out", field, f.path)
	at, path := f.value, f.path
	for depth := 0; depth < wrapperDepth && (at[0] == '{' || at[0] == '['); depth++ {
		var inside []byte
		step := ""
		choose := func(name string, value []byte) {
			rank, known := rankOf(r, name)
			best, _ := rankOf(r, step)
			better := inside == nil || rank < best
			if value[0] == '"' && (inside == nil || inside[0] != '"' || known && better) || inside == nil {
				inside, step = value, name
			}
		}
		if at[0] == '{' {
			members(at, func(key, value []byte, _, _ int) { choose(string(unquote(key)), value) })
		} else {
			elements(at, func(i int, value []byte) { choose(strconv.Itoa(i), value) })
		}
		if inside == nil {
			return text
		}
		at, path = inside, path+"."+step
	}
	if at[0] == '"' {
		text += fmt.Sprintf(": map it to a path, such as %s", path)
	}
	return text
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
