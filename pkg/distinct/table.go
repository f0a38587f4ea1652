package distinct

import (
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
)

// record is a key and a row that has it. The bit repeated is set in row if another row has the key too.
type record struct {
	hi, lo uint64
	row    uint64
}

const (
	recordSize = 24
	repeated   = 1 << 63
)

func recordFor(key string, row int64) record {
	sum := sha256.Sum256([]byte(key))
	return record{binary.BigEndian.Uint64(sum[:8]), binary.BigEndian.Uint64(sum[8:16]), uint64(row)}
}

func (r record) bytes() (b [recordSize]byte) {
	binary.LittleEndian.PutUint64(b[:], r.hi)
	binary.LittleEndian.PutUint64(b[8:], r.lo)
	binary.LittleEndian.PutUint64(b[16:], r.row)
	return b
}

func recordOf(b []byte) record {
	return record{binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:]), binary.LittleEndian.Uint64(b[16:])}
}

// table has the first row of each key, or the highest, in open addressing by the low half of the hash: keys of the
// same partition have the same first bits in the high half.
type table struct {
	slots    []record // row 0 is empty
	used     int
	most     int   // keys
	highest  bool  // the highest row of a key is kept, and not the first
	repeated int64 // keys with more than one row, over all resets
}

const minSlots = 1 << 6

// fill is how many keys a number of slots takes.
func fill(slots int) int { return slots / 4 * 3 }

// put adds a row unless its key is in the table (found, with the row that had it) or there is no room (full).
func (t *table) put(r record) (had uint64, found, full bool) {
	if len(t.slots) == 0 {
		t.slots = make([]record, minSlots)
	}
	s := t.find(r)
	if s.row != 0 {
		if s.row&repeated == 0 {
			s.row |= repeated
			t.repeated++
		}
		had = s.row &^ repeated
		if t.highest && r.row > had {
			s.row = r.row | repeated
		}
		return had, true, false
	}
	if t.used == t.most {
		return 0, false, true
	}
	if t.used == fill(len(t.slots)) {
		t.grow()
		s = t.find(r)
	}
	*s = r
	t.used++
	return 0, false, false
}

// find is the slot of a record's key, or the empty slot for it.
func (t *table) find(r record) *record {
	mask := uint64(len(t.slots) - 1)
	for i := r.lo & mask; ; i = (i + 1) & mask {
		s := &t.slots[i]
		if s.row == 0 || s.lo == r.lo && s.hi == r.hi {
			return s
		}
	}
}

func (t *table) grow() {
	old := t.slots
	t.slots = make([]record, 2*len(old))
	for _, r := range old {
		if r.row != 0 {
			*t.find(r) = r
		}
	}
}

// reset empties the table and makes room for a number of keys.
func (t *table) reset(keys int) {
	slots := max(minSlots, 1<<bits.Len(uint(max(keys*4/3, 1)-1)))
	if slots <= cap(t.slots) {
		t.slots = t.slots[:slots]
		clear(t.slots)
	} else {
		t.slots = make([]record, slots)
	}
	t.used = 0
}
