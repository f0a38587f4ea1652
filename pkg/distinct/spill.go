package distinct

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// spill is the temporary file, made when it is first written.
type spill struct {
	dir  string
	file interface { // nil before it is made
		io.ReaderAt
		io.WriterAt
		io.Closer
	}
	size int64
	left string // its name, where it could not be taken away at once
}

func (s *spill) write(b []byte) (offset int64, err error) {
	if s.file == nil {
		if err := s.open(); err != nil {
			return 0, err
		}
	}
	offset = s.size
	if _, err := s.file.WriteAt(b, offset); err != nil {
		return 0, fmt.Errorf("write temporary file for duplicates: %w", err)
	}
	s.size += int64(len(b))
	return offset, nil
}

func (s *spill) open() error {
	file, err := os.CreateTemp(s.dir, ".distinct-*")
	if err != nil {
		return fmt.Errorf("make temporary file for duplicates: %w", err)
	}
	if os.Remove(file.Name()) != nil { // Windows keeps the name of an open file
		s.left = file.Name()
	}
	s.file = file
	return nil
}

func (s *spill) read(b []byte, offset int64) error {
	if _, err := s.file.ReadAt(b, offset); err != nil {
		return fmt.Errorf("read temporary file for duplicates: %w", err)
	}
	return nil
}

func (s *spill) close() error {
	if s.file == nil {
		return nil
	}
	err := s.file.Close()
	if s.left != "" {
		err = errors.Join(err, os.Remove(s.left))
	}
	s.file = nil
	return err
}

// list is a sequence of entries of one size. What is beyond limit bytes goes to the disk.
type list struct {
	limit   int
	size    int64 // bytes, all together
	buffer  []byte
	extents []extent
}

// extent is a part of a list on the disk.
type extent struct {
	offset int64
	size   int
}

func (l *list) add(file *spill, entry []byte) error {
	if len(l.buffer)+len(entry) > l.limit && len(l.buffer) > 0 {
		if err := l.spill(file); err != nil {
			return err
		}
	}
	l.buffer = append(l.buffer, entry...)
	l.size += int64(len(entry))
	return nil
}

func (l *list) spill(file *spill) error {
	offset, err := file.write(l.buffer)
	if err != nil {
		return err
	}
	l.extents = append(l.extents, extent{offset, len(l.buffer)})
	l.buffer = l.buffer[:0]
	return nil
}

// flush puts all on the disk and gives the memory back.
func (l *list) flush(file *spill) error {
	if len(l.buffer) > 0 {
		if err := l.spill(file); err != nil {
			return err
		}
	}
	l.buffer = nil
	return nil
}

// each calls visit for each record of a list that was flushed. buf is as large as its limit.
func (l *list) each(file *spill, buf []byte, visit func([]byte) error) error {
	for _, e := range l.extents {
		if err := file.read(buf[:e.size], e.offset); err != nil {
			return err
		}
		for at := 0; at < e.size; at += recordSize {
			if err := visit(buf[at : at+recordSize]); err != nil {
				return err
			}
		}
	}
	return nil
}
