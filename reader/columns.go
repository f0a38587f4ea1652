package reader

import (
	"fmt"
	"slices"
	"strings"
)

// uniteColumns makes one list of columns of those of all files. A column is the same in two files if it
// has the same name, or if it is UserID, Nick or FaceUrl in both: so an outcome file has one column of
// each, whatever the files call it.
func uniteColumns(inputs []*input) ([]string, error) {
	first := &inputs[0].header
	columns := slices.Clone(first.own)
	united := first.roles
	for _, in := range inputs[1:] {
		h := &in.header
		h.to = make([]int, len(h.own))
		used := map[int]bool{}
		for i, name := range h.own {
			at := -1
			r := slices.Index(h.roles[:], i)
			switch {
			case r >= 0 && united[r] >= 0:
				at = united[r]
			case r >= 0 && slices.Contains(columns, name):
				return nil, foreignRole(in, inputs, name)
			case r < 0:
				for j, c := range columns {
					if c == name && slices.Contains(united[:], j) {
						return nil, foreignRole(in, inputs, name)
					}
					if c == name && !used[j] && at < 0 {
						at = j
					}
				}
			}
			if at < 0 {
				at = len(columns)
				columns = append(columns, name)
			}
			if r >= 0 {
				united[r] = at
			}
			h.to[i], used[at] = at, true
		}
	}
	for _, in := range inputs {
		same := in.header.to != nil && len(in.header.to) == len(columns)
		for i, at := range in.header.to {
			same = same && i == at
		}
		switch {
		case same:
			in.header.to = nil
		case in.header.to == nil && len(columns) > len(in.header.own): // the first file, of fewer columns
			in.header.to = make([]int, len(in.header.own))
			for i := range in.header.to {
				in.header.to[i] = i
			}
		}
	}
	return columns, nil
}

func foreignRole(in *input, inputs []*input, name string) error {
	return refuseLine(in.show, in.header.at, "say which columns are meant with --map, or import the files as jobs of their own",
		"column %q is not the field of the account here that it is in %s or another file", name, inputs[0].show)
}

// mapping is what was asked or found, as --map would say it. Of several names that were found the best known one
// stands first: a file has gone by a lesser one only where it lacks the better.
func mapping(inputs []*input, named [roles]*string) (map[string]string, error) {
	m := map[string]string{}
	for r := range role(roles) {
		var names []string
		for _, in := range inputs {
			name, ok := in.roleName(r)
			if ok && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
		switch {
		case named[r] != nil:
			if len(names) == 0 && *named[r] != "" && !inputs[0].json {
				return nil, refuseLine(inputs[0].show, inputs[0].header.at, fmt.Sprintf("its columns are %s", list(inputs[0].header.own)),
					"has no column %q, which is to be %s", *named[r], r)
			}
			if m[r.String()] = *named[r]; len(names) == 1 && !inputs[0].json {
				m[r.String()] = names[0]
			}
		case len(names) > 0:
			slices.SortStableFunc(names, func(a, b string) int { return knownRank(r, a) - knownRank(r, b) })
			m[r.String()] = strings.Join(names, "|")
			if len(names) > 1 && inputs[0].json {
				for _, in := range inputs { // so that a row is read alike, whichever file it comes to stand in
					in.objects.paths[r] = names
				}
			}
		}
	}
	return m, nil
}

func knownRank(r role, name string) int {
	n, _ := rank(r, name)
	return n
}

// roleName is the column, or the path of the key, of a role.
func (in *input) roleName(r role) (string, bool) {
	if in.json {
		return in.objects.name(r)
	}
	if i := in.header.roles[r]; i >= 0 {
		return in.header.own[i], true
	}
	return "", false
}
