package reader

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

const maxColumns = 4096

// header is what the first record of a CSV file says.
type header struct {
	line    []string   // as it stands in the file
	own     []string   // the input's own columns
	width   int        // with those of an outcome file
	lines   bool       // there is one, in the file
	at      int64      // the line where it starts
	outcome priorShape // which columns an outcome file adds
	roles   [roles]int // in own; -1 is none
	to      []int      // where each of own stands in the reader's columns; nil is in the same place
}

var errHeadEnds = errors.New("the header has more than 1 MiB")

// readHeader finds the columns in the head of a CSV file.
func (in *input) readHeader() error {
	switch text := bytes.TrimLeft(in.head, utf8Mark+" \t\r\n"); {
	case in.endsInCR():
		return in.oldMac()
	case in.cfg.Format == "" && len(text) > 0 && (text[0] == '{' || text[0] == '['):
		return refuseLine(in.show, 1, "give --format jsonl", "is named like a table and looks like JSON")
	}
	records := in.headRecords()
	fields, err := in.firstRecord(records)
	switch {
	case errors.Is(err, io.EOF) && in.cfg.NoHeader:
		fields = nil
	case errors.Is(err, io.EOF):
		return refuse(in.show, "the first line names the columns; a table without one is read with --no-header", "is empty: it has no header")
	case err != nil:
		return err
	}
	if slices.ContainsFunc(fields, func(f string) bool { return !utf8.ValidString(f) || strings.Contains(f, replacement) }) {
		return in.refuseCharset()
	}
	if slices.ContainsFunc(fields, func(f string) bool { return strings.Contains(f, "\r") && !strings.Contains(f, "\n") }) {
		return in.oldMac()
	}
	h := &in.header
	h.line, h.width = slices.Clone(fields), len(fields)
	h.outcome, h.own = findPrior(fields)
	h.lines, in.placed = true, h.outcome.sources
	if h.outcome.excel {
		for i, name := range h.own {
			h.own[i] = unguard(name)
		}
	}
	if in.cfg.NoHeader && !h.outcome.present {
		if len(fields) > 0 && !slices.ContainsFunc(fields, func(f string) bool { return !isKnown(f) }) {
			return refuseLine(in.show, h.at, "leave --no-header out", "the first line looks like a header: %s", list(fields))
		}
		h.lines = false
		h.width = max(roles, h.width)
		h.own = slices.Clone(roleNames[:])
		for i := roles; i < h.width; i++ {
			h.own = append(h.own, fmt.Sprintf("column%d", i+1))
		}
	}
	if h.outcome.mapped {
		var first record
		if records.next(&first) == nil {
			in.recorded = parseMap(h.outcome.mapCell(first.fields, len(h.own)))
		}
	}
	return in.mapColumns()
}

// headRecords are the records of the head.
func (in *input) headRecords() *csvTape {
	tape := newTape(bytes.NewReader(in.head), true)
	if !in.whole {
		tape.src = io.MultiReader(tape.src, &failing{errHeadEnds})
	}
	c := &csvTape{tape: tape, name: in.show, comma: in.comma, width: maxColumns}
	c.skipMark(in.marked)
	return c
}

func (in *input) firstRecord(c *csvTape) ([]string, error) {
	var rec record
	err := c.next(&rec)
	var unclosed *InputError
	switch {
	case errors.As(err, &unclosed):
		unclosed.Usage = true
		return nil, err
	case errors.Is(err, errHeadEnds) || rec.kind == KindTooLarge:
		return nil, refuse(in.show, "is it a table, with lines?", "%w", errHeadEnds)
	case err != nil:
		return nil, err
	case rec.kind == KindFields:
		return nil, refuseLine(in.show, rec.line, "check --delimiter", "the header has more than %d columns", maxColumns)
	case rec.kind != "":
		return nil, refuseLine(in.show, rec.line, "mend the header line", "%s", rec.msg)
	}
	in.header.at = rec.line
	return in.decodeAll(slices.Clone(rec.fields[:rec.count])), nil
}

// endsInCR tells whether the lines of the head have no newlines.
func (in *input) endsInCR() bool {
	text := bytes.TrimSuffix(in.head, []byte("\r"))
	return bytes.IndexByte(text, '\n') < 0 && bytes.IndexByte(text, '\r') >= 0
}

func (in *input) oldMac() error {
	return refuseLine(in.show, 1, `turn them into newlines: tr '\r' '\n' < FILE > NEWFILE`, "its lines end in CR alone, as on old Macs")
}

func isKnown(name string) bool {
	for r := range role(roles) {
		if _, ok := rank(r, name); ok {
			return true
		}
	}
	return false
}

// mapColumns finds the columns of the account's fields. A column that --map names for Nick or FaceUrl may
// be missing in one of several files.
func (in *input) mapColumns() error {
	h := &in.header
	named, err := roleMap(in.mapped())
	if err != nil {
		return err
	}
	h.roles = [roles]int{-1, -1, -1}
	for r := range role(roles) { // first, so that a column that is named for one role is none for another
		if named[r] == nil || *named[r] == "" {
			continue
		}
		if h.roles[r] = findNamed(*named[r], h.own); h.roles[r] < 0 {
			continue
		}
		if name := h.own[h.roles[r]]; slices.Contains(h.own[h.roles[r]+1:], name) {
			return in.ambiguous(r, name, name)
		}
	}
	for r := range role(roles) {
		if named[r] != nil {
			continue
		}
		switch found := bestName(r, h.own, h.roles); {
		case len(found) == 1:
			h.roles[r] = found[0]
		case len(found) > 1:
			return in.ambiguous(r, h.own[found[0]], h.own[found[1]])
		}
	}
	if h.roles[roleUserID] < 0 {
		return in.noUserID(named[roleUserID])
	}
	return nil
}

func (in *input) ambiguous(r role, a, b string) error {
	if a == b {
		return refuseLine(in.show, in.header.at, "rename one of them in that line", "two columns are named %q: which one is %s?", a, r)
	}
	return refuseLine(in.show, in.header.at, fmt.Sprintf("say which one: --map %s=%s or --map %s=%s", r, quoteWord(a), r, quoteWord(b)),
		"columns %q and %q could both be %s", a, b, r)
}

func (in *input) noUserID(named *string) error {
	columns := in.header.own
	if named != nil {
		return refuseLine(in.show, in.header.at, fmt.Sprintf("its columns are %s", list(columns)), "has no column %q, which is to be UserID", *named)
	}
	hint := fmt.Sprintf("say which column it is: --map UserID=%s", quoteWord(suggest(columns)))
	switch {
	case len(columns) == 1:
		for _, c := range []string{";", "\t", "|", ","} {
			if strings.Contains(columns[0], c) {
				hint = fmt.Sprintf("is the delimiter right? Try --delimiter %s", quoteWord(strings.ReplaceAll(c, "\t", "tab")))
			}
		}
	default:
		hint += "; if the first line is a row already: --no-header"
	}
	return refuseLine(in.show, in.header.at, hint, "no column is known to be UserID; the columns are %s", list(columns))
}

// suggest is a column to name in an example.
func suggest(columns []string) string {
	for _, name := range columns {
		if strings.Contains(plainName(name), "id") {
			return name
		}
	}
	if len(columns) == 0 {
		return "account"
	}
	return columns[0]
}

// quoteWord makes a word for a shell's command line.
func quoteWord(s string) string {
	if s != "" && !strings.ContainsFunc(s, func(c rune) bool { return c <= ' ' || strings.ContainsRune(`'"\|&;<>()$*?[]#~!{}`+"`", c) }) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
