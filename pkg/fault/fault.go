// Package fault is the one kind of error that users see: what sort of fault it is, where it was met, its cause,
// and what to do about it.
//
// A library knows facts, not how it is run: it names an option or a command as a value ([Option], [Command]),
// and the program around it spells them ([Voice]). The same [Kind] becomes an exit code, a stop reason in a
// checkpoint and a word in a summary, each in one place.
//
// # Decisions
//
// A hint is a format and its values, rendered late: the same hint reads `--encoding gbk` on a command line and
// `encoding gbk` in another program. Rejected: a hint as a plain string, which put 94 flags and commands of one
// program into packages that others import.
//
// A panic is a fault too. Each goroutine runs under [Guard], and its owner passes the fault on like any other
// error, so that a mistake in the program ends a run in order: outcome files flushed, checkpoint written.
package fault

import (
	"errors"
	"fmt"
)

// Kind is what sort of fault it is. A kind is also why a run stopped.
type Kind int

const (
	None        Kind = iota // no fault
	Usage                   // the request or the settings are wrong; nothing was sent
	Partial                 // complete, and some rows have failed or met the quota
	Errors                  // more rows failed than was allowed
	Quota                   // the service's quota is met
	Refused                 // the service refuses the app, admin, key, region or address
	Unreachable             // the service gives no good answer, or never gave one
	Input                   // the input cannot be read, or not to its end
	Changed                 // an input or an outcome file is not the one that was read or written before
	Disk                    // a file or directory that is written, or another process has it
	Limit                   // as many rows as were asked for
	Duration                // as long as was asked for
	Interrupted             // by a signal
	Killed                  // the process ended without a word
	Internal                // a mistake in the program
	kinds       = iota
)

var names = [kinds]string{"", "usage", "", "errors", "quota", "refused", "unreachable", "input", "input", "disk", "limit", "duration", "interrupted", "killed", "internal"}

// String is the kind as a stop reason: "" where nothing stopped.
func (k Kind) String() string { return names[k] }

// KindNamed is the kind with this stop reason, None where there is none.
func KindNamed(reason string) Kind {
	for k, name := range names {
		if name == reason {
			return Kind(k)
		}
	}
	return None
}

// Place is where a fault was met: a line of a file, a file, or an option. The zero Place is nowhere.
type Place struct {
	File   string
	Sheet  string // of a workbook, "" for other files; Line is a row of it then
	Line   int64  // 0 where no line is meant
	Option string // the key of an option, which begins the sentence; File is "" then
}

func (p Place) say(v Voice) string {
	switch {
	case p.Option != "":
		return v.Option(Option{Key: p.Option}) + " "
	case p.File == "":
		return ""
	}
	return p.String() + ": "
}

// String is the place in a file: users.csv:42, or users.xlsx: Sheet1: row 42.
func (p Place) String() string {
	switch {
	case p.Line == 0:
		return p.File
	case p.Sheet != "":
		return fmt.Sprintf("%s: %s: row %d", p.File, p.Sheet, p.Line)
	}
	return fmt.Sprintf("%s:%d", p.File, p.Line)
}

// Error is a fault.
type Error struct {
	Kind  Kind
	Place Place
	Err   error // the cause; nil where all has been said
	Hint  Hint
}

func (e *Error) Error() string { return e.Say(Plain) }

// Say is the error as one program words it, without the hint.
func (e *Error) Say(v Voice) string {
	if e.Err == nil {
		return e.Kind.String()
	}
	return e.Place.say(v) + e.Err.Error()
}

func (e *Error) Unwrap() error { return e.Err }

// New is a fault without a place. format is that of fmt.Errorf.
func New(kind Kind, hint Hint, format string, args ...any) *Error {
	return &Error{Kind: kind, Err: fmt.Errorf(format, args...), Hint: hint}
}

// At puts a fault at a line of a file; 0 is the whole file.
func (e *Error) At(file string, line int64) *Error {
	e.Place = Place{File: file, Line: line}
	return e
}

// As makes a fault of an error that is none yet, and leaves one that is as it is. A nil error stays nil.
func As(kind Kind, err error) error {
	var known *Error
	if err == nil || errors.As(err, &known) {
		return err
	}
	return &Error{Kind: kind, Err: err}
}

// KindOf is the kind of an error: None for nil, and for one that is no fault.
func KindOf(err error) Kind {
	var known *Error
	if errors.As(err, &known) {
		return known.Kind
	}
	return None
}

// HintOf is the hint of an error, the zero Hint where it has none.
func HintOf(err error) Hint {
	var known *Error
	if errors.As(err, &known) {
		return known.Hint
	}
	return Hint{}
}

// Guard calls f. A panic in it is returned as a fault of the kind Internal: without its stack, which is for nobody
// who runs the program.
func Guard(f func()) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = Panicked(cause)
		}
	}()
	f()
	return nil
}

// Panicked is the fault for a value that recover has returned.
func Panicked(cause any) *Error {
	return New(Internal, Hintf("this is a mistake in the program; please report it with its version. A job that was under way can be resumed"),
		"internal fault: %v", cause)
}
