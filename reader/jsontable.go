package reader

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"imimport/pkg/fault"
	"imimport/pkg/outcome"
)

// jsonTable is a JSON input: what the objects in its head show.
type jsonTable struct {
	*sheet
	keys      []string           // of the objects in the head: those of the top level, and paths with dots
	values    map[string]*traits // of them; nil once the rules are known
	rules     objectRules
	isOutcome bool
}

// newJSONTable finds the keys in the head of a JSON input.
func newJSONTable(s *sheet) (*jsonTable, error) {
	t := &jsonTable{sheet: s}
	t.rules.take(s.fields, nil)
	if !s.format.array && s.head.endsInCR() {
		return nil, oldMac(s.show)
	}
	objects, isOutcome, err := t.sniff()
	if err != nil {
		return nil, err
	}
	if path := recordsPath(s.head.text); path != "" && t.isWrapper() {
		return nil, refuse(s.show, fault.Hintf("the rows seem to be those of an array in it: %s", recordsAt(path)), "is a JSON object around rows")
	}
	named, err := t.fields.roleMap(t.mapped())
	if err != nil {
		return nil, err
	}
	t.rules.take(t.fields, named)
	t.isOutcome = isOutcome
	if objects > 0 {
		err = t.findRoles(named, isOutcome)
		t.values = nil
		return t, err
	}
	switch {
	case len(bytes.TrimSpace(bytes.TrimPrefix(s.head.text, []byte(utf8Mark)))) == 0 || s.format.array:
		return t, nil // it is empty
	case !utf8.Valid(s.head.text[:bytes.LastIndexByte(s.head.text, '\n')+1]):
		return nil, s.refuseHead()
	}
	return nil, t.noObjects()
}

// sniff collects the keys in the head, in the order of their first appearance, and tells how many objects there are and
// whether some are of an outcome file.
func (t *jsonTable) sniff() (objects int, isOutcome bool, err error) {
	tape := t.head.tape(false)
	rows := t.objects(tape)
	t.values = map[string]*traits{}
	rows.object.seen = func(path string, value []byte) {
		if len(t.keys) < 1000 && !slices.Contains(t.keys, path) {
			t.keys = append(t.keys, path)
		}
		if objects >= sampleRows || t.values[path] == nil && len(t.values) == len(t.keys) {
			return
		}
		if t.values[path] == nil {
			t.values[path] = new(traits)
		}
		text, ok, _ := appendText(nil, value)
		if t.values[path].add(string(text)); !ok {
			t.values[path].bad = true
		}
	}
	if err := rows.skipStart(); err != nil {
		return 0, false, err
	}
	for tape.offset < maxRecord {
		var row Row
		err := rows.next(&row)
		var unsound *fault.Error
		switch {
		case errors.As(err, &unsound) && objects == 0 && t.cfg.Records != "":
			unsound.Kind = fault.Usage
			return 0, false, unsound
		case errors.Is(err, io.EOF) || errors.Is(err, errHeadEnds) || errors.As(err, &unsound):
			return objects, isOutcome, nil
		case err != nil:
			return 0, false, err
		}
		if row.Fault == nil || row.Prior != nil || !slices.Contains([]string{KindBadJSON, KindNotObject, KindNotUTF8, KindTooLarge}, row.Fault.Kind) {
			objects++
		}
		if row.Prior == nil {
			continue
		}
		isOutcome = true
		t.sources = t.sources || row.Prior.File != ""
		if said := rows.object.prior[outcome.Map]; t.recorded.columns == nil && said != nil {
			t.recorded = parseMap(string(unquote(said)))
		}
	}
	return objects, isOutcome, nil
}

// isWrapper tells whether the first line is no object by itself, or one without a UserID: the rows may be in it then.
func (t *jsonTable) isWrapper() bool {
	if t.format.array {
		return false
	}
	line, _, _ := bytes.Cut(t.head.trimmed(), []byte("\n"))
	if kind, _ := newObjectReader(&t.rules).valid(bytes.TrimSpace(line)); kind == KindBadJSON {
		return true
	}
	return len(t.mapped()) == 0 && len(bestName(roleUserID, t.names(), nil)) == 0
}

// findRoles finds the keys that the mapping does not name. An outcome file may have none: its rows may all be no objects.
func (t *jsonTable) findRoles(named []*string, isOutcome bool) error {
	o := &t.rules
	isKey := func(path string) bool { return slices.Contains(t.keys, path) }
	for r := range t.fields.count() {
		switch {
		case o.none[r]:
		case o.paths[r] != nil:
			if r == roleUserID && !isOutcome && !slices.ContainsFunc(o.paths[r], isKey) {
				return t.missing(r, *named[r])
			}
		default:
			top := slices.DeleteFunc(slices.Clone(t.keys), func(k string) bool { return strings.Contains(k, ".") || o.taken(k) })
			switch found := bestName(r, top, nil); {
			case len(found) == 1:
				o.paths[r] = []string{top[found[0]]}
			case len(found) > 1:
				return t.ambiguous(0, r, top[found[0]], top[found[1]])
			case r == roleUserID && !isOutcome:
				return t.noUserID()
			}
		}
	}
	return nil
}

// missing refuses a mapping to a key that no object has.
func (t *jsonTable) missing(r role, path string) error {
	return refuse(t.show, fault.Hintf("the keys are %s", list(nearestFirst(path, t.keys))), "no object has the key %q, which is to be %s", path, t.fields.name(r))
}

// suggestion is the one key that may well be the UserID, "KEY" if there is none, or more of them.
func (t *jsonTable) suggestion() string {
	var found []string
	for _, path := range t.keys {
		if v := t.values[path]; v != nil && len(v.seen) > 1 && v.mayBeID(path) {
			found = append(found, path)
		}
	}
	return onlyOne(found, "KEY")
}

func (t *jsonTable) noUserID() error {
	hint := fault.Hintf("each object needs one: %s, or %s for one inside another", mapUserID("account"), mapUserID("user.account"))
	if len(t.keys) > 0 {
		hint = fault.Hintf("say which one it is: %s", mapUserID(t.suggestion()))
	}
	return refuse(t.show, hint, "no key is known to be UserID; the keys are %s", list(t.keys))
}

func (t *jsonTable) noObjects() error {
	hint := fault.Hintf("give %s if it is a table", fault.Option{Key: "format", Value: "csv"})
	if text := t.head.trimmed(); len(text) > 0 && text[0] == '{' {
		hint = fault.Hintf("each object stands on a line of its own: jq -c . FILE > NEWFILE")
	}
	return refuse(t.show, hint, "no line of it is a JSON object")
}

func (t *jsonTable) names() []string {
	return slices.DeleteFunc(slices.Clone(t.keys), func(key string) bool { return strings.Contains(key, ".") })
}

func (t *jsonTable) field(r role) (string, bool) {
	paths := t.rules.paths[r]
	return strings.Join(paths, "|"), len(paths) > 0
}

func (t *jsonTable) widen(n role) { t.rules.widen(n) }

func (t *jsonTable) rows(tape *tape, _ int) rowSource { return t.objects(tape) }

func (t *jsonTable) objects(tape *tape) *jsonRows {
	return &jsonRows{tape: tape, table: t, object: newObjectReader(&t.rules), array: t.format.array, records: t.cfg.records(),
		settles: t.trims() || len(t.cfg.Null)+len(t.recorded.null) > 0}
}
