package reader

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"imimport/pkg/fault"
)

// sampleRows are looked at behind a header, to tell what its columns hold.
const sampleRows = 200

// isValue tells whether a field is one that no header has: a number, a URL or an e-mail address.
func isValue(field string) bool {
	field = strings.TrimSpace(field)
	return isNumber(field) || isEMail(field) || strings.Contains(field, "://")
}

// isNumber takes numbers, and telephone numbers and dates, too.
func isNumber(field string) bool {
	return strings.ContainsAny(field, "0123456789") && (strings.Trim(field, "0123456789+-.,/:() %") == "" || isScientific(field))
}

func isEMail(field string) bool {
	name, host, found := strings.Cut(field, "@")
	return found && name != "" && strings.Contains(strings.Trim(host, "."), ".") && !strings.ContainsAny(field, " \t")
}

// checkHeader refuses a first line that is not known to be a header: it is one if it names the UserID and holds no value,
// or if the mapping names a column of it. A number names none.
func (t *csvTable) checkHeader(named []*string) error {
	if t.none || t.prior != nil {
		return nil
	}
	for _, name := range named {
		if name != nil && *name != "" && columnNamed(*name, t.own) >= 0 {
			return nil
		}
	}
	names := bestName(roleUserID, t.own, nil)
	at := slices.IndexFunc(t.own, isValue)
	switch {
	case at >= 0 && len(names) > 0:
		return refuseLine(t.show, t.at, fault.Hintf("if it names the columns all the same: %s; %s", mapUserID(t.own[names[0]]), t.asRow()),
			"the first line is no header for sure: field %d is a number, a URL or an e-mail address", at+1)
	case len(names) > 0:
		return nil
	case named[roleUserID] != nil && t.isNames():
		return nil // what is wrong is the mapping
	}
	return t.noUserID()
}

// noRoles are roles without a column.
func noRoles(n role) []int { return slices.Repeat([]int{-1}, int(n)) }

// isNames tells whether a first line that does not name the UserID is one of names all the same. It may be shown then.
func (t *csvTable) isNames() bool {
	return !slices.ContainsFunc(t.own, isValue) && slices.ContainsFunc(t.own, isColumnName)
}

// isColumnName tells whether a text is the usual name of some column.
func isColumnName(name string) bool {
	return !isUnknown(name) || slices.ContainsFunc(words(name), func(w string) bool { return columnWords[w] })
}

// columnWords are in the names of columns, and hardly the whole name of a person.
var columnWords = wordSet("id ids key uid guid uuid name names nick nickname avatar email e mail phone mobile tel date time created updated " +
	"deleted status state type sex gender birthday age dept department city country address zip level role roles title url image img " +
	"verified hash salt password provider login logins locale lang language timezone ip token note notes remark comment code no count " +
	"邮箱 电子邮件 手机 手机号 电话 性别 部门 职位 时间 日期 状态 备注 地址 年龄 生日 城市 省份 工号 学号")

// idWords are in the names of columns that may be the UserID, and others in those of other things.
var (
	idWords    = wordSet("id uid guid uuid key account user login sub accid localid objectid userid 编号 账号 帐号 工号 学号")
	otherWords = wordSet("parent dept department group org organization company tenant team role order device session product item " +
		"manager owner country region city provider type status created updated count no name email mail phone")
)

func wordSet(list string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(list) {
		set[w] = true
	}
	return set
}

// words are the words of a name, in lower case: those of created_at and createdAt are the same.
func words(name string) []string {
	var b strings.Builder
	before := ' '
	for _, r := range name {
		if unicode.IsUpper(r) && unicode.IsLower(before) {
			b.WriteByte(' ')
		}
		b.WriteRune(unicode.ToLower(r))
		before = r
	}
	return strings.FieldsFunc(b.String(), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// noUserID refuses a table of which no column is known to be the UserID. It shows no value of a row.
func (t *csvTable) noUserID() error {
	if hint, what := t.otherDelimiter(); what != "" {
		return refuseLine(t.show, t.at, hint, "has one column, and %s between what look like fields", what)
	}
	if n := t.titleLines(); n > 0 {
		return refuseLine(t.show, t.at, fault.Hintf("the header seems to stand in line %d: %s", t.at+int64(n), fault.Option{Key: "skip-lines", Value: fmt.Sprint(t.at - 1 + int64(n))}),
			"the first line is no header: it names no UserID")
	}
	hint := fault.Hintf("if it names the columns, say which one is the UserID: %s; %s", mapUserID(t.suggestion()), t.asRow())
	if !t.isNames() {
		return refuseLine(t.show, t.at, hint, "the first line is no header that is known: no column of it is known to be UserID")
	}
	return refuseLine(t.show, t.at, hint, "no column is known to be UserID; the columns are %s", list(t.own))
}

// asRow is how the first line is read as a row.
func (t *csvTable) asRow() fault.Hint {
	noHeader := fault.Option{Key: "no-header"}
	if t.hasUsualOrder() || strings.HasPrefix(t.mapped()[roleNames[roleUserID]], "#") {
		return fault.Hintf("if it is a row already: %s", noHeader)
	}
	return fault.Hintf("if it is a row already: %s %s, and likewise for Nick and FaceUrl, with the numbers of their columns", noHeader, mapUserID("#N"))
}

// hasUsualOrder tells whether the first line and those behind it look like UserID, Nick, FaceUrl.
func (t *csvTable) hasUsualOrder() bool {
	for _, row := range append([][]string{t.own}, t.sample...) {
		switch {
		case len(row) == 0 || len(row) > roles || !IsUserID(row[0]) || isEMail(row[0]):
			return false
		case len(row) > 1 && isValue(row[1]):
			return false
		case len(row) > 2 && row[2] != "" && !isWebAddress(row[2]):
			return false
		}
	}
	return true
}

// suggestion is the one column that may well be the UserID, "COLUMN" if there is none, or more of them.
func (t *csvTable) suggestion() string {
	var found []string
	for i, name := range t.own {
		values := traits{}
		for _, row := range t.sample {
			if i < len(row) {
				values.add(row[i])
			} else {
				values.add("")
			}
		}
		if values.mayBeID(name) {
			found = append(found, name)
		}
	}
	return onlyOne(found, "COLUMN")
}

func onlyOne(found []string, otherwise string) string {
	if len(found) == 1 {
		return found[0]
	}
	return otherwise
}

// traits are what some values of a column or key show.
type traits struct {
	seen map[string]bool
	bad  bool // one that is no UserID, an e-mail address, or there twice
}

func (v *traits) add(value string) {
	if v.seen == nil {
		v.seen = map[string]bool{}
	}
	if !IsUserID(value) || isEMail(value) || v.seen[value] {
		v.bad = true
	}
	v.seen[value] = true
}

// mayBeID tells whether a column of this name and with these values may be the UserID.
func (v *traits) mayBeID(name string) bool {
	of := words(name)
	return !v.bad && len(v.seen) > 0 && slices.ContainsFunc(of, func(w string) bool { return idWords[w] }) &&
		!slices.ContainsFunc(of, func(w string) bool { return otherWords[w] })
}

// otherDelimiter tells which character stands between the fields of a table that has one column, "" if none does.
func (t *csvTable) otherDelimiter() (hint fault.Hint, what string) {
	if len(t.own) != 1 {
		return fault.Hint{}, ""
	}
	for _, d := range []struct{ char, name, value string }{{";", "semicolons", ";"}, {"\t", "tabs", "tab"}, {"|", "bars", "|"}, {",", "commas", ","}} {
		n := strings.Count(t.own[0], d.char)
		if n == 0 || d.char == t.format.comma {
			continue
		}
		alike := 0
		for _, row := range t.sample {
			if strings.Count(strings.Join(row, t.format.comma), d.char) == n {
				alike++
			}
		}
		if 2*alike >= len(t.sample) {
			return fault.Hintf("give %s", fault.Option{Key: "delimiter", Value: d.value}), d.name
		}
	}
	return fault.Hint{}, ""
}

// titleLines tells how many lines stand before a header, 0 if none is found behind the first line.
func (t *csvTable) titleLines() int {
	for i, row := range t.sample[:min(len(t.sample), 10)] {
		if len(row) > 1 && len(bestName(roleUserID, row, nil)) > 0 && !slices.ContainsFunc(row, isValue) && t.sampleAt[i] > t.at {
			return int(t.sampleAt[i] - t.at)
		}
	}
	return 0
}
