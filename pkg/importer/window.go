package importer

import (
	"slices"

	"imimport/pkg/checkpoint"
	"imimport/pkg/decide"
	"imimport/reader"
)

// item is a row that was read.
type item struct {
	row      reader.Row
	settled  bool            // by an earlier run
	start    reader.Position // the place before it: the watermark, while this is the first unsettled row
	tries    decide.Tries    // answers that have used up a try
	alone    bool            // not in a slab
	before   int32           // tries of the import, once the service has taken it and the profile is at hand
	next     *item
	prev     *item
	follower *item // the next row of the same UserID, which waits for this one
}

// isImported tells whether the service has taken the row's account, and its profile is at hand.
func (it *item) isImported() bool { return it.before > 0 }

// detach puts an item into memory of its own: rows come in slabs and their text in pages, and a row that
// waits a minute for its next attempt would keep the memory of its neighbours.
func (w *window) detach(it *item) *item {
	if it.alone {
		return it
	}
	own := new(item)
	*own, *it = *it, item{}
	own.alone = true
	if own.row.Size <= slabBytes { // the text of larger ones has no neighbours
		own.row.Detach()
	} else {
		own.row.Fields = slices.Clone(own.row.Fields)
	}
	w.replace(it, own)
	return own
}

// replace puts an item in the place of another, which no row has as its follower any more: it was sent, so its turn had
// come.
func (w *window) replace(it, own *item) {
	if own.prev != nil {
		own.prev.next = own
	} else {
		w.first = own
	}
	if own.next != nil {
		own.next.prev = own
	} else {
		w.last = own
	}
	if w.tails[own.row.UserID] == it {
		w.tails[own.row.UserID] = own
	}
}

// window holds the rows that were read and not settled, in the order of the input. It knows the
// watermark, and that two rows of one UserID go one after the other.
type window struct {
	first, last *item
	tails       map[string]*item // by UserID: the last unsettled row of it
	count       int              // of rows
	bytes       int
	end         reader.Position   // after the last row read
	known       reader.Position   // after the furthest row that an earlier run settled
	ahead       checkpoint.Ranges // rows that an earlier run settled; those behind end have not been passed yet
}

// add takes a row that begins where the last one ended, and tells whether it may be sent now: false
// when an earlier row of its UserID is not settled; it is handed out when that one is.
func (w *window) add(it *item) bool {
	it.start, w.end = w.end, it.row.End
	if it.prev = w.last; w.last != nil {
		w.last.next = it
	} else {
		w.first = it
	}
	w.last = it
	w.count++
	w.bytes += it.row.Size + itemOverhead

	before := w.tails[it.row.UserID]
	w.tails[it.row.UserID] = it
	if before != nil {
		before.follower = it
	}
	return before == nil
}

// skip passes a row that is not sent: it was settled by an earlier run, or is refused here.
func (w *window) skip(row *reader.Row) { w.end = row.End }

// settle takes a row out and returns the row that waited for it, if any.
func (w *window) settle(it *item) *item {
	if it.prev != nil {
		it.prev.next = it.next
	} else {
		w.first = it.next
	}
	if it.next != nil {
		it.next.prev = it.prev
	} else {
		w.last = it.prev
	}
	w.count--
	w.bytes -= it.row.Size + itemOverhead
	if w.tails[it.row.UserID] == it {
		delete(w.tails, it.row.UserID)
	}
	follower := it.follower
	it.prev, it.next, it.follower = nil, nil, nil
	return follower
}

// watermark is the place before the first unsettled row, and the rows beyond it that are settled.
func (w *window) watermark() (reader.Position, checkpoint.Ranges) {
	mark := w.end
	var ranges checkpoint.Ranges
	if w.first != nil {
		mark = w.first.start
		settled := w.first.row.Number + 1
		for it := w.first.next; it != nil; it = it.next {
			ranges = ranges.Add(settled, it.row.Number-1)
			settled = it.row.Number + 1
		}
		ranges = ranges.Add(settled, w.end.Row)
	}
	for _, r := range w.ahead {
		ranges = ranges.Add(max(r[0], w.end.Row+1), r[1])
	}
	return mark, ranges
}

// furthest is the place after the last settled row, however far beyond the watermark.
func (w *window) furthest() reader.Position {
	end := w.end
	for it := w.last; it != nil && it.row.Number == end.Row; it = it.prev {
		end = it.start
	}
	if end.Row < w.known.Row {
		return w.known
	}
	return end
}
