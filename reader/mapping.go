package reader

import (
	"net/url"
	"slices"
	"strings"
)

// mapped is Config.Map, or what an outcome file says that it was.
func (in *input) mapped() map[string]string {
	if len(in.cfg.Map) > 0 {
		return in.cfg.Map
	}
	return in.recorded
}

// Map is what the outcome files of these inputs are to say in _map, so that they are read alike without
// Config.Map: "" where the names of the columns or keys tell it as well.
func (r *Reader) Map() string {
	if !slices.ContainsFunc(r.inputs, func(in *input) bool { return len(in.mapped()) > 0 }) {
		return ""
	}
	names := slices.Clone(r.columns)
	for _, in := range r.inputs {
		for _, key := range in.keys {
			if !slices.Contains(names, key) && !strings.Contains(key, ".") {
				names = append(names, key)
			}
		}
	}
	if r.mapping[roleUserID.String()] == "" || namesTell(names, r.mapping) { // without a UserID there are no rows
		return ""
	}
	values := url.Values{}
	for _, name := range roleNames {
		values.Set(name, r.mapping[name])
	}
	return values.Encode()
}

// Sources tells whether rows come from several files: the inputs are several, or the outcome file of several.
func (r *Reader) Sources() bool {
	return len(r.inputs) > 1 || slices.ContainsFunc(r.inputs, func(in *input) bool { return in.placed })
}

// namesTell tells whether names alone give the mapping.
func namesTell(names []string, mapping map[string]string) bool {
	taken := [roles]int{-1, -1, -1}
	for r := range role(roles) {
		found, name := bestName(r, names, taken), ""
		if len(found) > 0 {
			taken[r], name = found[0], names[found[0]]
		}
		if len(found) > 1 || name != mapping[r.String()] {
			return false
		}
	}
	return true
}

// parseMap reads what Map wrote; what is no such thing says nothing.
func parseMap(text string) map[string]string {
	values, err := url.ParseQuery(text)
	if err != nil || !values.Has(roleUserID.String()) {
		return nil
	}
	m := map[string]string{}
	for key := range values {
		m[key] = values.Get(key)
	}
	return m
}
