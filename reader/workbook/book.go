// Package workbook reads the sheets of Excel workbooks (.xlsx, .xlsm) as text: a line for each row, so that the number of a
// line is the number of the row, with tabs between the cells. Cells have the values that are stored, and not what the sheet
// shows. In a cell a tab is \t, a line break \n or \r, and a backslash \\.
//
// # Decisions
//
//   - The sheets are read here and not by a library. Both excelize (v2.11.1) and xlsxreader (v1.2.8) take any error of a
//     sheet's XML for its end, so that a damaged workbook is a shorter one, without a word. excelize's stream has neither the
//     types nor the formats of cells; xlsxreader keeps all texts in memory.
//   - Memory does not grow with the workbook. Texts that cells share are read as far as cells ask for them, and those that
//     are not the newest lie in a temporary file.
//   - What is damaged ends the reading. Rows and cells that are out of order are damage; those that are left out are empty.
//   - A formula has the value that the spreadsheet has stored. One without a value ends the reading: it would be an empty
//     cell.
package workbook

import (
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/klauspost/compress/zip"
)

// The reasons why a zip file is no workbook that can be read here.
var (
	ErrNoZip      = errors.New("it is damaged, or not whole")
	ErrNoWorkbook = errors.New("there is no workbook in it")
	ErrBinary     = errors.New("it is a binary workbook") // .xlsb
)

// Book is an open workbook. Its methods may be called by several goroutines at once.
type Book struct {
	parts    map[string]*zip.File // by their names in lower case
	sheets   []Sheet
	texts    string // the part with the texts that cells share, "" for none
	formats  []numberFormat
	from1904 bool
}

// Sheet is a sheet with cells.
type Sheet struct {
	Name string
	part string
}

// Open reads what a workbook says of its sheets. The bytes must stay the same until the last Text is closed.
func Open(r io.ReaderAt, size int64) (*Book, error) {
	z, err := zip.NewReader(r, size)
	switch {
	case errors.Is(err, zip.ErrFormat):
		return nil, ErrNoZip
	case err != nil:
		return nil, err
	}
	b := &Book{parts: map[string]*zip.File{}}
	for _, f := range z.File {
		b.parts[partName(f.Name)] = f
	}
	rels, err := b.relations("")
	if err != nil {
		return nil, err
	}
	main := rels.first("officeDocument")
	switch {
	case b.parts[main] == nil:
		return nil, ErrNoWorkbook
	case strings.HasSuffix(main, ".bin"):
		return nil, ErrBinary
	}
	if rels, err = b.relations(main); err != nil {
		return nil, err
	}
	if err := b.readMain(main, rels); err != nil {
		return nil, err
	}
	b.texts = rels.first("sharedStrings")
	return b, b.readStyles(rels.first("styles"))
}

// Sheets are the workbook's sheets in their order, but for charts.
func (b *Book) Sheets() []Sheet { return b.sheets }

// partName is a part's name as it is looked for: some programs write backslashes, or other letters than they refer to.
func partName(name string) string {
	return strings.TrimPrefix(path.Clean("/"+strings.ToLower(strings.ReplaceAll(name, `\`, "/"))), "/")
}

// relation says that a part refers to another.
type relation struct{ id, kind, target string }

type relations []relation

// first is the first part of a kind, "" for none.
func (r relations) first(kind string) string {
	for _, rel := range r {
		if rel.kind == kind {
			return rel.target
		}
	}
	return ""
}

// relations are those of a part; "" is the whole file.
func (b *Book) relations(part string) (rels relations, err error) {
	dir, name := path.Split(part)
	file := dir + "_rels/" + name + ".rels"
	if b.parts[file] == nil {
		return nil, nil
	}
	err = b.read(file, func(x *scanner) error {
		if !x.is("Relationship") || strings.EqualFold(string(x.attr("TargetMode")), "external") {
			return nil
		}
		target, err := x.attrText("Target")
		if !strings.HasPrefix(target, "/") {
			target = dir + target
		}
		rels = append(rels, relation{string(x.attr("Id")), path.Base(string(x.attr("Type"))), partName(target)})
		return err
	})
	return rels, err
}

func (b *Book) readMain(part string, rels relations) error {
	return b.read(part, func(x *scanner) error {
		switch {
		case x.is("workbookPr"):
			b.from1904 = isTrue(x.attr("date1904"))
		case x.is("sheet"):
			id := string(x.attr("id"))
			i := slices.IndexFunc(rels, func(rel relation) bool { return rel.id == id })
			if i < 0 {
				return errors.New("it does not say where a sheet is")
			}
			name, err := x.attrText("name")
			if rels[i].kind == "worksheet" { // and no chart
				b.sheets = append(b.sheets, Sheet{name, rels[i].target})
			}
			return err
		}
		return nil
	})
}

func isTrue(value []byte) bool { return string(value) == "1" || string(value) == "true" }

// readStyles reads the formats that cells name by their numbers.
func (b *Book) readStyles(part string) error {
	if part == "" {
		return nil
	}
	codes, inCells := map[int]numberFormat{}, false
	return b.read(part, func(x *scanner) error {
		switch {
		case x.is("numFmt"):
			id, err := strconv.Atoi(string(x.attr("numFmtId")))
			if err != nil {
				return fmt.Errorf("a format has no number: %w", err)
			}
			code, err := x.attrText("formatCode")
			codes[id] = parseFormat(code)
			return err
		case x.depth() == 2:
			inCells = x.is("cellXfs")
		case x.is("xf") && inCells && x.depth() == 3:
			id, _ := strconv.Atoi(string(x.attr("numFmtId"))) // without one the format is 0
			format, own := codes[id]
			if !own {
				format = builtinFormat(id)
			}
			b.formats = append(b.formats, format)
		}
		return nil
	})
}

const maxPart = 64 << 20 // bytes of a part that is kept in memory

// read gives every element that begins in a part.
func (b *Book) read(part string, element func(*scanner) error) (err error) {
	r, err := b.open(part)
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }() // it was only read
	limited := &io.LimitedReader{R: r, N: maxPart}
	x := newScanner(limited)
	for err == nil {
		var e event
		if e, err = x.next(); err == nil && e == began {
			err = element(x)
		}
	}
	switch {
	case limited.N == 0:
		return fmt.Errorf("%s has more than %d bytes", part, maxPart)
	case errors.Is(err, io.EOF):
		return nil
	}
	return fmt.Errorf("%s: %w", part, err)
}

func (b *Book) open(part string) (io.ReadCloser, error) {
	f := b.parts[part]
	if f == nil {
		return nil, fmt.Errorf("%s is missing in it", part)
	}
	r, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", part, err)
	}
	return r, nil
}
