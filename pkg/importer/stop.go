package importer

import (
	"context"
	"errors"

	"imimport/pkg/fault"
)

// stop is why and how the run ends. Its fault is nil while the run goes on, and after a run that was complete.
type stop struct {
	fault   *fault.Error
	sending context.Context // ended by the first fault that drains: no call is sent any more
	end     context.CancelFunc
	broken  bool // what was settled since the last checkpoint does not count
}

func (s *stop) kind() fault.Kind {
	if s.fault == nil {
		return fault.None
	}
	return s.fault.Kind
}

// drains tells whether nothing is sent any more. After the end of the input and after the limit the rows that were
// read still find their outcome.
func (s *stop) drains() bool {
	switch s.kind() {
	case fault.None, fault.Input, fault.Changed, fault.Limit:
		return false
	}
	return true
}

// now ends the sending. The first fault counts, unless it was one that lets rows finish.
func (s *stop) now(f *fault.Error) {
	if !s.drains() {
		s.fault = f
		s.end()
	}
}

// afterRows ends the reading; the rows that were read find their outcome first.
func (s *stop) afterRows(f *fault.Error) {
	if s.fault == nil {
		s.fault = f
	}
}

// unsaved ends the run for a fault of the disk, or of the program in the midst of its accounting, whatever stopped
// it before: what was settled since the last checkpoint does not count.
func (s *stop) unsaved(err error) {
	f := asFault(err, fault.Disk)
	if f.Kind == fault.Disk && f.Hint.IsZero() {
		f.Hint = fault.DiskHint(f.Err, fault.Text("make room, or mend the disk or its permissions, then go on: what was imported is known"))
	}
	s.now(f)
	if !s.broken {
		s.fault, s.broken = f, true
	}
}

// err is the fault as an error.
func (s *stop) err() error {
	if s.fault == nil {
		return nil
	}
	return s.fault
}

// asFault is err as a fault, of this kind where it is none yet.
func asFault(err error, kind fault.Kind) *fault.Error {
	var f *fault.Error
	if !errors.As(err, &f) {
		f = &fault.Error{Kind: kind, Err: err}
	}
	return f
}

// inputFault is why the input could not be read on.
func inputFault(err error) *fault.Error {
	f := &fault.Error{Kind: fault.Input, Err: err, Hint: fault.HintOf(err)}
	if fault.KindOf(err) == fault.Changed {
		f.Kind = fault.Changed
	}
	return f
}

func interrupted() *fault.Error { return &fault.Error{Kind: fault.Interrupted} }
