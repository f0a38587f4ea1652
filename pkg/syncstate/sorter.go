package syncstate

import (
	"slices"

	"imimport/pkg/spill"
)

const bufferSize = 1 << 10 * recordSize // bytes of a partition in memory, before they go to the file

// sorter takes records in any order and returns them sorted, a partition at a time. It holds 256 buffers and one
// partition in memory; the rest is in a temporary file.
type sorter struct {
	file   spill.File
	parts  []spill.List
	raw    []byte // reused
	sorted []record
}

func newSorter(dir string) *sorter {
	return &sorter{file: spill.In(dir, ".sort-*.tmp"), raw: make([]byte, bufferSize),
		parts: slices.Repeat([]spill.List{{Limit: bufferSize}}, partitions)}
}

func (s *sorter) add(r record) error {
	var b [recordSize]byte
	return s.parts[r.key.partition()].Add(&s.file, appendRecord(b[:0], r))
}

// partition removes a partition and returns its records, sorted. They are valid until the next call.
func (s *sorter) partition(i int) ([]record, error) {
	s.sorted = s.sorted[:0]
	for {
		raw, err := s.parts[i].Take(&s.file, s.raw)
		if err != nil {
			return nil, err
		}
		if len(raw) == 0 {
			slices.SortFunc(s.sorted, order)
			return s.sorted, nil
		}
		s.sorted = appendDecoded(s.sorted, raw)
	}
}
