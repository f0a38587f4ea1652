package importer

import (
	"context"
	"slices"
	"time"

	"imimport/pkg/checkpoint"
	"imimport/pkg/fault"
)

const (
	slabRows     = 16        // rows that the reader hands over at a time
	slabBytes    = 256 << 10 // and about what they may hold
	windowRows   = 20_000    // unsettled rows at once
	windowBytes  = 16 << 20  // and what they may hold, with itemOverhead
	itemOverhead = 700       // bytes of an item, its call and its place in the window
	linger       = 50 * time.Millisecond
)

// slab is some rows on their way from the reader; err is what ended the input.
type slab struct {
	items       []item
	err         error
	done, total int64 // bytes
}

// read hands the rows over until the input ends or nobody wants them, and then closes out. Rows in settled have
// their outcome from an earlier run.
func read(ctx context.Context, src Source, settled checkpoint.Ranges, out chan<- slab) {
	defer close(out)
	f := &feed{src: src, settled: slices.Clone(settled), out: out}
	if err := fault.Guard(func() { f.run(ctx) }); err != nil {
		select {
		case out <- slab{err: err}:
		case <-ctx.Done():
		}
	}
}

// feed is the reader's goroutine.
type feed struct {
	src     Source
	settled checkpoint.Ranges
	out     chan<- slab
}

// run gives a loop that waits for rows those that were read so far, and a busy one whole slabs.
func (f *feed) run(ctx context.Context) {
	for {
		items, sent, size := make([]item, slabRows), 0, 0
		for n := range items {
			err := f.src.Read(&items[n].row)
			if err != nil {
				select {
				case f.out <- f.slab(items[sent:n], err):
				case <-ctx.Done():
				}
				return
			}
			items[n].settled = f.settled.Contains(items[n].row.Number)
			if size += items[n].row.Size; n+1 < len(items) && size < slabBytes {
				select {
				case f.out <- f.slab(items[sent:n+1], nil):
					sent = n + 1
				default:
				}
				continue
			}
			select {
			case f.out <- f.slab(items[sent:n+1], nil):
			case <-ctx.Done():
				return
			}
			break
		}
	}
}

func (f *feed) slab(items []item, err error) slab {
	done, total := f.src.Bytes()
	return slab{items, err, done, total}
}

// rows are the rows that were read and have no outcome: all of them in the window, and in fresh those that were never
// in a call.
type rows struct {
	window
	fresh []*item // in the order of the input
	since time.Time
	size  int   // of the calls that they are to fill
	taken int64 // rows of this run
	ended bool  // nothing more is read
}

func newRows(from *checkpoint.State, size int) rows {
	return rows{window: window{tails: map[string]*item{}, end: from.Watermark, known: from.Furthest, ahead: from.Ranges}, size: size}
}

// haveRoom tells whether more may be read.
func (rs *rows) haveRoom() bool {
	return !rs.ended && len(rs.fresh) < 2*rs.size+slabRows && rs.count < windowRows && rs.bytes < windowBytes
}

func (rs *rows) enqueue(it *item) {
	if len(rs.fresh) == 0 {
		rs.since = time.Now()
	}
	rs.fresh = append(rs.fresh, it)
}

// call takes out the rows of a new call: a full one, or a short one when no more rows come soon.
func (rs *rows) call(now time.Time) []*item {
	n := min(len(rs.fresh), rs.size)
	if n == 0 || n < rs.size && !rs.ended && now.Sub(rs.since) < linger {
		return nil
	}
	items := slices.Clone(rs.fresh[:n])
	clear(rs.fresh[:n])
	rs.fresh, rs.since = rs.fresh[n:], now
	return items
}

// done tells whether every row of the input has its outcome.
func (rs *rows) done() bool { return rs.ended && rs.count == 0 }
