package workbook

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"imimport/pkg/spill"
)

const (
	maxRows    = 1 << 20 // of a sheet
	maxColumns = 1 << 14
	textSize   = 64 << 10 // bytes that are made at a time
)

// Lossy stands before a number that may not be what was meant: it has more digits than a spreadsheet keeps, or zeros that
// are only in its format. No other cell has this character.
const Lossy = "\x01"

// ErrNotComputed is of a sheet that is whole, and that cannot be read all the same.
var ErrNotComputed = errors.New("a formula has no value: the program that wrote the workbook has not computed it")

// RowError is an error that ends the reading, and the row where it was met.
type RowError struct {
	Row int
	Err error
}

func (e *RowError) Error() string { return e.Err.Error() }
func (e *RowError) Unwrap() error { return e.Err }

// Text is a sheet as text. It is for one goroutine. Close it.
type Text struct {
	book   *Book
	part   io.Closer
	xml    *scanner
	shared *texts
	inRows bool // within the element that holds the rows
	passed bool // and behind it

	row, lines int // the row at hand, and the line breaks that were written
	col        int // of the next cell
	tabs       int // that were written in the row at hand
	begun      bool

	value []byte
	out   []byte
	at    int // of out
	err   error
}

// Text opens a sheet.
func (b *Book) Text(s Sheet) (*Text, error) {
	part, err := b.open(s.part)
	if err != nil {
		return nil, err
	}
	t := &Text{book: b, part: part, xml: newScanner(part), shared: &texts{file: spill.In("", "imimport-workbook-*")}}
	if b.texts == "" {
		return t, nil
	}
	texts, err := b.open(b.texts)
	if err != nil {
		return nil, errors.Join(err, part.Close())
	}
	t.shared.part, t.shared.xml = texts, newScanner(texts)
	return t, nil
}

// Read gives the text. An error that is not io.EOF is damage, or one of the bytes below.
func (t *Text) Read(p []byte) (int, error) {
	for t.at == len(t.out) {
		if t.err != nil {
			return 0, t.err
		}
		t.out, t.at = t.out[:0], 0
		for t.err == nil && len(t.out) < textSize {
			t.err = t.step()
		}
		if t.err != nil && !errors.Is(t.err, io.EOF) {
			t.err = &RowError{t.row, t.err}
		}
	}
	n := copy(p, t.out[t.at:])
	t.at += n
	return n, nil
}

// Close closes the sheet.
func (t *Text) Close() error { return errors.Join(t.part.Close(), t.shared.close()) }

// step reads what comes next in the sheet.
func (t *Text) step() error {
	e, err := t.xml.next()
	switch {
	case errors.Is(err, io.EOF) && !t.passed:
		return errors.New("it has no rows, not even none") // no sheetData
	case err != nil:
		return err
	case e == began && t.xml.is("sheetData") && t.xml.depth() == 2:
		t.inRows = true
	case !t.inRows:
	case e == ended && t.xml.is("sheetData"):
		t.inRows, t.passed = false, true
	case e == began && t.xml.is("row"):
		return t.beginRow()
	case e == ended && t.xml.is("row") && t.begun:
		t.out = append(t.out, '\n')
		t.lines, t.begun = t.row, false
	case e == began && t.xml.is("c"):
		return t.cell()
	}
	return nil
}

func (t *Text) beginRow() error {
	row := t.row + 1
	if at := t.xml.attr("r"); at != nil {
		n, err := strconv.Atoi(string(at))
		if err != nil {
			return errors.New("a row has no number")
		}
		row = n
	}
	switch {
	case row <= t.row:
		return fmt.Errorf("row %d comes after row %d", row, t.row)
	case row > maxRows:
		return fmt.Errorf("it has more than %d rows", maxRows)
	}
	t.row, t.col, t.tabs = row, 0, 0
	return nil
}

// place finds the column of the cell at hand.
func (t *Text) place() error {
	if at := t.xml.attr("r"); at != nil {
		col, i := 0, 0
		for ; i < len(at) && at[i]|0x20 >= 'a' && at[i]|0x20 <= 'z' && col <= maxColumns; i++ {
			col = 26*col + int(at[i]|0x20-'a') + 1
		}
		row, err := strconv.Atoi(string(at[i:]))
		switch {
		case err != nil || i == 0 || row != t.row:
			return errors.New("a cell is not in its row")
		case col <= t.col:
			return errors.New("the cells are not in their order")
		}
		t.col = col - 1
	}
	if t.col >= maxColumns {
		return fmt.Errorf("it has more than %d columns", maxColumns)
	}
	return nil
}

// cell reads a cell and writes its value.
func (t *Text) cell() (err error) {
	if err := t.place(); err != nil {
		return err
	}
	kind := cellKind(t.xml.attr("t"))
	style, _ := strconv.Atoi(string(t.xml.attr("s"))) // without one it is 0
	formula := false
	t.value = t.value[:0]
	for depth, inValue := t.xml.depth(), false; ; {
		e, err := t.xml.next()
		switch {
		case err != nil:
			return noEnd(err)
		case e == ended && t.xml.depth() < depth:
			err = t.write(kind, style, formula)
			t.col++
			return err
		case e == began && t.xml.is("is"):
			t.value, err = richText(t.xml, t.value)
		case e == began:
			formula = formula || t.xml.is("f")
			inValue = t.xml.is("v")
		case e == ended:
			inValue = false
		case inValue:
			t.value, err = t.xml.text(t.value)
		}
		if err != nil {
			return err
		}
	}
}

type kind int

const (
	aNumber kind = iota
	aText
	aShared
	aBool
	aDate
)

func cellKind(name []byte) kind {
	switch string(name) {
	case "s":
		return aShared
	case "str", "inlineStr", "e":
		return aText
	case "b":
		return aBool
	case "d":
		return aDate
	}
	return aNumber
}

// write writes the value of the cell at hand.
func (t *Text) write(kind kind, style int, formula bool) error {
	if len(t.value) == 0 {
		if formula && kind == aNumber { // an empty text is a text
			return ErrNotComputed
		}
		return nil
	}
	text := t.value
	switch kind {
	case aShared:
		i, err := strconv.Atoi(string(bytes.TrimSpace(text)))
		if err != nil || i < 0 {
			return errNoText
		}
		if text, err = t.shared.at(i); err != nil {
			return err
		}
	case aBool:
		if text = []byte("FALSE"); isTrue(t.value) {
			text = []byte("TRUE")
		}
	case aDate:
		text = []byte(isoDate(string(text)))
	case aNumber:
		var format numberFormat
		if style >= 0 && style < len(t.book.formats) {
			format = t.book.formats[style]
		}
		number, lossy, err := format.number(strings.TrimSpace(string(text)), t.book.from1904)
		if err != nil {
			return err
		}
		if lossy {
			number = Lossy + number
		}
		text = []byte(number)
	}
	t.put(text)
	return nil
}

// put writes a cell, and what was left out before it.
func (t *Text) put(text []byte) {
	if len(text) == 0 {
		return
	}
	if !t.begun {
		for ; t.lines < t.row-1; t.lines++ {
			t.out = append(t.out, '\n')
		}
		t.begun = true
	}
	for ; t.tabs < t.col; t.tabs++ {
		t.out = append(t.out, '\t')
	}
	for _, c := range text {
		switch c {
		case '\t':
			t.out = append(t.out, `\t`...)
		case '\n':
			t.out = append(t.out, `\n`...)
		case '\r':
			t.out = append(t.out, `\r`...)
		case '\\':
			t.out = append(t.out, `\\`...)
		default:
			t.out = append(t.out, c)
		}
	}
}
