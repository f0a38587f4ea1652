package verify

import (
	"cmp"
	"errors"
	"io"

	"imimport/pkg/distinct"
	"imimport/pkg/fault"
	"imimport/pkg/output"
	"imimport/reader"
)

// firstReading is what is known of the inputs once they have been read.
type firstReading struct {
	repeated rowSet          // places of rows that do not count
	repeats  int64           // and how many they are
	last     reader.Position // after the last row
	name     string          // of the inputs
}

// findBudget is the memory for finding repeated UserIDs, as before a run.
const findBudget = 16 << 20

// findRepeated reads all rows.
func (cfg Config) findRepeated(r *reader.Reader) (*firstReading, error) {
	finder := distinct.New(cmp.Or(cfg.Dir, "."), cmp.Or(cfg.Budget, findBudget), cfg.Counts)
	defer finder.Close() //nolint:errcheck // its file is gone either way
	f := &firstReading{repeated: rowSet{}, name: "one of the inputs"}
	if len(cfg.Inputs) == 1 {
		f.name = reader.PublicName(cfg.Inputs[0])
	}
	for row, err := range r.Rows() {
		if err != nil {
			return nil, err
		}
		select {
		case <-cfg.Stop:
			return nil, interrupted()
		default:
		}
		f.last = row.End
		if row.Fault != nil {
			continue
		}
		if err := finder.Add(row.UserID, cfg.place(row)); err != nil {
			return nil, output.Full(err)
		}
	}
	return f, f.take(finder)
}

// take takes in what the finder has found.
func (f *firstReading) take(finder *distinct.Finder) error {
	found, err := finder.Finish()
	if err != nil {
		return output.Full(err)
	}
	defer found.Close() //nolint:errcheck // its file is gone either way
	f.repeats = found.Rows()
	for {
		pair, ok, err := found.Next()
		if err != nil || !ok {
			return output.Full(err)
		}
		f.repeated.add(pair.Row)
	}
}

// read reads a row once more. What the inputs have grown by since then is left out.
func (f *firstReading) read(r *reader.Reader, row *reader.Row) error {
	err := r.Read(row)
	switch {
	case errors.Is(err, io.EOF):
		return reader.Changed(f.name, "it had %d rows and now has %d", f.last.Row, r.Position().Row)
	case err == nil && row.Number == f.last.Row && row.End != f.last:
		return reader.Changed(f.name, "it has other rows")
	}
	return err
}

// place is a row's place among those that came before and after it.
func (cfg Config) place(row *reader.Row) int64 {
	if cfg.Settled {
		return row.Origin()
	}
	return row.Number
}

// sameNumber refuses an outcome file in which a _row is there twice.
func (cfg Config) sameNumber(row *reader.Row) error {
	return fault.New(fault.Input, fault.Hintf("the file is not as the job wrote it; put that one back"), "_row %d is there twice", cfg.place(row)).
		At(cfg.Inputs[row.File], row.Line)
}

// rowSet is a set of rows, a bit each, in pages that are made where they are needed.
type rowSet map[int64]*rowPage

type rowPage [pageRows / 64]uint64

const pageRows = 1 << 15

func (s rowSet) add(row int64) {
	page := s[row/pageRows]
	if page == nil {
		page = new(rowPage)
		s[row/pageRows] = page
	}
	page[row%pageRows/64] |= 1 << (row % 64)
}

func (s rowSet) has(row int64) bool {
	page := s[row/pageRows]
	return page != nil && page[row%pageRows/64]&(1<<(row%64)) != 0
}
