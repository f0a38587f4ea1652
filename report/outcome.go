package report

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// Outcome is a row's final fate.
type Outcome int

const (
	Succeeded Outcome = iota
	Failed
	QuotaExceeded
	outcomes = iota
)

func (o Outcome) String() string { return [...]string{"succeeded", "failed", "quota_exceeded"}[o] }

// Settled is a row with its outcome: one line of an outcome file.
type Settled struct {
	Outcome  Outcome
	Row      int64  // 1 is the job's first data row
	File     string // in the line only if the job has several inputs
	Line     int64
	Sheet    string // of a workbook; Line is a row of it then
	UserID   string
	Code     int
	HasCode  bool   // false: no answer with a code came
	Kind     string // of the fault of a row that was refused before it was sent
	Class    string // "success", "invalid", "duplicate", "row", "transient", "quota"
	Reason   string // "" for rows that succeeded
	Command  string // that ended it, where a row may take several; "" is not said
	Attempts int
	Fields   []string // CSV: the input's own columns; longer than the columns when the row had too many
	Object   []byte   // JSONL: the input's own object, or its text if it is not an object

	SentAs                      string // for Layout.Resent: the UserID, if it is not as Fields or Object have it
	ServiceNick, ServiceFaceURL string // what the service has, for Layout.Service
}

// Layout is how the outcome files of a job look.
type Layout struct {
	JSON    bool     // .jsonl instead of .csv
	Columns []string // CSV: the input's own columns
	Sources bool     // several inputs: add _file and _line
	Resent  bool     // add _userid
	Service bool     // add _service_nick and _service_face_url
	Map     string   // what _map says in each line: how the rows were read, if the names do not tell; "" for no _map
	Excel   bool     // for spreadsheets: a byte order mark, and no cell that would run as a formula
}

// Name is the outcome file's name.
func (l Layout) Name(o Outcome) string {
	if l.JSON {
		return o.String() + ".jsonl"
	}
	return o.String() + ".csv"
}

// File is an open outcome file. An *os.File that was opened for appending is one.
type File interface {
	io.Writer
	io.Seeker
	Truncate(size int64) error
	Sync() error
	Close() error
}

// Lengths are the settled bytes of the outcome files, by [Outcome].
type Lengths [outcomes]int64

// Written is what of the outcome files is settled.
type Written struct {
	Lengths Lengths          `json:"lengths"`
	Sums    [outcomes]uint32 `json:"sums"` // CRC-32C of those bytes; 0 is not known
}

// Sum continues the CRC-32C of a file's bytes.
func Sum(sum uint32, b []byte) uint32 { return crc32.Update(sum, castagnoli, b) }

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Files are the three outcome files of a job. Append and Flush may be called by one goroutine only; Sync may run at the
// same time in another.
type Files struct {
	layout Layout
	files  [outcomes]outcomeFile
}

type outcomeFile struct {
	name   string
	file   File
	buffer []byte
	length int64 // in bytes, without the buffer
	sum    uint32
	err    error // the first one; nothing is written after it
}

const flushAt = 128 << 10

// OpenFiles opens the outcome files and cuts each to its length at the last checkpoint: what is beyond was not settled.
// Open must open a file for appending, and create it if it does not exist. A new file gets its header, which is part of
// its length from the first Flush on. The caller must call Close.
func OpenFiles(open func(name string) (File, error), layout Layout, from Written) (*Files, error) {
	w := &Files{layout: layout}
	for o := range w.files {
		f := &w.files[o]
		f.name = layout.Name(Outcome(o))
		file, err := open(f.name)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("open outcome file: %w", err), w.Close())
		}
		f.file, f.length, f.sum = file, from.Lengths[o], from.Sums[o]
		if err := f.cut(); err != nil {
			return nil, errors.Join(fmt.Errorf("cut %s to its last checkpoint: %w", f.name, err), w.Close())
		}
		if f.length == 0 {
			f.buffer = layout.AppendHeader(f.buffer)
		}
	}
	return w, nil
}

// cut truncates a file that was just opened. A file that is too short has lost rows, and is an error: truncating it
// would fill it with zeros.
func (f *outcomeFile) cut() error {
	size, err := f.file.Seek(0, io.SeekEnd)
	if err == nil && size < f.length {
		err = fmt.Errorf("it has %d bytes, and the checkpoint counts on %d: it was changed since", size, f.length)
	}
	if err != nil {
		return err
	}
	return f.file.Truncate(f.length)
}

// Append adds a row to the file of its outcome. It keeps nothing of s. An error is final: this row and all later ones
// are missing from the file until the job resumes from its last checkpoint.
func (w *Files) Append(s *Settled) error {
	f := &w.files[s.Outcome]
	f.buffer = w.layout.AppendRow(f.buffer, s)
	if len(f.buffer) >= flushAt {
		return f.flush()
	}
	return f.err
}

// Flush writes the buffers to the files and returns what they hold. A checkpoint may count on it after a Sync.
func (w *Files) Flush() (Written, error) {
	var all Written
	var errs []error
	for o := range w.files {
		f := &w.files[o]
		errs = append(errs, f.flush())
		all.Lengths[o], all.Sums[o] = f.length, f.sum
	}
	return all, errors.Join(errs...)
}

func (f *outcomeFile) flush() error {
	if f.err != nil || len(f.buffer) == 0 {
		return f.err
	}
	n, err := f.file.Write(f.buffer)
	f.length += int64(n)
	f.sum = Sum(f.sum, f.buffer[:n])
	f.buffer = f.buffer[:0]
	if err != nil {
		f.err = fmt.Errorf("write %s: %w", f.name, err)
	}
	return f.err
}

// Sync makes the disk keep what was flushed.
func (w *Files) Sync() error {
	for o := range w.files {
		if err := w.files[o].file.Sync(); err != nil {
			return fmt.Errorf("sync %s: %w", w.files[o].name, err)
		}
	}
	return nil
}

// Cut truncates the files to the lengths of an earlier Flush, after a full disk or a failed write has left more in them
// than the last checkpoint counts.
func (w *Files) Cut(lengths Lengths) error {
	var errs []error
	for o := range w.files {
		f := &w.files[o]
		f.buffer = f.buffer[:0]
		errs = append(errs, f.file.Truncate(lengths[o]))
	}
	return errors.Join(errs...)
}

// Close closes the files. Rows that were not flushed are dropped.
func (w *Files) Close() error {
	var errs []error
	for o := range w.files {
		if f := w.files[o].file; f != nil {
			errs = append(errs, f.Close())
		}
	}
	return errors.Join(errs...)
}
