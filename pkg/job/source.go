package job

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"

	"imimport/pkg/checkpoint"
	"imimport/pkg/fault"
	"imimport/reader"
)

// source is the reader of a pass, with a way to make a Read that waits for its input give up.
type source struct {
	*reader.Reader
	interrupt context.CancelFunc
	inputs    []string
	log       *slog.Logger
	ahead     []reader.Row            // read by more or confirm, and not yet by Read
	end       *sourceEnd              // nil, or where reading ends, whatever the input has grown to
	find      func(*reader.Row) error // nil, or finds each row its place
	look      func(*reader.Row) error // nil, or looks at each row that Read gives
	drop      func() error            // nil, or gives up what look has needed
}

// sourceEnd is the end of an input as an earlier reading met it: rows that came since are left for a later run.
type sourceEnd struct {
	row int64 // the last
	err error // io.EOF, or what broke it off
}

func openSource(ctx context.Context, inputs []string, cfg reader.Config, h Host) (*source, error) {
	ctx, cancel := context.WithCancel(ctx)
	cfg.Stdin = h.Stdin
	cfg.Progress = h.Scanning
	if slices.Contains(inputs, "-") {
		h.Log.Info("reading standard input", "event", "stdin.begin")
	}
	r, err := reader.Open(ctx, inputs, cfg)
	if err != nil {
		cancel()
		return nil, inputError(err)
	}
	return &source{Reader: r, interrupt: cancel, inputs: inputs, log: h.Log}, nil
}

func (s *source) close() {
	s.interrupt()
	_ = s.Close() // nothing was written through it
	if s.drop != nil {
		_ = s.drop() // its file has no name any more
	}
}

// more tells whether there is a row ahead; it is not lost.
func (s *source) more() (bool, error) {
	row := new(reader.Row)
	switch err := s.Reader.Read(row); {
	case errors.Is(err, io.EOF):
		return false, nil
	case err != nil:
		return false, err
	}
	s.ahead = append(s.ahead, *row)
	return true, nil
}

// confirm reads up to the furthest row that has its outcome, so that nothing is sent before the input is known to be what
// it was. Rows without an outcome wait in ahead: the earlier run held them, too. Of the others between two of them
// the last one will do.
func (s *source) confirm(state *checkpoint.State) error {
	settled, after := slices.Clone(state.Ranges), false
	err := s.Confirm(state.Furthest, func(row *reader.Row) {
		was := after
		if after = settled.Contains(row.Number); after && was {
			s.ahead = s.ahead[:len(s.ahead)-1]
		}
		if after {
			s.ahead = append(s.ahead, reader.Row{Number: row.Number, End: row.End})
			return
		}
		row.Detach()
		s.ahead = append(s.ahead, *row)
	})
	return inputError(err)
}

// Read is the reader's, after the rows that more and confirm have read.
func (s *source) Read(row *reader.Row) error {
	switch {
	case len(s.ahead) > 0:
		*row, s.ahead[0] = s.ahead[0], reader.Row{}
		s.ahead = s.ahead[1:]
	case s.end != nil && s.Position().Row >= s.end.row:
		return s.end.err
	default:
		if err := s.Reader.Read(row); err != nil {
			return err
		}
	}
	if row.End.Tail == reader.TailOpen {
		s.warnOpen(row)
	}
	for _, each := range []func(*reader.Row) error{s.find, s.look} {
		if each == nil {
			continue
		}
		if err := each(row); err != nil {
			return err
		}
	}
	return nil
}

// warnOpen tells that a pipe has ended within a line: its writer may have died there, and the line is sent as it is.
// A file is known to have ended there.
func (s *source) warnOpen(row *reader.Row) {
	name := s.inputs[row.File]
	if reader.ReadableTwice(name) {
		return
	}
	if name == "-" {
		name = "standard input"
	}
	s.log.Warn(fmt.Sprintf("%s:%d: the last line has no newline and is sent as it is: see that what wrote it came to its end", name, row.Line),
		"event", "input.open_end", "row", row.Number)
}

// Announce tells how the input is read, before anything is sent.
func (h Host) Announce(r *reader.Reader) {
	for _, n := range r.Notices() {
		h.Log.Warn(n.File+": "+n.Msg, "event", "input."+n.Kind, "file", n.File)
	}
	h.Log.Info(r.Reads(), "event", "input.columns", "columns", r.Detected().Map, "not_sent", r.Unsent())
}

// inputError is an error of the input as a fault. One that has changed gets its way on.
func inputError(err error) error {
	var f *fault.Error
	if errors.As(err, &f) && f.Kind == fault.Changed && f.Hint.IsZero() {
		f.Hint = fault.Hintf("nothing was sent; put the input back as it was, or import the new one as a new job in another directory (%s): what is in is in, and sending it again is safe",
			jobOption)
	}
	return fault.As(fault.Usage, err)
}
