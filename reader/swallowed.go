package reader

import (
	"slices"
	"strings"
)

// likeness is what the rows of a file have in common, to tell a row from a line of somebody's text.
type likeness struct {
	ids     idShape
	columns int  // fields of a row
	spaced  bool // fields may begin with a space
	urls    bool // FaceUrl is a URL or empty
}

func (t *csvTable) learn(columns int) {
	l := likeness{columns: columns, urls: true}
	for _, row := range t.sample {
		if len(row) != columns || strings.Contains(strings.Join(row, ""), "\n") {
			continue
		}
		l.ids.add(row[t.roles[roleUserID]])
		l.spaced = l.spaced || slices.ContainsFunc(row, func(f string) bool { return strings.HasPrefix(f, " ") })
		if i := t.roles[roleFaceURL]; i >= 0 && i < columns {
			l.urls = l.urls && (row[i] == "" || isWebAddress(row[i]))
		}
	}
	t.like = l
}

// swallowed tells which line of a record of several lines looks like a row of its own, 0 for none. id is the record's
// UserID, and before that of the row before it: what is like theirs is like the others, too.
func (t *csvTable) swallowed(rec *record, id, before string) int {
	near := idShape{}
	near.add(id)
	near.add(before)
	lines := strings.Split(strings.TrimRight(rec.lines, "\r\n"), "\n")
	for i, line := range lines[1:] {
		line = strings.TrimSuffix(line, "\r")
		if strings.Count(line, t.format.comma) < t.like.columns-1 {
			continue
		}
		if t.isRow(strings.Split(line, t.format.comma), &near) {
			return i + 1
		}
		if strings.Contains(line, `"`) {
			c := csvTape{tape: new(tape), comma: t.format.comma, width: t.like.columns}
			if fields, _, how := c.cut(line, true); how == cutWhole && t.isRow(fields, &near) {
				return i + 1
			}
		}
	}
	return 0
}

func (t *csvTable) isRow(fields []string, near *idShape) bool {
	if len(fields) != t.like.columns {
		return false
	}
	id := strings.Trim(fields[t.roles[roleUserID]], `"`)
	if !t.like.ids.fits(id) && !near.fits(id) {
		return false
	}
	if !t.like.spaced && slices.ContainsFunc(fields, func(f string) bool { return strings.HasPrefix(f, " ") }) {
		return false
	}
	i := t.roles[roleFaceURL]
	if i < 0 || i >= len(fields) || !t.like.urls {
		return true
	}
	url := strings.Trim(fields[i], `"`)
	return url == "" || isWebAddress(url)
}

// idShape is what some UserIDs have in common. The zero idShape has seen none, and nothing fits it.
type idShape struct {
	n          int
	least      int // bytes
	most       int
	digits     bool             // all have one
	lead       string           // what all begin with before their first digit
	characters [256 / 64]uint64 // that one of them has; letters of a case and digits count as one
}

// add adds a UserID; one that is none says nothing.
func (s *idShape) add(id string) {
	if !IsUserID(id) {
		return
	}
	digit := strings.IndexAny(id, "0123456789")
	if s.n == 0 {
		s.least, s.most, s.digits, s.lead = len(id), len(id), true, id[:max(digit, 0)]
	}
	s.n++
	s.least, s.most = min(s.least, len(id)), max(s.most, len(id))
	s.digits = s.digits && digit >= 0
	if s.lead != id[:max(digit, 0)] {
		s.lead = ""
	}
	for i := range len(id) {
		c := classOf(id[i])
		s.characters[c/64] |= 1 << (c % 64)
	}
}

// fits tells whether a text may be one of these UserIDs.
func (s *idShape) fits(id string) bool {
	if s.n == 0 || len(id) < s.least-1 || len(id) > s.most+1 || id == "" || !strings.HasPrefix(id, s.lead) {
		return false
	}
	if s.digits && !strings.ContainsAny(id, "0123456789") {
		return false
	}
	for i := range len(id) {
		if c := classOf(id[i]); s.characters[c/64]>>(c%64)&1 == 0 {
			return false
		}
	}
	return true
}

func classOf(c byte) byte {
	switch {
	case 'a' <= c && c <= 'z':
		return 'a'
	case 'A' <= c && c <= 'Z':
		return 'A'
	case '0' <= c && c <= '9':
		return '0'
	}
	return c
}
