// Package syncstate remembers which accounts a service has accepted, and with what content. A table of ten million rows
// is compared with that in seconds: which rows are new, which have changed, which accounts are gone.
//
// # Files
//
// state.json names all other files, with their sizes and sums, and is replaced atomically: a crash leaves the old state
// or the new one. A file that differs is refused; one that is not named is removed by the next update.
//
// records/XX-G are 256 partitions by the first byte of the key. Each has sorted records of 32 bytes: 16 bytes key (SHA-256
// of the UserID), 8 bytes content (a hash of Nick, FaceUrl and the profile), 8 bytes offset of the UserID in names-G. G is the
// generation that wrote the file; an unchanged partition is not written again.
//
// # Decisions
//
// Chosen: hash partitions, merged one by one in memory (40,000 records each for ten million rows). Measured, it is ten
// times faster than the best of pebble, SQLite, bbolt and badger. UserIDs are stored too, because accounts that are gone
// must be named. They are appended, and written again once more than half of them are unused.
//
// An account is [Unknown] if its row was under way when a run was killed, or its tries were used up: it differs from every
// row, so the row is sent again. It is [Unsure] if no row of it is known to have been accepted.
package syncstate

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"github.com/cespare/xxhash/v2"

	"imimport/pkg/profile"
)

// Key stands for a UserID: 128 bits of its SHA-256. Nobody can make two UserIDs with the same key.
type Key struct{ hi, lo uint64 }

// KeyOf is the key of a UserID.
func KeyOf(userID string) Key {
	var buf [64]byte
	sum := sha256.Sum256(append(buf[:0], userID...))
	return Key{binary.BigEndian.Uint64(sum[:]), binary.BigEndian.Uint64(sum[8:])}
}

func (k Key) compare(l Key) int { return cmp.Or(cmp.Compare(k.hi, l.hi), cmp.Compare(k.lo, l.lo)) }
func (k Key) partition() int    { return int(k.hi >> 56) }

// Contents with a meaning of their own. No row has them.
const (
	Unknown = 0 // what the service has is not known
	removed = 1 // in changes: the service no longer has the account
	kept    = 2 // in changes: the record stays as it is
	Unsure  = 3 // the service may not have the account; one that is in the state already becomes Unknown
	lowest  = 4
)

// ContentOf is a hash of what a row gives an account. No text holds a NUL. Without values of the profile it is the hash that
// states had before there were any.
func ContentOf(nick, faceURL string, values ...profile.Value) uint64 {
	var buf [1024]byte
	b := binary.AppendUvarint(buf[:0], uint64(len(nick)))
	b = append(append(b, nick...), faceURL...)
	byName := func(a, b profile.Value) int { return cmp.Compare(a.Name, b.Name) }
	if !slices.IsSortedFunc(values, byName) { // their order is that of a mapping
		values = slices.SortedFunc(slices.Values(values), byName)
	}
	for _, v := range values {
		b = append(append(append(append(b, 0), v.Name...), 0), v.Text...)
	}
	return max(xxhash.Sum64(b), lowest)
}

const (
	recordSize = 32
	partitions = 256
)

// record is an entry of a partition. place is the number of a row in an Input, and an offset in names elsewhere.
type record struct {
	key     Key
	content uint64
	place   uint64
}

func appendRecord(b []byte, r record) []byte {
	b = binary.BigEndian.AppendUint64(b, r.key.hi)
	b = binary.BigEndian.AppendUint64(b, r.key.lo)
	b = binary.BigEndian.AppendUint64(b, r.content)
	return binary.BigEndian.AppendUint64(b, r.place)
}

// appendDecoded decodes all records of raw.
func appendDecoded(to []record, raw []byte) []record {
	for ; len(raw) >= recordSize; raw = raw[recordSize:] {
		key := Key{binary.BigEndian.Uint64(raw), binary.BigEndian.Uint64(raw[8:])}
		to = append(to, record{key, binary.BigEndian.Uint64(raw[16:]), binary.BigEndian.Uint64(raw[24:])})
	}
	return to
}

// order is by key, then by place.
func order(a, b record) int { return cmp.Or(a.key.compare(b.key), cmp.Compare(a.place, b.place)) }
