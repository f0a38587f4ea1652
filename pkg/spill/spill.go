// Package spill keeps lists that may outgrow the memory in one temporary file. A [List] has its newest entries in memory.
// Whenever they reach its limit they are appended to a [File], which any number of lists share.
//
// The file has no name once it is open, so that a killed process leaves nothing. On Windows it keeps its name.
package spill

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// File is a temporary file that is made when it is first written. It is for one goroutine. Close it.
type File struct {
	Disk Disk // nil before the file is made; a test may set one that fails, and is empty

	dir, pattern string
	size         int64
	left         string // its name, if it still has one
}

// Disk is what a File needs of an *os.File.
type Disk interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
}

// In makes a File whose directory and name are those of [os.CreateTemp].
func In(dir, pattern string) File { return File{dir: dir, pattern: pattern} }

// Append writes bytes behind those that are in the file, and tells where.
func (f *File) Append(b []byte) (offset int64, err error) {
	if f.Disk == nil {
		if err := f.open(); err != nil {
			return 0, err
		}
	}
	offset = f.size
	if _, err := f.Disk.WriteAt(b, offset); err != nil {
		return 0, fmt.Errorf("write temporary file: %w", err)
	}
	f.size += int64(len(b))
	return offset, nil
}

func (f *File) open() error {
	file, err := os.CreateTemp(f.dir, f.pattern)
	if err != nil {
		return fmt.Errorf("make temporary file: %w", err)
	}
	if os.Remove(file.Name()) != nil { // Windows keeps the name of an open file
		f.left = file.Name()
	}
	f.Disk = file
	return nil
}

// Close removes the file. Closing twice is fine.
func (f *File) Close() error {
	if f.Disk == nil {
		return nil
	}
	err := f.Disk.Close()
	if f.left != "" {
		err = errors.Join(err, os.Remove(f.left))
	}
	f.Disk = nil
	return err
}

// List is a list of entries of one size in bytes. It is for one goroutine.
type List struct {
	Limit int // bytes in memory, at most

	size    int64
	buffer  []byte
	extents []extent
}

// extent is a part of a list in the file. It holds whole entries.
type extent struct {
	offset int64
	size   int
}

// Size is the bytes of all entries that were added.
func (l *List) Size() int64 { return l.size }

// Add appends an entry, which is copied.
func (l *List) Add(f *File, entry []byte) error {
	if len(l.buffer)+len(entry) > l.Limit {
		if err := l.spill(f); err != nil {
			return err
		}
	}
	l.buffer = append(l.buffer, entry...)
	l.size += int64(len(entry))
	return nil
}

func (l *List) spill(f *File) error {
	if len(l.buffer) == 0 {
		return nil
	}
	offset, err := f.Append(l.buffer)
	if err != nil {
		return err
	}
	l.extents = append(l.extents, extent{offset, len(l.buffer)})
	l.buffer = l.buffer[:0]
	return nil
}

// Flush writes all entries to the file and frees their memory.
func (l *List) Flush(f *File) error {
	if err := l.spill(f); err != nil {
		return err
	}
	l.buffer = nil
	return nil
}

// Take removes the next entries in order and returns them, none at the end. They may be in buf, which has room for Limit
// bytes or for a whole number of entries.
func (l *List) Take(f *File, buf []byte) ([]byte, error) {
	if len(l.extents) == 0 {
		rest := l.buffer
		l.buffer = nil
		return rest, nil
	}
	e := &l.extents[0]
	n := min(e.size, len(buf))
	if _, err := f.Disk.ReadAt(buf[:n], e.offset); err != nil {
		return nil, fmt.Errorf("read temporary file: %w", err)
	}
	e.offset, e.size = e.offset+int64(n), e.size-n
	if e.size == 0 {
		l.extents = l.extents[1:]
	}
	return buf[:n], nil
}
