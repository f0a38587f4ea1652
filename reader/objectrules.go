package reader

import (
	"slices"
	"strings"
)

// objectRules say which keys of a JSON object are the account's. A role without paths goes by the known names in each
// object: a key that the first rows lack may come later.
type objectRules struct {
	fields *fields
	paths  [][]string // by role; alternatives, best first; each a key of the top level or a path with dots
	none   []bool     // the role has no key
}

// widen makes room for roles that this input has no key for.
func (o *objectRules) widen(n role) {
	for len(o.paths) < int(n) {
		o.paths, o.none = append(o.paths, nil), append(o.none, len(o.none) >= roles)
	}
}

// take takes over what a mapping names.
func (o *objectRules) take(fields *fields, named []*string) {
	o.fields = fields
	o.widen(fields.count())
	for r, path := range named {
		switch {
		case path == nil:
		case *path == "":
			o.none[r] = true
		default:
			o.none[r] = false
			o.paths[r] = []string{*path}
			if alternatives := strings.Split(*path, "|"); len(alternatives) > 1 {
				o.paths[r] = append(o.paths[r], alternatives...)
			}
		}
	}
}

// rank tells how good a key or path is for a role.
func (o *objectRules) rank(r role, path string, top bool) int {
	switch {
	case o.none[r]:
		return rankNone
	case o.paths[r] == nil:
		if n, ok := rankOf(r, path); ok && top && !o.taken(path) {
			return n
		}
		return rankNone
	}
	i := slices.Index(o.paths[r], path)
	if i < 0 {
		return rankNone
	}
	n := 2*i - 2*len(o.paths[r])
	if !top {
		n++
	}
	return n
}

func (o *objectRules) taken(path string) bool {
	return slices.ContainsFunc(o.paths, func(paths []string) bool { return slices.Contains(paths, path) })
}

// through tells whether some path goes through the object at path.
func (o *objectRules) through(path string) bool {
	within := func(p string) bool { return strings.HasPrefix(p, path+".") }
	return slices.ContainsFunc(o.paths, func(paths []string) bool { return slices.ContainsFunc(paths, within) })
}
