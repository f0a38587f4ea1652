package reader

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"imimport/pkg/fault"
	"imimport/pkg/profile"
)

// table is an input as its head shows it: a *csvTable or a *jsonTable.
type table interface {
	// rows cuts rows off a tape; columns are those of all inputs.
	rows(t *tape, columns int) rowSource

	// names are the columns, or the keys of the top level as far as they are known.
	names() []string

	// field is the column, or the path of the key, that a role has.
	field(r role) (name string, ok bool)

	// widen makes room for roles up to n that another input has named.
	widen(n role)
}

// sheet is what both kinds of table have.
type sheet struct {
	*content
	fields   *fields
	profile  []profile.Column // those of the profile that rows have had
	recorded recorded         // of an outcome file
	sources  bool             // the rows say which file they come from: this is the outcome file of several inputs
}

// mapped is Config.Map, or what an outcome file says that it was.
func (s *sheet) mapped() map[string]string {
	if len(s.cfg.Map) > 0 {
		return s.cfg.Map
	}
	return s.recorded.columns
}

// sheetName is the workbook's sheet, "" for other inputs.
func (s *sheet) sheetName() string {
	if s.book == nil {
		return ""
	}
	return s.book.of.Name
}

func (s *sheet) trims() bool    { return s.cfg.Trim || s.recorded.trim }
func (s *sheet) compacts() bool { return s.cfg.Compact || s.recorded.compact }

// isNull tells whether a text stands for no value.
func (s *sheet) isNull(text string) bool {
	return slices.Contains(s.cfg.Null, text) || slices.Contains(s.recorded.null, text)
}

// recorded is what an outcome file says of how its rows were read, in the column _map.
type recorded struct {
	columns map[string]string // Config.Map
	compact bool
	accept  []string // Config.Accept
	trim    bool     // JSON: the objects are as they were
	null    []string // likewise
	words   profile.Words
}

// ambiguous refuses two columns or keys of equal rank.
func (s *sheet) ambiguous(line int64, r role, a, b string) error {
	if a == b {
		return refuseLine(s.show, line, fault.Hintf("rename one of them in that line"), "two columns are named %q: which one is %s?", a, s.fields.name(r))
	}
	return refuseLine(s.show, line, fault.Hintf("say which one: %s or %s", mapTo(s.fields.name(r), a), mapTo(s.fields.name(r), b)), "columns %q and %q could both be %s", a, b, s.fields.name(r))
}

// judge sets the Fault or Warning of a row by the rules for an account. kind and msg are the fault that it has already.
func (s *sheet) judge(row *Row, kind, msg string, f form) {
	if id := row.UserID; s.compacts() && isUUID(id) {
		row.UserID = strings.ToLower(strings.ReplaceAll(id, "-", ""))
		row.SentAs = row.UserID
	}
	if kind == "" {
		kind, msg = s.fault(row, f)
	}
	if kind == "" && row.Profile != nil {
		kind, msg = s.judgeProfile(row)
	}
	if kind == "" {
		if kind, msg = row.doubt(f); kind == "" {
			return
		}
		if !s.cfg.Strict {
			row.Warning, row.WarningKind = msg, kind
			return
		}
	}
	row.Profile = nil
	row.Fault = &RowError{File: s.show, Sheet: row.Sheet, Line: row.Line, Kind: kind, Msg: msg}
}

// Reads says in words which column or key is what, and which ones are not sent.
func (r *Reader) Reads() string {
	kind := "column"
	if r.inputs[0].format.json {
		kind = "key"
	}
	var parts []string
	for _, name := range roleNames {
		if column := r.mapping[name]; column != "" {
			parts = append(parts, fmt.Sprintf("%s is %s %q", name, kind, column))
		} else {
			parts = append(parts, "no "+name)
		}
	}
	for _, field := range *r.fields {
		if column := r.mapping[field.Name]; column != "" {
			parts = append(parts, fmt.Sprintf("%s is %s %q", field.Name, kind, column))
		}
	}
	text := strings.Join(parts, ", ")
	if unsent := r.Unsent(); len(unsent) > 0 {
		text += "; not sent: " + list(unsent)
	}
	return text
}

// Map is the text of the column _map in the outcome files of these inputs, which are read alike without a Config.Map then.
// It is "" if the names of the columns or keys are enough for that.
func (r *Reader) Map() string {
	how := r.recording()
	if len(how) == 0 && !slices.ContainsFunc(r.inputs, func(in *input) bool { return len(in.mapped()) > 0 }) {
		return ""
	}
	names := slices.Clone(r.columns)
	for _, in := range r.inputs {
		if t, ok := in.table.(*jsonTable); ok {
			for _, key := range t.keys {
				if !slices.Contains(names, key) && !strings.Contains(key, ".") {
					names = append(names, key)
				}
			}
		}
	}
	if r.mapping[roleNames[roleUserID]] == "" || len(how) == 0 && len(*r.fields) == 0 && namesTell(names, r.mapping) { // without a UserID there are no rows
		return ""
	}
	for field := range r.fields.count() {
		how.Set(r.fields.name(field), r.mapping[r.fields.name(field)])
	}
	return how.Encode()
}

// The keys of the column _map, besides the fields of an account.
const (
	keyUUID    = "uuid"
	keyTrim    = "trim"
	keyNull    = "null"
	keyAccept  = "accept"
	keyWord    = "value"
	uuidOfHex  = "compact"
	isRecorded = "1"
)

// recording is what has to be known of how the rows are read, besides the mapping.
func (r *Reader) recording() url.Values {
	how := url.Values{}
	for _, in := range r.inputs {
		if in.compacts() {
			how.Set(keyUUID, uuidOfHex)
		}
		addOnce(how, keyWord, in.words().Texts())
		accepted := slices.Concat(in.cfg.Accept, in.recorded.accept)
		if in.cfg.Backslash {
			accepted = append(accepted, KindLineBreak) // by then those that escapes have made are like others
		}
		addOnce(how, keyAccept, accepted)
		if !in.format.json {
			continue // its fields are as they are after this
		}
		if in.trims() {
			how.Set(keyTrim, isRecorded)
		}
		addOnce(how, keyNull, slices.Concat(in.cfg.Null, in.recorded.null))
	}
	return how
}

func addOnce(values url.Values, key string, texts []string) {
	for _, text := range texts {
		if !slices.Contains(values[key], text) {
			values.Add(key, text)
		}
	}
}

// Resends tells whether rows may have a SentAs.
func (r *Reader) Resends() bool {
	how := r.recording()
	return how.Has(keyUUID) || how.Has(keyTrim)
}

// Sources tells whether rows come from several files: from several inputs, or from the outcome file of several.
func (r *Reader) Sources() bool {
	return len(r.inputs) > 1 || slices.ContainsFunc(r.inputs, func(in *input) bool { return in.sources })
}

// namesTell tells whether names alone give the mapping.
func namesTell(names []string, mapping map[string]string) bool {
	taken := noRoles(roles)
	for r := range role(roles) {
		found, name := bestName(r, names, taken), ""
		if len(found) > 0 {
			taken[r], name = found[0], names[found[0]]
		}
		if len(found) > 1 || name != mapping[roleNames[r]] {
			return false
		}
	}
	return true
}

// parseMap reads what Map wrote. Of other text it makes nothing.
func parseMap(text string) (is recorded) {
	values, err := url.ParseQuery(text)
	if err != nil || !values.Has(roleNames[roleUserID]) {
		return is
	}
	is.columns = map[string]string{}
	for name := range values {
		if _, ofProfile := profile.Find(name); ofProfile || slices.Contains(roleNames[:], name) {
			is.columns[name] = values.Get(name)
		}
	}
	for _, text := range values[keyWord] {
		_ = is.words.Add(text) // it was taken before
	}
	is.compact, is.trim, is.null, is.accept = values.Has(keyUUID), values.Has(keyTrim), values[keyNull], values[keyAccept]
	return is
}
