package reader

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// objectRules say which keys of a JSON object are the account's. A role without paths goes by the known
// names, object by object: a key that none of the first rows has may come later.
type objectRules struct {
	paths [roles][]string // alternatives, best first; each a key of the top level or a path with dots
	none  [roles]bool     // the role has no key
}

// rank tells how good a key or path is for a role.
func (o *objectRules) rank(r role, path string, top bool) (int, bool) {
	switch {
	case o.none[r]:
		return 0, false
	case o.paths[r] == nil:
		if !top || o.taken(path) {
			return 0, false
		}
		return rank(r, path)
	}
	i := slices.Index(o.paths[r], path)
	if i < 0 {
		return 0, false
	}
	if top {
		return 2*i - 2*len(o.paths[r]), true
	}
	return 2*i + 1 - 2*len(o.paths[r]), true
}

func (o *objectRules) taken(path string) bool {
	for r := range o.paths {
		if slices.Contains(o.paths[r], path) {
			return true
		}
	}
	return false
}

// through tells whether some path goes through the object at path.
func (o *objectRules) through(path string) bool {
	for r := range o.paths {
		for _, p := range o.paths[r] {
			if strings.HasPrefix(p, path) && len(p) > len(path) && p[len(path)] == '.' {
				return true
			}
		}
	}
	return false
}

func (o *objectRules) name(r role) (string, bool) {
	if len(o.paths[r]) == 0 {
		return "", false
	}
	return strings.Join(o.paths[r], "|"), true
}

// findKeys finds the keys in the head of a JSON input.
func (in *input) findKeys() error {
	if !in.array && in.endsInCR() {
		return in.oldMac()
	}
	keys, objects, prior, err := in.sniffObjects()
	if err != nil {
		return err
	}
	in.keys = keys
	named, err := roleMap(in.mapped())
	if err != nil {
		return err
	}
	for r, path := range named {
		switch {
		case path == nil:
		case *path == "":
			in.objects.none[r] = true
		default:
			in.objects.paths[r] = []string{*path}
			if alternatives := strings.Split(*path, "|"); len(alternatives) > 1 {
				in.objects.paths[r] = append(in.objects.paths[r], alternatives...)
			}
		}
	}
	empty := len(bytes.TrimSpace(bytes.TrimPrefix(in.head, []byte(utf8Mark)))) == 0 || in.array && objects == 0
	if objects == 0 {
		if empty {
			return nil
		}
		if !utf8.Valid(in.head[:bytes.LastIndexByte(in.head, '\n')+1]) {
			return in.refuseCharset()
		}
		return in.noObjects()
	}
	for r := range role(roles) {
		o := &in.objects
		switch {
		case o.none[r]:
		case o.paths[r] != nil:
			if r == roleUserID && !prior && !slices.ContainsFunc(o.paths[r], func(p string) bool { return slices.Contains(keys, p) }) {
				return refuse(in.show, fmt.Sprintf("the keys are %s", list(keys)), "no object has the key %q, which is to be UserID", *named[r])
			}
		default:
			top := slices.DeleteFunc(slices.Clone(keys), func(k string) bool { return strings.Contains(k, ".") || o.taken(k) })
			switch found := bestName(r, top, [roles]int{-1, -1, -1}); {
			case len(found) == 1:
				o.paths[r] = []string{top[found[0]]}
			case len(found) > 1:
				return in.ambiguous(r, top[found[0]], top[found[1]])
			case r == roleUserID && !prior:
				in.header.own = keys
				return in.noKey(keys)
			}
		}
	}
	return nil
}

func (in *input) noKey(keys []string) error {
	hint := "each object needs one: --map UserID=account, or --map UserID=user.account for one inside another"
	if len(keys) > 0 {
		hint = fmt.Sprintf("say which one it is: --map UserID=%s", quoteWord(suggest(keys)))
	}
	return refuse(in.show, hint, "no key is known to be UserID; the keys are %s", list(keys))
}

func (in *input) noObjects() error {
	hint := "give --format csv if it is a table"
	if text := bytes.TrimLeft(in.head, utf8Mark+" \t\r\n"); len(text) > 0 && text[0] == '{' {
		hint = "each object stands on a line of its own: jq -c . FILE > NEWFILE"
	}
	return refuse(in.show, hint, "no line of it is a JSON object")
}

// sniffObjects collects the keys of the objects in the head, in the order of their first appearance, and
// tells whether some are of an outcome file.
func (in *input) sniffObjects() (keys []string, objects int, prior bool, err error) {
	t := newTape(bytes.NewReader(in.head), false)
	if !in.whole {
		t.src = io.MultiReader(t.src, &failing{errHeadEnds})
	}
	rows := in.jsonRows(t)
	known := map[string]bool{}
	rows.object.seen = func(path string) {
		if !known[path] && len(keys) < 1000 {
			known[path] = true
			keys = append(keys, path)
		}
	}
	if err := rows.skipStart(); err != nil {
		return nil, 0, false, err
	}
	for t.offset < maxRecord {
		var row Row
		err := rows.next(&row)
		var broken *InputError
		switch {
		case errors.Is(err, io.EOF) || errors.Is(err, errHeadEnds) || errors.As(err, &broken):
			return keys, objects, prior, nil
		case err != nil:
			return nil, 0, false, err
		}
		if row.Fault == nil || row.Prior != nil || !slices.Contains([]string{KindBadJSON, KindNotObject, KindNotUTF8, KindTooLarge}, row.Fault.Kind) {
			objects++
		}
		in.placed = in.placed || row.Prior != nil && row.Prior.File != ""
		if prior = prior || row.Prior != nil; in.recorded == nil && rows.object.prior[mapIndex] != nil && row.Prior != nil {
			in.recorded = parseMap(string(unquote(rows.object.prior[mapIndex])))
		}
	}
	return keys, objects, prior, nil
}
