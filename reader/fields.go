package reader

import (
	"maps"
	"slices"
	"strings"

	"imimport/pkg/fault"
	"imimport/pkg/profile"
)

// fields are what a column can be to the service: UserID, Nick, FaceUrl, and behind them the fields of the profile that a
// mapping names. The inputs of a Reader share them.
type fields []*profile.Field

func (f fields) count() role { return roles + role(len(f)) }

// name is what people call the field of a role.
func (f fields) name(r role) string {
	if r < roles {
		return roleNames[r]
	}
	return f[r-roles].Name
}

// roleMap is a mapping by role: nil where it says nothing, "" where it says that the role has no column. Fields of the
// profile become roles by being named.
func (f *fields) roleMap(m map[string]string) (named []*string, err error) {
	named = make([]*string, f.count())
	for _, key := range slices.Sorted(maps.Keys(m)) {
		column := m[key]
		r := slices.IndexFunc(roleNames[:], func(name string) bool { return plainName(name) == plainName(key) })
		if r < 0 {
			field, ok := profile.Find(key)
			if !ok {
				return nil, refuse("", fault.Hintf("map %s to a column: %s", strings.Join(append(roleNames[:], profile.Names()...), ", "), mapUserID("account")),
					"map %q: is none of the fields of an account", key)
			}
			r = int(f.role(field))
		}
		if r == len(named) {
			named = append(named, nil)
		}
		named[r] = &column
	}
	if id := named[roleUserID]; id != nil && *id == "" {
		return nil, refuse("", fault.Hintf("give the column: %s", mapUserID("account")), "map UserID: names no column")
	}
	return named, nil
}

// role is that of a field of the profile, a new one if it has none yet.
func (f *fields) role(field *profile.Field) role {
	i := slices.IndexFunc(*f, func(other *profile.Field) bool { return other.Name == field.Name })
	if i < 0 {
		i = len(*f)
		*f = append(*f, field)
	}
	return roles + role(i)
}

// value is the raw value of a field of the profile, to be judged by judgeProfile.
func (f fields) value(r role, text string) profile.Value {
	return profile.Value{Field: f[r-roles], Text: text}
}

// judgeProfile makes the values of a row's profile what the service takes.
func (s *sheet) judgeProfile(row *Row) (kind, msg string) {
	for i := range row.Profile {
		v := &row.Profile[i]
		c := s.profileColumn(v.Field)
		text, wrong := c.Parse(v.Text)
		switch wrong {
		case profile.TooLong:
			return KindTooLong, c.Say(wrong, v.Text)
		case profile.Invalid:
			return KindProfile, c.Say(wrong, v.Text)
		case profile.None:
			v.Text = text
		}
	}
	return "", ""
}

// profileColumn is a field with the words that this input has for it.
func (s *sheet) profileColumn(f *profile.Field) profile.Column {
	for _, c := range s.profile {
		if c.Field == f {
			return c
		}
	}
	s.profile = append(s.profile, s.words().Column(f))
	return s.profile[len(s.profile)-1]
}

// words are Config.Words, or what an outcome file says that they were.
func (s *sheet) words() profile.Words {
	if len(s.cfg.Words) > 0 {
		return s.cfg.Words
	}
	return s.recorded.words
}

// checkWords refuses words for a field that no column is mapped to.
func (r *Reader) checkWords() error {
	for name := range r.cfg.Words {
		if r.mapping[name] == "" {
			return refuse("", fault.Hintf("say which column it is: %s", mapTo(name, "COLUMN")), "value %s: no column is mapped to %s", name, name)
		}
	}
	return nil
}
