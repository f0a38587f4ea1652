package syncstate

import (
	"errors"
	"fmt"
	"os"
	"slices"
)

const bufferSize = 1 << 10 * recordSize // bytes of a partition in memory, before they go to the disk

// sorter takes records in any order and gives them sorted, a partition at a time. Memory: 256 buffers and one
// partition, whatever the number of records; the rest is in a temporary file.
type sorter struct {
	dir   string
	file  *os.File
	size  int64
	parts [partitions]struct {
		buffer  []byte
		extents []int64 // of bufferSize each
	}
	raw    []byte // reused
	sorted []record
}

func (s *sorter) add(r record) error {
	p := &s.parts[r.key.partition()]
	if len(p.buffer) == bufferSize {
		if err := s.spill(p.buffer); err != nil {
			return err
		}
		p.extents = append(p.extents, s.size-bufferSize)
		p.buffer = p.buffer[:0]
	}
	p.buffer = appendRecord(p.buffer, r)
	return nil
}

func (s *sorter) spill(b []byte) error {
	if s.file == nil {
		f, err := os.CreateTemp(s.dir, ".sort-*.tmp")
		if err != nil {
			return fmt.Errorf("make temporary file: %w", err)
		}
		s.file = f
	}
	n, err := s.file.WriteAt(b, s.size)
	if err != nil {
		return fmt.Errorf("write temporary file: %w", err)
	}
	s.size += int64(n)
	return nil
}

// partition gives the sorted records of a partition. They are valid until the next call.
func (s *sorter) partition(i int) ([]record, error) {
	p := &s.parts[i]
	s.sorted = s.sorted[:0]
	s.raw = slices.Grow(s.raw[:0], bufferSize)[:bufferSize]
	for _, offset := range p.extents {
		if _, err := s.file.ReadAt(s.raw, offset); err != nil {
			return nil, fmt.Errorf("read temporary file: %w", err)
		}
		s.sorted = decodeAll(s.sorted, s.raw)
	}
	s.sorted = decodeAll(s.sorted, p.buffer)
	slices.SortFunc(s.sorted, order)
	return s.sorted, nil
}

func decodeAll(to []record, raw []byte) []record {
	for ; len(raw) >= recordSize; raw = raw[recordSize:] {
		to = append(to, decodeRecord(raw))
	}
	return to
}

func (s *sorter) close() error {
	if s.file == nil {
		return nil
	}
	err := errors.Join(s.file.Close(), os.Remove(s.file.Name()))
	s.file = nil
	return err
}
