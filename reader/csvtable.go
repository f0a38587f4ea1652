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
)

const maxColumns = 4096

// csvTable is a CSV input: what its header says.
type csvTable struct {
	*sheet
	line  []string      // the header as it stands in the file
	at    int64         // the line where it starts
	none  bool          // the file has no header, and line is its first row
	own   []string      // the input's own columns
	width int           // own, and what an outcome file adds
	prior *priorColumns // nil if this is no outcome file
	roles [roles]int    // in own; -1 is none
	to    []int         // where each of own stands in the reader's columns; nil is in the same place
}

// newCSVTable finds the columns in the head of a CSV input.
func newCSVTable(s *sheet) (*csvTable, error) {
	t := &csvTable{sheet: s}
	switch text := s.head.trimmed(); {
	case s.head.endsInCR():
		return nil, oldMac(s.show)
	case s.cfg.Format == "" && len(text) > 0 && (text[0] == '{' || text[0] == '['):
		return nil, refuseLine(s.show, 1, fault.Hintf("give %s", fault.Option{Key: "format", Value: "jsonl"}), "is named like a table and looks like JSON")
	}
	records := t.records(s.head.tape(true), maxColumns)
	s.pass(records.tape)
	fields, err := t.firstRecord(records)
	switch {
	case errors.Is(err, io.EOF) && s.cfg.NoHeader:
		fields = nil
	case errors.Is(err, io.EOF):
		return nil, refuse(s.show, fault.Hintf("the first line names the columns; a table without one is read with %s", fault.Option{Key: "no-header"}), "is empty: it has no header")
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
	if t.prior != nil {
		var first record
		if records.next(&first) == nil {
			t.recorded = parseMap(t.prior.cell(first.fields, outcome.Map))
		}
	}
	return t, t.findRoles()
}

// records cuts records of at least width fields off a tape.
func (t *csvTable) records(tape *tape, width int) *csvTape {
	c := &csvTape{tape: tape, name: t.show, comma: t.format.comma, width: width}
	if t.prior == nil { // an outcome file is written in one dialect
		c.csvDialect = csvDialect{t.cfg.NoQuotes, t.cfg.Backslash}
	}
	return c
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
	t.line, t.width = slices.Clone(fields), len(fields)
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
		t.width = max(roles, t.width)
		t.own = slices.Clone(roleNames[:])
		for i := roles; i < t.width; i++ {
			t.own = append(t.own, fmt.Sprintf("column%d", i+1))
		}
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
	named, err := roleMap(t.mapped())
	if err != nil {
		return err
	}
	t.roles = [roles]int{-1, -1, -1}
	for r := range role(roles) { // before the known names: a column that is named for one role is none for another
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
	return refuseLine(t.show, t.at, fault.Hintf("its columns are %s", list(t.own)), "has no column %q, which is to be %s", column, r)
}

func (t *csvTable) foreignRole(name, first string) error {
	return refuseLine(t.show, t.at, fault.Hintf("say which columns are meant with %s, or import each file as a job of its own", fault.Option{Key: "map"}),
		"column %q is not the field of the account here that it is in %s or another file", name, first)
}

func (t *csvTable) noUserID() error {
	hint := fault.Hintf("say which column it is: %s", mapTo(roleUserID, suggest(t.own)))
	if len(t.own) == 1 {
		for _, c := range []string{";", "\t", "|", ","} {
			if strings.Contains(t.own[0], c) {
				hint = fault.Hintf("is the delimiter right? Try %s", fault.Option{Key: "delimiter", Value: strings.ReplaceAll(c, "\t", "tab")})
			}
		}
	} else {
		hint = fault.Hintf("%s; if the first line is a row already: %s", hint, fault.Option{Key: "no-header"})
	}
	return refuseLine(t.show, t.at, hint, "no column is known to be UserID; the columns are %s", list(t.own))
}

// suggest is a column to name in an example.
func suggest(columns []string) string {
	if len(columns) == 0 {
		return "account"
	}
	i := slices.IndexFunc(columns, func(name string) bool { return strings.Contains(plainName(name), "id") })
	return columns[max(i, 0)]
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
