package reader

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"imimport/pkg/fault"
)

// RowError says why a row is invalid. Reading goes on after that row.
type RowError struct {
	File  string
	Sheet string // of a workbook; Line is a row of it then
	Line  int64
	Kind  string // stable, for counting; see the Kind constants
	Msg   string // holds no value of a field
}

func (e *RowError) Error() string {
	return e.At(fault.Place{File: e.File, Sheet: e.Sheet, Line: e.Line}.String())
}

// At is the error with a place of the caller's. A suspicion begins with its kind.
func (e *RowError) At(place string) string {
	if kind, msg, found := strings.Cut(e.Msg, ": "); found && slices.Contains(Suspicions(), kind) {
		return kind + ": " + place + ": " + msg
	}
	return place + ": " + e.Msg
}

// Form tells whether it is the row itself that is wrong, and not a value of it that the service would refuse: such a row may
// hide others.
func (e *RowError) Form() bool {
	switch e.Kind {
	case KindSpace, KindTooLong, KindProfile, KindUserIDChars, KindReserved, KindFaceURL:
		return false
	}
	return true
}

// The kinds of faults. Those from KindUserIDChars on are warnings, unless [Config.Strict] is set.
const (
	KindTooLarge     = "too_large"      // the row has more than 1 MiB
	KindQuote        = "quote"          // a quote in a place where none is allowed
	KindFields       = "fields"         // more fields than columns
	KindNotUTF8      = "not_utf8"       // bytes that are not valid UTF-8
	KindUndecodable  = "undecodable"    // bytes that are not valid in the encoding that was asked for
	KindLost         = "lost_character" // U+FFFD stands where a character was
	KindNUL          = "nul"            // a NUL character
	KindBadJSON      = "bad_json"
	KindNotObject    = "not_object"    // JSON, but no object
	KindDuplicateKey = "duplicate_key" // one key twice in an object
	KindType         = "type"          // a value that is neither text nor number; of a Nick or FaceUrl a warning, and it is left out
	KindAmbiguous    = "ambiguous"     // two keys of equal rank for one field
	KindHeader       = "header"        // the header again
	KindNoUserID     = "no_userid"
	KindSpace        = "userid_space" // space before or after the UserID
	KindTooLong      = "too_long"
	KindProfile      = "profile_value" // no value of its field in the profile

	KindUserIDChars = "userid_chars"    // other than letters, digits, _ and -
	KindReserved    = "userid_reserved" // a prefix that the service uses itself
	KindFaceURL     = "face_url"        // not empty, and no absolute http or https URL
)

// Changed is the error, of the kind [fault.Changed], of an input that is not the one that was read before. It has no hint:
// what to do depends on what the caller has done with the rows.
func Changed(file, format string, args ...any) *fault.Error {
	return fault.New(fault.Changed, fault.Hint{}, "changed since it was read: "+format, args...).At(file, 0)
}

// broken is the error of an input that cannot be read any further.
func broken(file string, line int64, hint fault.Hint, format string, args ...any) *fault.Error {
	return fault.New(fault.Input, hint, format, args...).At(file, line)
}

// early is an error of an input that was met before anything was sent: what would end the reading is refused.
func early(err error) error {
	if f, ok := errors.AsType[*fault.Error](err); ok && f.Kind == fault.Input {
		f.Kind = fault.Usage
	}
	return err
}

// refuse is the error of an input that cannot be read as it was asked. No row was read yet.
func refuse(file string, hint fault.Hint, format string, args ...any) *fault.Error {
	return refuseLine(file, 0, hint, format, args...)
}

func refuseLine(file string, line int64, hint fault.Hint, format string, args ...any) *fault.Error {
	return fault.New(fault.Usage, hint, format, args...).At(file, line)
}

// cause is an error without the path that the standard library puts into it: messages begin with the input's name.
func cause(err error) error {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return fmt.Errorf("%s: %w", path.Op, path.Err)
	}
	return err
}

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// list names a few of many: "a", "b", "c" and 12 more.
func list(names []string) string {
	const most = 12
	var quoted []string
	for _, name := range names[:min(most, len(names))] {
		if len(name) > 40 {
			name = strings.ToValidUTF8(name[:40], "") + "…"
		}
		quoted = append(quoted, strconv.Quote(name))
	}
	text := strings.Join(quoted, ", ")
	if len(names) > most {
		text += fmt.Sprintf(" and %d more", len(names)-most)
	}
	return text
}
