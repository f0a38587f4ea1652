// Package check looks at every row of the inputs and sends nothing: which rows an import would refuse and
// why, which repeat a UserID, what --strict would refuse, and how long the import would take.
//
// Two goroutines work: the caller's reads and judges, the other looks for duplicates (package distinct);
// batches of UserIDs go from one to the other. Memory is bounded by that package's budget, whatever the
// number of rows, of kinds of faults and of duplicates.
//
// # Decisions
//
// Duplicates are counted among the valid rows: a row that is never sent neither overtakes another nor keeps
// it from being sent. Which is what an import with --duplicates reject does.
//
// Where duplicates are rejected and rows are to be written, the inputs are read twice, since the duplicates
// are known only at their end. Standard input is refused then: it would have to be copied to the disk.
package check

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"imimport/pkg/distinct"
	"imimport/reader"
)

// Config is what is checked. The zero value of each field is its default.
type Config struct {
	Inputs []string      // as reader.Expand has them
	Reader reader.Config // Progress is told of the reading of the rows too

	RejectDuplicates bool    // the later row of a UserID is refused; else it wins
	PerSecond        float64 // accounts that an import would send in a second; 0 is not known

	WriteValid   string // file for the rows that would be sent; "" is none
	WriteInvalid string // and for the others

	TempDir string // where large inputs are partitioned; "" is the system's
	Budget  int    // memory for finding duplicates; 0 is distinct.DefaultBudget
}

// Run reads the inputs to their end. Its errors are a *reader.InputError, a *reader.ChangedError, an
// *output.Error, what ctx ended with, or of the disk that duplicates are found on.
func Run(ctx context.Context, cfg Config) (*Result, error) {
	began := time.Now()
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	r, err := reader.Open(ctx, cfg.Inputs, cfg.Reader)
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }() // it was only read
	if err := r.Scan(); err != nil {
		return nil, err
	}
	c := &checker{cfg: cfg, ctx: ctx, result: newResult(cfg, r)}
	if err := c.run(r); err != nil {
		return nil, err
	}
	c.result.BytesRead, _ = r.Bytes()
	c.result.finish(cfg, time.Since(began))
	return c.result, nil
}

type checker struct {
	cfg    Config
	ctx    context.Context
	result *Result
	lines  lineIndex
}

// run is the whole check: the reading with its duplicates, then what is written.
func (c *checker) run(r *reader.Reader) (err error) {
	var out *outputs
	twice := c.cfg.RejectDuplicates && c.cfg.writes()
	if !twice {
		if out, err = c.cfg.openOutputs(r); err != nil {
			return err
		}
		defer out.drop() // nothing is left to drop once it is kept
	}
	f := startFinding(distinct.New(c.cfg.TempDir, c.cfg.Budget))
	err = c.read(r, f, out)
	duplicates, findErr := f.finish()
	if findErr == nil {
		defer func() { _ = duplicates.Close() }() // its file is gone either way
	}
	if err = errors.Join(err, findErr); err != nil {
		return err
	}
	if twice {
		return c.writeSeparately(duplicates)
	}
	if err := c.countDuplicates(duplicates); err != nil {
		return err
	}
	return out.keep()
}

// read judges every row, and hands the UserIDs of the valid ones on.
func (c *checker) read(r *reader.Reader, f *finding, out *outputs) error {
	row := new(reader.Row)
	for {
		switch err := r.Read(row); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		if row.Number%batchRows == 0 {
			if c.ctx.Err() != nil {
				return context.Cause(c.ctx)
			}
			c.tell(r)
		}
		c.lines.add(row)
		c.result.count(row)
		if row.Fault == nil && !f.take(row) {
			return nil // finish tells why
		}
		if err := out.write(row, refusalOf(row)); err != nil {
			return err
		}
	}
}

func (c *checker) tell(r *reader.Reader) {
	if c.cfg.Reader.Progress != nil {
		c.cfg.Reader.Progress(r.Bytes())
	}
}

// countDuplicates counts, and names the first.
func (c *checker) countDuplicates(d *distinct.Duplicates) error {
	result := &c.result.Duplicates
	result.Rows, result.UserIDs = d.Rows(), d.Keys()
	for len(result.First) < mostExamples {
		pair, ok, err := d.Next()
		if err != nil || !ok {
			return err
		}
		result.First = append(result.First, c.duplicate(pair.Row, pair.First))
	}
	return nil
}

func (c *checker) duplicate(row, first int64) Duplicate {
	at, before := c.lines.find(row), c.lines.find(first)
	return Duplicate{Row: row, File: c.result.fileName(at), Line: at.line,
		FirstRow: first, FirstFile: c.result.fileName(before), FirstLine: before.line}
}

// writeSeparately reads the inputs again and writes each row to its file, duplicates among the refused.
func (c *checker) writeSeparately(d *distinct.Duplicates) error {
	result := &c.result.Duplicates
	result.Rows, result.UserIDs = d.Rows(), d.Keys()
	r, err := reader.Open(c.ctx, c.cfg.Inputs, c.cfg.Reader)
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }() // it was only read
	out, err := c.cfg.openOutputs(r)
	if err != nil {
		return err
	}
	defer out.drop() // nothing is left to drop once it is kept
	for row := new(reader.Row); ; {
		switch err := r.Read(row); {
		case errors.Is(err, io.EOF):
			if n := r.Position().Row; n != c.result.Rows {
				return &reader.ChangedError{File: c.cfg.Inputs[0], What: fmt.Sprintf("it had %d rows and now has %d", c.result.Rows, n)}
			}
			return out.keep()
		case err != nil:
			return err
		}
		if row.Number%batchRows == 0 {
			if c.ctx.Err() != nil {
				return context.Cause(c.ctx)
			}
			c.tell(r)
		}
		refused := refusalOf(row)
		if row.Fault == nil {
			first, dup, err := d.Reject(row.Number)
			if err != nil {
				return err
			}
			if dup {
				refused = &refusal{"duplicate", fmt.Sprintf("the same UserID as row %d", first)}
				if len(result.First) < mostExamples {
					result.First = append(result.First, c.duplicate(row.Number, first))
				}
			}
		}
		if err := out.write(row, refused); err != nil {
			return err
		}
	}
}
