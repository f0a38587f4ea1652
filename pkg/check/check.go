// Package check looks at every row of the inputs and sends nothing. It tells which rows an import or a strict import would
// refuse and why, which rows repeat a UserID, and how long the import would take.
//
// The caller's goroutine reads and judges the rows; another one looks for duplicates, with the memory that package distinct
// is given.
//
// # Decisions
//
// Only valid rows count as duplicates, as in an import: a row that is never sent does not stand for another one.
//
// To write rows and reject duplicates, the inputs are read twice, because the duplicates are known only at the end.
// Standard input and pipes are refused then: they would have to be copied to the disk.
package check

import (
	"context"
	"errors"
	"fmt"
	"time"

	"imimport/pkg/distinct"
	"imimport/reader"
)

// Config is what is checked. The zero value of each field is its default.
type Config struct {
	Inputs []string      // as reader.Expand gives them
	Reader reader.Config // Progress is called while the rows are read, too

	RejectDuplicates bool    // the later row of a UserID is refused; otherwise it wins
	PerSecond        float64 // accounts that an import would send in a second; 0 is not known

	WriteValid   string // file for the rows that would be sent; "" is none
	WriteInvalid string // file for the rows that would be refused; "" is none

	TempDir string // for the partitions of large inputs; "" is the system's
	Budget  int    // bytes of memory for finding duplicates; 0 is distinct.DefaultBudget
}

// Run reads the inputs to their end. Its errors are those of package reader, faults of the kind fault.Usage or
// fault.Disk about what is to be written, the cause why ctx ended, or an error of the disk that duplicates are found on.
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
	c := &checker{cfg: cfg, result: newResult(cfg, r)}
	if err := c.run(ctx, r); err != nil {
		return nil, err
	}
	c.result.BytesRead, _ = r.Bytes()
	c.result.finish(cfg, time.Since(began))
	return c.result, nil
}

type checker struct {
	cfg    Config
	result *Result
	lines  lineIndex
}

// run reads the rows, finds the duplicates, and writes what is to be written.
func (c *checker) run(ctx context.Context, r *reader.Reader) (err error) {
	out := &outputs{}
	twice := c.cfg.RejectDuplicates && c.cfg.writes()
	if !twice {
		if out, err = c.openOutputs(r); err != nil {
			return err
		}
		defer out.drop() // does nothing once the files are kept
	}
	f := startFinding(distinct.New(c.cfg.TempDir, c.cfg.Budget, distinct.First))
	err = c.read(r, f, out)
	duplicates, findErr := f.finish()
	if findErr == nil {
		defer func() { _ = duplicates.Close() }() // its file is gone either way
	}
	if err = errors.Join(err, findErr); err != nil {
		return err
	}
	c.result.Duplicates.Rows, c.result.Duplicates.UserIDs = duplicates.Rows(), duplicates.Keys()
	if twice {
		return c.writeSeparately(r.Again(ctx), duplicates)
	}
	if err := c.nameDuplicates(duplicates); err != nil {
		return err
	}
	return out.keep()
}

// read judges every row, and hands the UserIDs of the valid ones over.
func (c *checker) read(r *reader.Reader, f *finding, out *outputs) error {
	for row, err := range r.Rows() {
		if err != nil {
			return err
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
	return nil
}

// nameDuplicates names the first few.
func (c *checker) nameDuplicates(d *distinct.Duplicates) error {
	for len(c.result.Duplicates.First) < mostExamples {
		pair, ok, err := d.Next()
		if err != nil || !ok {
			return err
		}
		c.nameDuplicate(pair.Row, pair.First)
	}
	return nil
}

func (c *checker) nameDuplicate(row, first int64) {
	at, before := c.lines.find(row), c.lines.find(first)
	dup := Duplicate{Row: row, Line: at.line, FirstRow: first, FirstLine: before.line}
	dup.File, dup.Sheet = c.result.fileName(at)
	dup.FirstFile, dup.FirstSheet = c.result.fileName(before)
	c.result.Duplicates.First = append(c.result.Duplicates.First, dup)
}

// writeSeparately reads the inputs again and writes each row to its file, the duplicates among the refused ones.
func (c *checker) writeSeparately(r *reader.Reader, d *distinct.Duplicates) error {
	defer func() { _ = r.Close() }() // it was only read
	out, err := c.openOutputs(r)
	if err != nil {
		return err
	}
	defer out.drop() // does nothing once the files are kept
	for row, err := range r.Rows() {
		if err != nil {
			return err
		}
		refused := refusalOf(row)
		if refused == nil {
			if refused, err = c.reject(row, d); err != nil {
				return err
			}
		}
		if err := out.write(row, refused); err != nil {
			return err
		}
	}
	return out.keep()
}

// reject refuses a valid row that repeats the UserID of an earlier one.
func (c *checker) reject(row *reader.Row, d *distinct.Duplicates) (*refusal, error) {
	first, repeats, err := d.Reject(row.Number)
	if err != nil || !repeats {
		return nil, err
	}
	if len(c.result.Duplicates.First) < mostExamples {
		c.nameDuplicate(row.Number, first)
	}
	return &refusal{"duplicate", fmt.Sprintf("the same UserID as row %d", first)}, nil
}
