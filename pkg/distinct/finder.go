// Package distinct finds the rows that repeat the key of an earlier row, over any number of rows, in
// bounded memory and exactly.
//
// # How
//
// A hash table holds each key with its first row. A row whose key is there is a duplicate, found at once.
// When the table has reached the budget, its entries move to partitions by the first bits of the key's
// hash, in one temporary file, and so do all rows that follow. [Finder.Finish] puts one partition after the
// other through the table. A partition of more keys than the table holds is split again, by the next bits,
// in the same way. A key that repeats without end is one entry all the same, so no input is too skewed.
//
// A Finder of [NewLast] keeps the highest row of each key instead, and finds the others: also exactly, since each
// row but the highest loses its place in the table once, in whatever order they come.
//
// Within a partition rows keep their order: first the entries of the table, whose keys all differ, then
// later rows, ascending. So what each partition finds is ascending too, and [Duplicates] merges it.
//
// The temporary file has 24 bytes for each row (48 for those in partitions that were split again) and 16
// for each duplicate. It has no name from its first moment on where the system allows that, so that a
// killed process leaves nothing behind.
//
// # Decisions
//
// Keys are compared by the first 128 bits of their SHA-256. That two different keys among n share them has
// a probability of n²/2¹²⁹: below 10⁻²⁰ for a billion, less than that of a memory error which turns one
// key into another. Nor can such keys be made on purpose: the best known way costs 2⁶⁴ hashes. A faster
// hash that is only well spread would allow that. It costs 0.1 µs a row, less than reading the row.
//
// Rejected: sorting the partitions (slower than a table, and in need of a second plan for one key that fills
// a partition); a filter such as Bloom's, followed by a second pass (not every input can be read twice).
package distinct

import (
	"errors"
	"fmt"

	"imimport/pkg/spill"
)

// DefaultBudget is the memory of a Finder that is given none: some two million keys stay off the disk.
const DefaultBudget = 96 << 20

// Finder takes keys in. It is for one goroutine.
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

// node is a set of rows that share the first level×partitionBits bits of their hash. They are in the table,
// and once that was full they are in parts.
type node struct {
	level int
	parts []spill.List
	pairs *spill.List
}

const (
	partitionBits = 6
	partitions    = 1 << partitionBits
	deepest       = 64/partitionBits - 1 // level whose partitions are not split: the hash has no more bits for it
)

// New makes a Finder that uses about budget bytes of memory (0 is [DefaultBudget]) and, where that is not
// enough, a temporary file in dir. Close it, or the Duplicates that Finish returns.
func New(dir string, budget int) *Finder {
	if budget <= 0 {
		budget = DefaultBudget
	}
	s := sizesFor(budget)
	f := &Finder{file: spill.In(dir, ".distinct-*"), sizes: s, table: table{most: s.keys}}
	f.root = node{pairs: &spill.List{Limit: s.pairs}}
	f.runs = []*spill.List{f.root.pairs}
	return f
}

// NewLast makes a Finder like New, of which a key's highest row is what the others repeat. Its rows come in any
// order. So do its Duplicates: Next has their pairs in none, and Reject is not for them.
func NewLast(dir string, budget int) *Finder {
	f := New(dir, budget)
	f.table.highest = true
	return f
}

// sizes are shares of the budget, in bytes where nothing else is said.
type sizes struct {
	keys  int // entries of the table
	block int // a partition's buffer
	pairs int // duplicates that are kept off the disk
	chunk int // reading
}

// sizesFor gives half the budget to the table (three quarters of it are in use while it grows), and an
// eighth each to the partitions' buffers and to the duplicates.
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

// Add takes the key of a row. Rows are from 1 on, and ascending unless NewLast made the Finder. An error is final.
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
			f.table.most *= 2 // keys that share 64 bits of a SHA-256: this will not happen
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
	n.parts = make([]spill.List, partitions)
	for i := range n.parts {
		n.parts[i].Limit = f.sizes.block
	}
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

// Finish looks at what is on the disk. The Finder is of no more use.
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
	for i := range n.parts {
		// What waits in memory goes to the disk: there may be many nodes.
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
