package reader

import (
	"slices"
	"strings"
)

// uniteColumns makes one list of the columns of all files. Columns of two files are one if they have the same name, or the
// same role. So an outcome file has one UserID, Nick and FaceUrl, whatever the files call them.
func uniteColumns(tables []*csvTable) ([]string, error) {
	columns := slices.Clone(tables[0].own)
	united := slices.Clone(tables[0].roles)
	for _, h := range tables[1:] {
		h.to = make([]int, len(h.own))
		used := map[int]bool{}
		for i, name := range h.own {
			at := -1
			r := slices.Index(h.roles, i)
			switch {
			case r >= 0 && united[r] >= 0:
				at = united[r]
			case r >= 0 && slices.Contains(columns, name):
				return nil, h.foreignRole(name, tables[0].show)
			case r < 0:
				for j, c := range columns {
					if c == name && slices.Contains(united, j) {
						return nil, h.foreignRole(name, tables[0].show)
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
	inPlace := make([]int, len(columns))
	for i := range inPlace {
		inPlace[i] = i
	}
	tables[0].to = inPlace[:len(tables[0].own)]
	for _, h := range tables {
		if slices.Equal(h.to, inPlace) {
			h.to = nil
		}
	}
	return columns, nil
}

// mapping is a Config.Map of what was asked or found. The best known of several names comes first: a file goes by a lesser
// name only if it lacks the better ones.
func mapping(inputs []*input, fields fields, named []*string) (map[string]string, error) {
	m := map[string]string{}
	first, isCSV := inputs[0].table.(*csvTable)
	for r := range fields.count() {
		field := fields.name(r)
		var names []string
		for _, in := range inputs {
			name, ok := in.field(r)
			if ok && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
		switch {
		case int(r) < len(named) && named[r] != nil:
			if len(names) == 0 && *named[r] != "" && isCSV {
				return nil, first.missing(r, *named[r])
			}
			if m[field] = *named[r]; len(names) == 1 && isCSV {
				m[field] = names[0]
			}
		case len(names) > 0:
			slices.SortStableFunc(names, func(a, b string) int {
				rank, _ := rankOf(r, a)
				other, _ := rankOf(r, b)
				return rank - other
			})
			m[field] = strings.Join(names, "|")
			for _, in := range inputs { // so that a row is read alike in whichever file it will stand
				if t, isJSON := in.table.(*jsonTable); isJSON && len(names) > 1 {
					t.rules.paths[r] = names
				}
			}
		}
	}
	return m, nil
}
