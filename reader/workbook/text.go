package workbook

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"

	"imimport/pkg/spill"
)

// texts are the texts of a workbook, which its cells name by their numbers. They are read as far as they are asked for:
// programs write them in the order of the cells. The newest are in memory, the others in a temporary file.
type texts struct {
	xml  *scanner // nil: there are none, or all were read
	part io.Closer
	n    int // texts that were read

	marks  []int64 // where each step-th begins
	size   int64   // of all that were read
	recent []byte  // the last of them
	file   spill.File
	pages  [pages][]byte // of the file
	pageAt [pages]int64  // their places

	one []byte
}

const (
	step        = 8        // texts between two marks
	recentSize  = 16 << 20 // bytes of texts in memory
	pages       = 1 << 10
	page        = 4 << 10
	maxTextSize = 16 << 30
)

// ErrStore is that of the temporary file.
var ErrStore = errors.New("its texts cannot be put aside")

// at is a text by its number. It is overwritten by the next call.
func (t *texts) at(i int) ([]byte, error) {
	for t.n <= i {
		if err := t.more(); err != nil {
			return nil, err
		}
	}
	at := t.marks[i/step]
	for range i % step {
		n, head, err := t.length(at)
		if err != nil {
			return nil, err
		}
		at += int64(head + n)
	}
	n, head, err := t.length(at)
	if err != nil {
		return nil, err
	}
	return t.bytes(at+int64(head), n)
}

var errNoText = errors.New("a cell names a text that the workbook does not have")

// more reads the next text.
func (t *texts) more() error {
	if t.xml == nil {
		return errNoText
	}
	for {
		e, err := t.xml.next()
		switch {
		case errors.Is(err, io.EOF):
			return errNoText
		case err != nil:
			return err
		case e != began || !t.xml.is("si"):
			continue
		}
		if t.one, err = richText(t.xml, t.one[:0]); err != nil {
			return err
		}
		return t.add(t.one)
	}
}

func (t *texts) add(text []byte) error {
	if t.n%step == 0 {
		t.marks = append(t.marks, t.size)
	}
	before := len(t.recent)
	t.recent = append(appendLength(t.recent, len(text)), text...)
	t.size += int64(len(t.recent) - before)
	t.n++
	switch {
	case t.size > maxTextSize:
		return errors.New("its texts have more than 16 GiB")
	case len(t.recent) < recentSize:
		return nil
	}
	_, err := t.file.Append(t.recent)
	t.recent = t.recent[:0]
	if err != nil {
		return fmt.Errorf("%w: %w", ErrStore, err)
	}
	return nil
}

// The length of a text stands before it, in three bytes.
const lengthSize = 3

func appendLength(b []byte, n int) []byte { return append(b, byte(n), byte(n>>8), byte(n>>16)) }

func (t *texts) length(at int64) (n, head int, err error) {
	b, err := t.bytes(at, lengthSize)
	if err != nil {
		return 0, 0, err
	}
	return int(b[0]) | int(b[1])<<8 | int(b[2])<<16, lengthSize, nil
}

// bytes are some bytes of all texts.
func (t *texts) bytes(at int64, n int) ([]byte, error) {
	stored := t.size - int64(len(t.recent))
	if at >= stored {
		return t.recent[at-stored:][:n], nil
	}
	b := t.one[:0]
	for len(b) < n {
		p, err := t.page((at + int64(len(b))) / page)
		if err != nil {
			return nil, err
		}
		p = p[(at+int64(len(b)))%page:]
		if len(b) == 0 && len(p) >= n {
			return p[:n], nil
		}
		b = append(b, p[:min(len(p), n-len(b))]...)
	}
	t.one = b
	return b, nil
}

// page is one of the file's pages; the last may be short. The file does not shrink or change, but a short page may grow.
func (t *texts) page(number int64) ([]byte, error) {
	slot := number % pages
	stored := t.size - int64(len(t.recent))
	want := int(min(page, stored-number*page))
	if p := t.pages[slot]; t.pageAt[slot] == number && len(p) == want {
		return p, nil
	}
	if t.pages[slot] == nil {
		t.pages[slot] = make([]byte, page)
	}
	t.pages[slot], t.pageAt[slot] = t.pages[slot][:want], number
	if _, err := t.file.Disk.ReadAt(t.pages[slot], number*page); err != nil {
		t.pageAt[slot] = -1
		return nil, fmt.Errorf("%w: %w", ErrStore, err)
	}
	return t.pages[slot], nil
}

func (t *texts) close() error {
	err := t.file.Close()
	if t.part != nil {
		err = errors.Join(err, t.part.Close())
	}
	return err
}

// richText appends the text of the element that has just begun: that of its runs, without what says how they are spoken.
func richText(x *scanner, to []byte) ([]byte, error) {
	from := len(to)
	for depth, inText := x.depth(), 0; ; {
		e, err := x.next()
		switch {
		case err != nil:
			return to, noEnd(err)
		case e == ended && x.depth() < depth:
			return append(to[:from], unhex(to[from:])...), nil
		case e == began && x.is("rPh"):
			if err := x.skip(); err != nil {
				return to, noEnd(err)
			}
		case e == began && x.is("t"):
			inText = x.depth()
		case e == ended && x.depth() < inText:
			inText = 0
		case e == chars && inText > 0:
			if to, err = x.text(to); err != nil {
				return to, err
			}
			if len(to)-from > maxToken {
				return to, errTooLong
			}
		}
	}
}

// noEnd is the error of an element that does not end.
func noEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// unhex undoes how workbooks write characters that XML does not take: _x000D_ is a carriage return, and _x005F_ an
// underscore. Other control characters stay as they are written.
func unhex(text []byte) []byte {
	if !bytes.Contains(text, []byte("_x")) {
		return text
	}
	var out []byte
	for len(text) > 0 {
		if len(text) >= 7 && text[0] == '_' && text[1] == 'x' && text[6] == '_' {
			n, err := strconv.ParseUint(string(text[2:6]), 16, 16)
			if r := rune(n); err == nil && !isControl(r) && utf8.ValidRune(r) {
				out, text = utf8.AppendRune(out, r), text[7:]
				continue
			}
		}
		out, text = append(out, text[0]), text[1:]
	}
	return out
}
