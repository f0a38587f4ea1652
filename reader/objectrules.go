package reader

import (
	"slices"
	"strings"
)

// objectRules say which keys of a JSON object are the account's. A role without paths goes by the known names in each
// object: a key that the first rows lack may come later.
type objectRules struct {
	paths [roles][]string // alternatives, best first; each a key of the top level or a path with dots
	none  [roles]bool     // the role has no key
}

// take takes over what a mapping names.
func (o *objectRules) take(named [roles]*string) {
	for r, path := range named {
		switch {
		case path == nil:
		case *path == "":
			o.none[r] = true
		default:
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
		if n, ok := ranks[r][plainName(path)]; ok && top && !o.taken(path) {
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
	return slices.ContainsFunc(o.paths[:], func(paths []string) bool { return slices.Contains(paths, path) })
}

// through tells whether some path goes through the object at path.
func (o *objectRules) through(path string) bool {
	within := func(p string) bool { return strings.HasPrefix(p, path+".") }
	return slices.ContainsFunc(o.paths[:], func(paths []string) bool { return slices.ContainsFunc(paths, within) })
}
