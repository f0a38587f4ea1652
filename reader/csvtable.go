package reader

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"imimport/pkg/fault"
	"imimport/pkg/outcome"
	"imimport/reader/workbook"
)

const maxColumns = 4096

// csvTable is a CSV input: what its header says.
type csvTable struct {
	*sheet
	line   []string      // the header as it stands in the file
	at     int64         // the line where it starts
	none   bool          // the file has no header, and line is its first row
	own    []string      // the input's own columns
	width  int           // own, and what an outcome file adds
	filled int           // fields of a row: width, but for a table without a header, which may have fewer than the account
	prior  *priorColumns // nil if this is no outcome file
	roles  []int         // by role, in own; -1 is none

	sample   [][]string // some rows behind the first line; nil once the columns are known
	sampleAt []int64    // their lines

	empty bool     // the file has no line at all, and no header
	like  likeness // what its rows have in common
	to    []int    // where each of own stands in the reader's columns; nil is in the same place
}

// newCSVTable finds the columns in the head of a CSV input.
func newCSVTable(s *sheet) (*csvTable, error) {
	t := &csvTable{sheet: s}
	switch text := s.head.trimmed(); {
	case s.head.endsInCR():
		return nil, oldMac(s.show)
	case s.cfg.Format == "" && s.book == nil && len(text) > 0 && (text[0] == '{' || text[0] == '['):
		return nil, refuseLine(s.show, 1, fault.Hintf("give %s", fault.Option{Key: "format", Value: "jsonl"}), "is named like a table and looks like JSON")
	}
	records := t.records(s.head.tape(true), maxColumns)
	s.pass(records.tape)
	fields, err := t.firstRecord(records)
	switch {
	case errors.Is(err, io.EOF) && s.cfg.NoHeader:
		fields = nil
	case errors.Is(err, io.EOF):
		t.empty, t.roles = true, noRoles(t.fields.count())
		return t, nil
	case err != nil:
		return nil, err
	}
	if slices.ContainsFunc(fields, func(f string) bool { return !utf8.ValidString(f) || strings.Contains(f, replacement) }) {
		return nil, s.refuseHead()
	}
	if slices.ContainsFunc(fields, func(f string) bool { return strings.Contains(f, "\r") && !strings.Contains(f, "\n") }) {
		return nil, oldMac(s.show)
	}
	if err := t.takeHeader(fields); err != nil {
		return nil, err
	}
	if t.prior != nil && (s.cfg.NoQuotes || s.cfg.Backslash) { // which an outcome file is not written with
		records = t.records(s.head.tape(true), maxColumns)
		s.pass(records.tape)
		if fields, err = t.firstRecord(records); err == nil {
			err = t.takeHeader(fields)
		}
		if err != nil {
			return nil, err
		}
	}
	t.takeSample(records)
	if t.prior != nil && len(t.sample) > 0 {
		t.recorded = parseMap(t.prior.cell(t.sample[0], outcome.Map))
	}
	if err = t.findRoles(); err == nil {
		t.learn(len(fields))
	}
	t.sample, t.sampleAt = nil, nil
	return t, err
}

// records cuts records of at least width fields off a tape.
func (t *csvTable) records(tape *tape, width int) *csvTape {
	c := &csvTape{tape: tape, name: t.show, comma: t.format.comma, width: width}
	switch {
	case t.book != nil:
		c.csvDialect, c.lossy = bookDialect, workbook.Lossy[0]
	case t.prior == nil: // an outcome file is written in one dialect
		c.csvDialect = csvDialect{t.cfg.NoQuotes, t.cfg.Backslash}
	}
	return c
}

// takeSample reads some rows behind the first line.
func (t *csvTable) takeSample(c *csvTape) {
	c.width = len(t.line)
	for rec := new(record); len(t.sample) < sampleRows && c.next(rec) == nil; {
		if rec.kind == "" || rec.kind == KindFields {
			t.sample = append(t.sample, t.charset.decodeAll(slices.Clone(rec.fields[:rec.count])))
			t.sampleAt = append(t.sampleAt, rec.line)
		}
	}
}

func (t *csvTable) firstRecord(c *csvTape) ([]string, error) {
	var rec record
	err := c.next(&rec)
	var unclosed *fault.Error
	switch {
	case errors.As(err, &unclosed):
		unclosed.Kind = fault.Usage
		return nil, err
	case errors.Is(err, errHeadEnds) || rec.kind == KindTooLarge:
		return nil, refuse(t.show, fault.Hintf("is it a table, with lines?"), "%w", errHeadEnds)
	case err != nil:
		return nil, err
	case rec.kind == KindFields:
		return nil, refuseLine(t.show, rec.line, fault.Hintf("check %s", fault.Option{Key: "delimiter"}), "the header has more than %d columns", maxColumns)
	case rec.kind != "":
		return nil, refuseLine(t.show, rec.line, fault.Hintf("mend the header line"), "%s", rec.msg)
	}
	t.at = rec.line
	return t.charset.decodeAll(slices.Clone(rec.fields[:rec.count])), nil
}

// takeHeader tells the input's own columns from those that an outcome file adds.
func (t *csvTable) takeHeader(fields []string) error {
	t.line, t.width, t.filled = slices.Clone(fields), len(fields), len(fields)
	own, added, isOutcome := outcome.Cut(fields)
	t.own = own
	switch {
	case isOutcome:
		t.prior, t.sources = newPriorColumns(len(own), added), added.Sources
		if added.Excel {
			for i, name := range own {
				own[i] = outcome.Unguard(name)
			}
		}
	case t.cfg.NoHeader:
		if len(fields) > 0 && !slices.ContainsFunc(fields, isUnknown) {
			return refuseLine(t.show, t.at, fault.Hintf("leave %s out", fault.Option{Key: "no-header"}), "the first line looks like a header: %s", list(fields))
		}
		t.none = true
		return t.nameColumns()
	}
	return nil
}

// nameColumns names the columns of a table without a header. Up to three have a usual order; which ones of more are the
// account's has to be said, and they have numbers then.
func (t *csvTable) nameColumns() error {
	columns := t.width
	t.width = max(roles, columns)
	asUsual := columns <= roles
	for _, name := range t.cfg.Map {
		asUsual = name == "" || slices.Contains(roleNames[:], name)
		if !asUsual {
			break
		}
	}
	if !asUsual && len(t.cfg.Map) == 0 {
		return refuseLine(t.show, t.at, fault.Hintf("say which columns are the account's: %s, and likewise for Nick and FaceUrl, with the numbers of their columns", mapUserID("#N")),
			"has %d columns and no header", columns)
	}
	t.own = nil
	for i := range t.width {
		name := fmt.Sprintf("column%d", i+1)
		if asUsual && i < roles {
			name = roleNames[i]
		}
		t.own = append(t.own, name)
	}
	return nil
}

func oldMac(show string) error {
	return refuseLine(show, 1, fault.Hintf(`turn them into newlines: tr '\r' '\n' < FILE > NEWFILE`), "its lines end in CR alone, as on old Macs")
}

func isUnknown(name string) bool {
	for _, known := range ranks {
		if _, ok := known[plainName(name)]; ok {
			return false
		}
	}
	return true
}

// findRoles finds the columns of the account's fields. One of several files may lack a Nick or FaceUrl that is mapped.
func (t *csvTable) findRoles() error {
	named, err := t.fields.roleMap(t.mapped())
	if err != nil {
		return err
	}
	t.roles = noRoles(t.fields.count())
	if err := t.checkHeader(named); err != nil {
		return err
	}
	for r := range t.fields.count() { // before the known names: a column that is named for one role is none for another
		if named[r] == nil || *named[r] == "" {
			continue
		}
		if t.roles[r] = findNamed(*named[r], t.own); t.roles[r] < 0 {
			continue
		}
		if name := t.own[t.roles[r]]; slices.Contains(t.own[t.roles[r]+1:], name) {
			return t.ambiguous(t.at, r, name, name)
		}
	}
	for r := range role(roles) {
		if named[r] != nil {
			continue
		}
		switch found := bestName(r, t.own, t.roles); {
		case len(found) == 1:
			t.roles[r] = found[0]
		case len(found) > 1:
			return t.ambiguous(t.at, r, t.own[found[0]], t.own[found[1]])
		}
	}
	if t.roles[roleUserID] >= 0 {
		return nil
	}
	if named[roleUserID] != nil {
		return t.missing(roleUserID, *named[roleUserID])
	}
	return t.noUserID()
}

// missing refuses a mapping to a column that is not there.
func (t *csvTable) missing(r role, column string) error {
	hint := fault.Hintf("its columns are %s", list(nearestFirst(column, t.own)))
	switch {
	case column[0] == '#':
		hint = fault.Hintf("it has %s", counted(len(t.own), "column", "columns"))
	case t.none || !t.isNames():
		hint = t.asRow()
	}
	return refuseLine(t.show, t.at, hint, "has no column %q, which is to be %s", column, t.fields.name(r))
}

func (t *csvTable) foreignRole(name, first string) error {
	return refuseLine(t.show, t.at, fault.Hintf("say which columns are meant with %s, or import each file as a job of its own", fault.Option{Key: "map"}),
		"column %q is not the field of the account here that it is in %s or another file", name, first)
}

func (t *csvTable) names() []string { return t.own }

func (t *csvTable) widen(n role) {
	for len(t.roles) < int(n) {
		t.roles = append(t.roles, -1)
	}
}

func (t *csvTable) field(r role) (string, bool) {
	if i := t.roles[r]; i >= 0 {
		return t.own[i], true
	}
	return "", false
}

func (t *csvTable) rows(tape *tape, columns int) rowSource {
	r := &csvRows{csvTape: t.records(tape, t.width), table: t, columns: columns}
	if t.charset.encoding != nil && !t.charset.whole {
		r.decoder = &fieldDecoder{Decoder: t.charset.encoding.NewDecoder()}
	}
	return r
}
