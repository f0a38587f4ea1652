package syncstate

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"imimport/pkg/plain"
)

// A names file holds UserIDs: a byte of length, then the text.

// nameReader reads single UserIDs.
type nameReader struct {
	path string
	file *os.File
	buf  [256]byte
}

func (n *nameReader) read(r record) (string, error) {
	if n.file == nil {
		f, err := plain.Open(n.path)
		if err != nil {
			return "", &DamagedError{n.path, err}
		}
		n.file = f
	}
	got, _ := n.file.ReadAt(n.buf[:], int64(r.place)) // less at the end of the file; the key tells whether it was enough
	if got > 0 && got > int(n.buf[0]) {
		if name := string(n.buf[1 : 1+int(n.buf[0])]); KeyOf(name) == r.key {
			return name, nil
		}
	}
	return "", &DamagedError{n.path, fmt.Errorf("the UserID at byte %d is not the one of its record in %s", r.place, filepath.Base(recordsDir))}
}

func (n *nameReader) close() {
	if n.file != nil {
		_ = n.file.Close() // only read from
	}
}

// nameWriter appends UserIDs.
type nameWriter struct {
	namesFile // with all that was added
	file      *os.File
	out       *bufio.Writer
}

func newNameWriter(f *os.File, n namesFile) nameWriter {
	return nameWriter{namesFile: n, file: f, out: bufio.NewWriterSize(f, 1<<18)}
}

func (w *nameWriter) add(userID string) error {
	_ = w.out.WriteByte(byte(len(userID))) // bufio returns its error from the next write
	if _, err := w.out.WriteString(userID); err != nil {
		return fmt.Errorf("write names: %w", err)
	}
	w.Length += int64(len(userID)) + 1
	w.Count++
	return nil
}

func (w *nameWriter) sync() error {
	if err := errors.Join(w.out.Flush(), syncFile(w.file)); err != nil {
		return fmt.Errorf("write names: %w", err)
	}
	return nil
}
