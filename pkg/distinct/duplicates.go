package distinct

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"

	"imimport/pkg/spill"
)

// Pair is a row that repeats the key of an earlier one.
type Pair struct {
	Row   int64
	First int64 // the first row with that key; with Last, one that is higher than Row
}

const pairSize = 16

func pairOf(row, first uint64) (b [pairSize]byte) {
	binary.LittleEndian.PutUint64(b[:], row)
	binary.LittleEndian.PutUint64(b[8:], first)
	return b
}

// Duplicates are the rows that repeat the key of an earlier row, in ascending order. It is for one goroutine.
type Duplicates struct {
	file spill.File
	rows int64
	keys int64
	runs []*run // by the row of their pair
	last int64  // row of Reject
}

// Rows is how many rows repeat the key of an earlier one.
func (d *Duplicates) Rows() int64 { return d.rows }

// Keys is how many keys have more than one row.
func (d *Duplicates) Keys() int64 { return d.keys }

// Next removes the next pair, in ascending order of rows; ok is false at the end. An error is final.
func (d *Duplicates) Next() (p Pair, ok bool, err error) {
	if len(d.runs) == 0 {
		return Pair{}, false, nil
	}
	r := d.runs[0]
	p = r.pair
	if err := r.next(&d.file); err != nil {
		return Pair{}, false, err
	}
	if r.ended {
		d.runs = d.runs[1:]
		return p, true, nil
	}
	i, _ := slices.BinarySearchFunc(d.runs[1:], r, byRow)
	copy(d.runs, d.runs[1:1+i])
	d.runs[i] = r
	return p, true, nil
}

func byRow(a, b *run) int { return cmp.Compare(a.pair.Row, b.pair.Row) }

// Reject tells whether a row repeats the key of an earlier row, and of which. Rows must be ascending; pairs that Next has
// returned are gone.
func (d *Duplicates) Reject(row int64) (first int64, dup bool, err error) {
	if row <= d.last {
		return 0, false, fmt.Errorf("look for row %d: must be above %d", row, d.last)
	}
	d.last = row
	for len(d.runs) > 0 && d.runs[0].pair.Row <= row {
		p, _, err := d.Next()
		if err != nil {
			return 0, false, err
		}
		if p.Row == row {
			return p.First, true, nil
		}
	}
	return 0, false, nil
}

// Close removes the temporary file. Closing twice is fine.
func (d *Duplicates) Close() error { return d.file.Close() }

// merge starts to read the lists, with buffers of about memory bytes together.
func (d *Duplicates) merge(lists []*spill.List, memory int) error {
	chunk := clamp(memory/len(lists)/pairSize*pairSize, pairSize, 64<<10)
	for _, l := range lists {
		r := &run{list: l, buf: make([]byte, chunk)}
		if err := r.next(&d.file); err != nil {
			return err
		}
		if !r.ended {
			d.runs = append(d.runs, r)
		}
	}
	slices.SortFunc(d.runs, byRow)
	return nil
}

// run reads a list of pairs.
type run struct {
	list  *spill.List
	buf   []byte
	rest  []byte // not read yet
	pair  Pair
	ended bool
}

func (r *run) next(file *spill.File) (err error) {
	if len(r.rest) == 0 {
		if r.rest, err = r.list.Take(file, r.buf); err != nil || len(r.rest) == 0 {
			r.ended = true
			return err
		}
	}
	r.pair = Pair{int64(binary.LittleEndian.Uint64(r.rest)), int64(binary.LittleEndian.Uint64(r.rest[8:]))}
	r.rest = r.rest[pairSize:]
	return nil
}
