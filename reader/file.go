package reader

import (
	"errors"
	"hash/crc32"
	"io"
	"os"
	"sync"
	"time"

	"imimport/pkg/fault"
)

// file is a regular file as it was when it was opened. All its views share one descriptor, so that what was looked at is
// what is read, whatever takes the file's name meanwhile. It is read as far as it went at opening.
//
// A file that shrinks or is rewritten while it is read is an error of the kind [fault.Changed]. Each read asks for the
// file's size and time. Where the time is another, the file is compared with what an earlier view has passed, or at least
// with the bytes that were read last, before more is given: no line is joined from two versions. At the end everything is
// compared once more.
type file struct {
	name   string
	show   string
	held   *os.File // nil: there are too many inputs, each view opens it by name
	info   os.FileInfo
	opened time.Time

	mu   sync.Mutex // views of packed files are read in goroutines of their own
	seen bool       // a view has passed all of it
	sum  uint32
}

const (
	keepOpen = 256             // inputs whose file is held open; the others must be the same each time they are opened
	sameTime = 2 * time.Second // a file that is younger may change without another time: clocks of file systems are coarse
)

func openFile(name string, keep bool) (*file, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	opened := &file{name: name, show: name, held: f, info: info, opened: time.Now()}
	if !keep {
		opened.held, err = nil, f.Close()
	}
	return opened, err
}

func (f *file) close() error {
	if f.held == nil {
		return nil
	}
	return f.held.Close()
}

// view opens the file at an offset.
func (f *file) view(from int64) (*view, error) {
	v := &view{file: f, os: f.held, from: from, at: from, time: f.info.ModTime()}
	if v.os != nil {
		return v, nil
	}
	var err error
	if v.os, err = os.Open(f.name); err != nil {
		return nil, err
	}
	info, err := v.os.Stat()
	if err == nil && !(os.SameFile(info, f.info) && info.Size() == f.info.Size() && info.ModTime().Equal(f.info.ModTime())) {
		err = f.rewritten()
	}
	if err != nil {
		return nil, errors.Join(err, v.os.Close())
	}
	return v, nil
}

func (f *file) longer() bool {
	stat := func() (os.FileInfo, error) { return os.Stat(f.name) }
	if f.held != nil {
		stat = f.held.Stat
	}
	info, err := stat()
	return err == nil && info.Size() > f.info.Size()
}

func (f *file) shrunk(to int64) error {
	return fault.New(fault.Changed, readAgain, "became shorter while it was read: it had %d bytes, and now has %d", f.info.Size(), to).At(f.show, 0)
}

func (f *file) rewritten() error {
	return fault.New(fault.Changed, readAgain, "was rewritten while it was read").At(f.show, 0)
}

var readAgain = fault.Hintf("put the file back as it was and go on; or import the new one as a new job: what is in is in, and sending it again is safe")

// view reads a file from an offset on.
type view struct {
	*file
	os *os.File

	from, at int64
	sum      uint32    // of the bytes between them
	last     part      // what the last Read gave
	time     time.Time // of the file, as last seen
	touched  bool      // it was written to
	grown    bool
	done     error // what end has found
}

// part is some bytes of a file, by the sums of a stream before and behind them.
type part struct {
	from, to    int64
	before, sum uint32
}

// errGrown is the end of a file that has grown since it was opened. A last line without an end belongs to what came since.
var errGrown = errors.New("the file has grown")

func (v *view) Read(p []byte) (int, error) {
	size := v.info.Size()
	if v.at >= size {
		if v.done == nil {
			v.done = v.end()
		}
		return 0, v.done
	}
	p = p[:min(int64(len(p)), size-v.at)]
	n, err := v.os.ReadAt(p, v.at)
	if n < len(p) && !errors.Is(err, io.EOF) {
		return 0, err
	}
	if err := v.steady(); err != nil {
		return 0, err
	}
	if n < len(p) {
		return 0, v.shrunk(v.at + int64(n))
	}
	v.last = part{v.at, v.at + int64(n), v.sum, checksum(v.sum, p)}
	v.at, v.sum = v.last.to, v.last.sum
	return n, nil
}

// steady refuses to go on in a file that is no longer the one that was begun.
func (v *view) steady() error {
	info, err := v.os.Stat()
	switch {
	case err != nil:
		return err
	case info.Size() < v.info.Size():
		return v.shrunk(info.Size())
	case info.ModTime().Equal(v.time):
		return nil
	}
	v.time, v.touched, v.grown = info.ModTime(), true, info.Size() > v.info.Size()
	if sum, seen := v.whole(nil); seen && (v.at == v.from || !v.grown) {
		return v.compare(part{to: v.info.Size(), sum: sum})
	}
	return v.compare(v.last) // all of it would be too much each time that a file grows
}

// whole is the sum of the whole file, if one is known. The first one that is given is kept.
func (f *file) whole(sum *uint32) (is uint32, seen bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if sum != nil && !f.seen {
		f.sum, f.seen = *sum, true
	}
	return f.sum, f.seen
}

// end tells why there is no more: io.EOF, errGrown, or that the file was rewritten.
func (v *view) end() error {
	if err := v.steady(); err != nil {
		return err
	}
	all := part{from: v.from, to: v.info.Size(), sum: v.sum}
	if v.touched || v.opened.Sub(v.info.ModTime()) < sameTime {
		if err := v.compare(all); err != nil {
			return err
		}
	}
	if v.from == 0 {
		if sum, _ := v.whole(&v.sum); sum != v.sum {
			return v.rewritten()
		}
	}
	if v.grown {
		return errGrown
	}
	return io.EOF
}

// compare reads a part once more.
func (v *view) compare(was part) error {
	sum, buf := was.before, make([]byte, min(chunkSize, was.to-was.from))
	for at := was.from; at < was.to; {
		n, err := v.os.ReadAt(buf[:min(int64(len(buf)), was.to-at)], at)
		if n == 0 && errors.Is(err, io.EOF) {
			return v.shrunk(at)
		}
		if n == 0 {
			return err
		}
		sum = checksum(sum, buf[:n])
		at += int64(n)
	}
	if sum != was.sum {
		return v.rewritten()
	}
	return nil
}

func (v *view) Close() error {
	if v.held != nil {
		return nil
	}
	return v.os.Close()
}

// checksum continues a CRC-32C, which the processor computes faster than it reads.
func checksum(sum uint32, b []byte) uint32 { return crc32.Update(sum, castagnoli, b) }

var castagnoli = crc32.MakeTable(crc32.Castagnoli)
