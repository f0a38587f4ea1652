// Package distinct finds the rows that repeat the key of an earlier row, exactly, for any number of rows, in
// bounded memory.
//
// # How
//
// A hash table holds each key with its first row. A row whose key is in the table is a duplicate. When the table has
// reached the budget, its entries go to partitions by the first bits of the key's hash, in one temporary file, and so do
// all later rows. [Finder.Finish] puts one partition after the other through the table, and splits one with too many keys
// by the next bits. A key that is repeated any number of times is one entry, so no input is too skewed.
//
// A Finder for [Last] keeps the highest row of each key instead. In whatever order the rows come, each row but the
// highest loses its place in the table once.
//
// Within a partition rows stay in order: the entries of the table, whose keys all differ, then later rows, ascending. So
// its duplicates are ascending too, and [Duplicates] merges them.
//
// The temporary file has 24 bytes for each row (48 if its partition was split) and 16 for each duplicate; see pkg/spill.
//
// # Decisions
//
// Keys are compared by the first 128 bits of their SHA-256. The probability that two different keys among n have the same
// bits is n²/2¹²⁹: below 10⁻²⁰ for a billion, less than that of a memory error. Nor can such keys be made on purpose:
// the best known way costs 2⁶⁴ hashes. SHA-256 costs 0.1 µs a row, less than reading the row.
//
// Rejected: sorting the partitions (slower than a table, and a single key that fills a partition needs a second method);
// a filter such as Bloom's with a second pass (not every input can be read twice).
package distinct

import (
	"errors"
	"fmt"
	"slices"

	"imimport/pkg/spill"
)

// DefaultBudget is the default memory of a Finder in bytes. Two million keys or so fit without a file.
const DefaultBudget = 96 << 20

// Finder collects the keys of rows. It is for one goroutine.
type Finder struct {
	file   spill.File
	sizes  sizes
	table  table
	root   node
	runs   []*spill.List // of pairs, each ascending
	buf    []byte        // for reading partitions
	last   int64
	repeat int64 // rows that repeat a key
}

// node is a set of rows with the same first level×partitionBits bits of hash: in the table until it is full, then in parts.
type node struct {
	level int
	parts []spill.List
	pairs *spill.List
}

const (
	partitionBits = 6
	partitions    = 1 << partitionBits
	deepest       = 64/partitionBits - 1 // the level whose partitions are not split, because the hash has no more bits
)

// Rule says which of the rows of one key counts; the others are its duplicates. Import, check, verify and sync share it.
type Rule int

const (
	Last  Rule = iota // the highest row
	First             // the first row
)

// New makes a Finder that uses about budget bytes of memory (0 is [DefaultBudget]) and, if that is not
// enough, a temporary file in dir. Close it, or the Duplicates that Finish returns.
//
// With [First], rows are added in ascending order. With [Last] they come in any order; then Next returns its pairs in no
// order, and Reject cannot be used.
func New(dir string, budget int, rule Rule) *Finder {
	if budget <= 0 {
		budget = DefaultBudget
	}
	s := sizesFor(budget)
	f := &Finder{file: spill.In(dir, ".distinct-*"), sizes: s, table: table{most: s.keys, highest: rule == Last}}
	f.root = node{pairs: &spill.List{Limit: s.pairs}}
	f.runs = []*spill.List{f.root.pairs}
	return f
}

// sizes are shares of the budget, in bytes unless it says otherwise.
type sizes struct {
	keys  int // entries of the table
	block int // a partition's buffer
	pairs int // duplicates in memory
	chunk int // read buffers
}

// sizesFor gives half the budget to the table (three quarters while it grows), an eighth each to buffers and duplicates.
func sizesFor(budget int) sizes {
	slots := minSlots
	for slots*2*recordSize <= budget*9/16 {
		slots *= 2
	}
	return sizes{
		keys:  fill(slots),
		block: clamp(budget/8/partitions, recordSize, 64<<10),
		pairs: clamp(budget/8, pairSize, 64<<20),
		chunk: budget / 8,
	}
}

func clamp(n, low, high int) int { return min(max(n, low), high) }

// Add adds the key of a row. Rows are numbered from 1, and ascending unless the last counts. An error is final.
func (f *Finder) Add(key string, row int64) error {
	if row <= f.last {
		return fmt.Errorf("add row %d: must be above %d", row, f.last)
	}
	if !f.table.highest {
		f.last = row
	}
	return f.add(&f.root, recordFor(key, row))
}

func (f *Finder) add(n *node, r record) error {
	if n.parts == nil {
		kept, found, full := f.table.put(r)
		switch {
		case found:
			f.repeat++
			row := r.row
			if f.table.highest && row > kept {
				row, kept = kept, row
			}
			b := pairOf(row, kept)
			return n.pairs.Add(&f.file, b[:])
		case !full:
			return nil
		case n.level > deepest:
			f.table.most *= 2 // so many keys with the same 64 bits of SHA-256 will not happen
			return f.add(n, r)
		}
		if err := f.split(n); err != nil {
			return err
		}
	}
	return n.put(&f.file, r)
}

// split moves the table's entries to partitions.
func (f *Finder) split(n *node) error {
	n.parts = slices.Repeat([]spill.List{{Limit: f.sizes.block}}, partitions)
	for _, r := range f.table.slots {
		if r.row == 0 {
			continue
		}
		if err := n.put(&f.file, r); err != nil {
			return err
		}
	}
	f.table.reset(0)
	return nil
}

func (n *node) put(file *spill.File, r record) error {
	p := r.hi << (n.level * partitionBits) >> (64 - partitionBits)
	b := r.bytes()
	return n.parts[p].Add(file, b[:])
}

// Finish finds the duplicates in the file. The Finder cannot be used any more.
func (f *Finder) Finish() (*Duplicates, error) {
	if err := f.finish(&f.root); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	d := &Duplicates{file: f.file, rows: f.repeat, keys: f.table.repeated}
	f.file, f.table, f.buf = spill.File{}, table{}, nil
	if err := d.merge(f.runs, f.sizes.chunk); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// finish puts the rows of a node's partitions through the table.
func (f *Finder) finish(n *node) error {
	for i := range n.parts { // there may be many nodes: the memory of all parts is needed
		if err := n.parts[i].Flush(&f.file); err != nil {
			return err
		}
	}
	if f.buf == nil && n.parts != nil {
		f.buf = make([]byte, f.sizes.block)
	}
	for i := range n.parts {
		part := &n.parts[i]
		f.table.reset(int(min(part.Size()/recordSize, int64(f.sizes.keys))))
		child := &node{level: n.level + 1, pairs: &spill.List{Limit: f.sizes.block}}
		err := f.addAll(child, part)
		if err == nil {
			err = f.finish(child)
		}
		if err == nil {
			err = child.pairs.Flush(&f.file)
		}
		if err != nil {
			return err
		}
		if child.pairs.Size() > 0 {
			f.runs = append(f.runs, child.pairs)
		}
	}
	return nil
}

// addAll adds the records of a partition to a node.
func (f *Finder) addAll(n *node, part *spill.List) error {
	for {
		records, err := part.Take(&f.file, f.buf)
		if err != nil || len(records) == 0 {
			return err
		}
		for ; len(records) > 0; records = records[recordSize:] {
			if err := f.add(n, recordOf(records)); err != nil {
				return err
			}
		}
	}
}

// Close removes the temporary file, unless Finish has passed it on. Closing twice is fine.
func (f *Finder) Close() error { return f.file.Close() }
