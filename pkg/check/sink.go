package check

import (
	"fmt"
	"os"
	"path/filepath"
)

// sink is a file that has its name only when it is whole, so that a check that fails leaves no half of one
// and keeps what was there. What is no regular file (a pipe, /dev/null) is written as it is.
type sink struct {
	path string
	file *os.File
	tmp  string // "" where it is written in place, or was kept
	err  error  // the first of Write
}

func openSink(path string) (*sink, error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		if info.IsDir() {
			return nil, fmt.Errorf("write %q: is a directory", path)
		}
		file, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return nil, fmt.Errorf("write %q: %w", path, err)
		}
		return &sink{path: path, file: file}, nil
	}
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*.tmp")
	if err != nil {
		return nil, fmt.Errorf("write %q: %w", path, err)
	}
	return &sink{path: path, file: file, tmp: file.Name()}, nil
}

func (s *sink) Write(b []byte) (int, error) {
	n, err := s.file.Write(b)
	if err != nil {
		err = fmt.Errorf("write %q: %w", s.path, err)
		if s.err == nil {
			s.err = err
		}
	}
	return n, err
}

// What follows is there for report.Files: a sink begins empty, and ends by keep.
func (s *sink) Seek(int64, int) (int64, error) { return 0, nil }
func (s *sink) Truncate(int64) error           { return nil }
func (s *sink) Sync() error                    { return nil }
func (s *sink) Close() error                   { return nil }

func (s *sink) keep() error {
	file := s.file
	s.file = nil
	if err := file.Close(); err != nil {
		return fmt.Errorf("write %q: %w", s.path, err)
	}
	if s.tmp == "" {
		return nil
	}
	if err := os.Rename(s.tmp, s.path); err != nil {
		return fmt.Errorf("write %q: %w", s.path, err)
	}
	s.tmp = ""
	return nil
}

func (s *sink) drop() {
	if s.file != nil {
		_ = s.file.Close() // it is not wanted
	}
	if s.tmp != "" {
		_ = os.Remove(s.tmp) // it has a name that says what it is
	}
}

// unwritten stands for outcome files that no row goes to.
type unwritten struct{}

func (unwritten) Write(b []byte) (int, error)    { return len(b), nil }
func (unwritten) Seek(int64, int) (int64, error) { return 0, nil }
func (unwritten) Truncate(int64) error           { return nil }
func (unwritten) Sync() error                    { return nil }
func (unwritten) Close() error                   { return nil }

// readOnce tells whether an input is standard input or a pipe.
func readOnce(name string) bool {
	info, err := os.Stat(name)
	return name == "-" || err == nil && !info.Mode().IsRegular()
}

// sameFile tells whether two names are one file on the disk.
func sameFile(a, b string) bool {
	infoA, errA := os.Stat(a)
	infoB, errB := os.Stat(b)
	return errA == nil && errB == nil && infoA.Mode().IsRegular() && os.SameFile(infoA, infoB)
}
