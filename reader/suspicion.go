package reader

import (
	"fmt"
	"slices"
	"strings"

	"imimport/pkg/fault"
)

// The suspicions: what is far more often a damaged export than a person. [Config.Accept] lets them pass. Those of rows are
// faults, whose Msg begins with the kind; the others end the reading.
const (
	KindShortRow    = "short-row"          // fewer fields than columns
	KindLineBreak   = "line-break"         // in a UserID, Nick or FaceUrl
	KindSwallowed   = "swallowed-rows"     // a quoted field has a row in it
	KindNullText    = "null-text"          // a UserID that is a word for no value
	KindBackslashN  = "backslash-n"        // a value that is \N
	KindSpreadsheet = "spreadsheet-number" // a UserID that is a number as a spreadsheet shortens it
	KindNonASCII    = "non-ascii-id"       // a UserID that is not printable ASCII
)

// Suspicions are the kinds that Config.Accept takes.
func Suspicions() []string {
	return []string{KindShortRow, KindLineBreak, KindSwallowed, KindNullText, KindBackslashN, KindSpreadsheet, KindNonASCII}
}

func accept(kind string) fault.Option { return fault.Option{Key: "accept", Value: kind} }

// accepts tells whether a suspicion of a row passes. One that an outcome file has recorded as accepted does not pass for a
// row that was refused for it before.
func (s *sheet) accepts(kind string, row *Row) bool {
	if slices.Contains(s.cfg.Accept, kind) {
		return true
	}
	p := row.Prior
	return p != nil && slices.Contains(s.recorded.accept, kind) && (p.Class != "invalid" || !strings.Contains(p.Reason, kind+": "))
}

// form is how a row is written, as far as that may be suspicious.
type form struct {
	short    bool   // it has fewer fields than columns
	breaks   bool   // a value may have a line break
	fraction bool   // JSON: the UserID is a number with a fraction or an exponent
	lossy    bool   // workbook: the UserID is a number that may not be what was meant
	left     string // JSON: the warning for a value that was left out
}

// suspect is what is suspicious about a row whose UserID is allowed.
func (s *sheet) suspect(row *Row, f form) (kind, msg string) {
	switch {
	case f.short && !s.accepts(KindShortRow, row):
		return KindShortRow, KindShortRow + ": fewer fields than columns"
	case f.breaks && row.hasBreak() && !s.accepts(KindLineBreak, row):
		return lineBreak()
	case isNullText(row.UserID) && !s.accepts(KindNullText, row):
		return KindNullText, KindNullText + ": the UserID is a word for no value"
	case f.lossy && !s.accepts(KindSpreadsheet, row):
		return KindSpreadsheet, lossyNumber
	case (f.fraction || row.worst != idPlain && isSpreadsheetNumber(row.UserID)) && !s.accepts(KindSpreadsheet, row):
		return KindSpreadsheet, KindSpreadsheet + ": the UserID is a number as a spreadsheet shows it, which may have lost digits"
	}
	return "", ""
}

const lossyNumber = KindSpreadsheet + ": the UserID is a number of more than 15 digits, or one whose zeros are only its format"

func lineBreak() (kind, msg string) {
	return KindLineBreak, KindLineBreak + ": a line break in the UserID, Nick or FaceUrl"
}

func (row *Row) hasBreak() bool {
	return strings.ContainsAny(row.UserID, "\r\n") || strings.ContainsAny(row.Nick, "\r\n") || strings.ContainsAny(row.FaceURL, "\r\n")
}

// nullTexts are what systems write for no value, in lower case.
var nullTexts = []string{"null", "none", "nan", "nat", "n/a", "undefined", "(null)", "<null>", "[null]", "<na>",
	"#n/a", "#ref!", "#value!", "#name?", "#div/0!", "#null!", "#num!", "#error!"}

// nullBegins are their first bytes by their lengths, in both cases: few UserIDs are compared with them.
var nullBegins = func() (begins [10][256]bool) {
	for _, text := range nullTexts {
		begins[len(text)][text[0]], begins[len(text)][strings.ToUpper(text)[0]] = true, true
	}
	return begins
}()

func isNullText(id string) bool {
	return len(id) < len(nullBegins) && nullBegins[len(id)][id[0]] && slices.Contains(nullTexts, strings.ToLower(id))
}

// isSpreadsheetNumber takes 1.38001E+10 and 10001.0.
func isSpreadsheetNumber(id string) bool {
	whole, zeros, dotted := strings.Cut(id, ".")
	return dotted && isDigits(whole) && zeros != "" && strings.Trim(zeros, "0") == "" || isScientific(id)
}

// isScientific tells whether a text is a number as a spreadsheet shortens it: 1.38001E+10.
func isScientific(s string) bool {
	i := strings.IndexAny(s, "eE")
	if i < 1 || len(s) < i+3 || s[i+1] != '+' && s[i+1] != '-' || !isDigits(s[i+2:]) {
		return false
	}
	whole, fraction, dotted := strings.Cut(strings.Replace(s[:i], ",", ".", 1), ".")
	return isDigits(strings.TrimPrefix(whole, "-")) && (!dotted || isDigits(fraction))
}

func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// suspectInput is what is suspicious about a record, and ends the reading.
func (r *csvRows) suspectInput(rec *record, fields []string) error {
	t := r.table
	if t.prior != nil {
		return nil // it is written by us
	}
	if r.state.slashes && (!r.backslash || t.book != nil) && !slices.Contains(t.cfg.Accept, KindBackslashN) {
		for _, i := range t.roles {
			if i >= 0 && fields[i] == noValue {
				hint := fault.Hintf("read its escapes: %s; or let it pass: %s", fault.Option{Key: "escape", Value: "backslash"}, accept(KindBackslashN))
				if t.book != nil { // its cells have no escapes that we could undo
					hint = fault.Hintf("if it is no value: %s; or let it pass: %s", fault.Option{Key: "null", Value: noValue}, accept(KindBackslashN))
				}
				return broken(t.show, rec.line, hint,
					`%s: %s is \N, by which databases write no value: their other backslashes are escapes, too`, KindBackslashN, t.own[i])
			}
		}
	}
	if rec.lines != "" && !slices.Contains(t.cfg.Accept, KindSwallowed) {
		if n := t.swallowed(rec, fields[t.roles[roleUserID]], r.before); n > 0 {
			return broken(t.show, rec.line, fault.Hintf("mend the quotes; if quotes do not enclose fields in this file: %s; or let it pass: %s", fault.Option{Key: "quote", Value: "none"}, accept(KindSwallowed)),
				"%s: a quoted field has several lines here, and line %d looks like a row of its own: are there two stray quotes?", KindSwallowed, rec.line+int64(n))
		}
	}
	return nil
}

// scanned counts the suspicious rows of an input, which is refused for too many.
type scanned struct {
	rows              int64
	short, number     int64
	shortAt, numberAt int64 // the line of the first
}

func (c *scanned) add(row *Row) {
	if row.Prior != nil {
		return // it was refused before, and fails again
	}
	c.rows++
	if row.Fault == nil {
		return
	}
	switch row.Fault.Kind {
	case KindShortRow:
		if c.short++; c.short == 1 {
			c.shortAt = row.Line
		}
	case KindSpreadsheet:
		if c.number++; c.number == 1 {
			c.numberAt = row.Line
		}
	}
}

func (c *scanned) judge(show string) error {
	of := func(n int64) string { return fmt.Sprintf("%d of %s", n, counted(int(c.rows), "row", "rows")) }
	switch {
	case 2*c.number > c.rows:
		return refuseLine(show, c.numberAt, fault.Hintf("export the UserIDs as text; or let them pass as they are: %s", accept(KindSpreadsheet)),
			"%s: the UserIDs of %s are numbers as a spreadsheet shows them, which may have lost digits", KindSpreadsheet, of(c.number))
	case 100*c.short > c.rows:
		return refuseLine(show, c.shortAt, fault.Hintf("if a spreadsheet has left out empty cells at the ends of rows, let them pass: %s", accept(KindShortRow)),
			"%s: fewer fields than columns in %s", KindShortRow, of(c.short))
	}
	return nil
}
