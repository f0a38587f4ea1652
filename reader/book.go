package reader

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"iter"
	"slices"
	"strings"
	"unicode/utf16"

	"imimport/pkg/fault"
	"imimport/reader/workbook"
)

// book is a workbook. One sheet of it is read, as a stream of lines: one for each row, with tabs between the cells.
type book struct {
	*content
	of workbook.Sheet
}

// bookFormat is how the lines of a sheet are written: see package workbook.
var bookDialect, bookComma = csvDialect{noQuotes: true, backslash: true}, "\t"

const zipMagic, compoundMagic = "PK\x03\x04", "\xd0\xcf\x11\xe0"

// findBook looks whether the stored bytes are a workbook, and finds the sheet.
func (c *content) findBook(ctx context.Context, first []byte) error {
	asked := c.cfg.Format == "xlsx" || c.cfg.Format == "" && strings.HasSuffix(c.base(), ".xlsx")
	isZip := bytes.HasPrefix(first, []byte(zipMagic))
	switch {
	case c.file != nil && bytes.HasPrefix(first, []byte(compoundMagic)) && c.isEncrypted(first):
		return refuse(c.show, fault.Hintf("open it and save it without a password"), "is an encrypted workbook")
	case !isZip && asked && !isBinary(first):
		return refuse(c.show, fault.Hintf("if it is a table in CSV: %s", fault.Option{Key: "format", Value: "csv"}), "is no workbook, and is to be read as one")
	case !isZip || c.file == nil:
		return nil // what it is else is found out as of other files
	case bytes.Contains(first[:min(len(first), 128)], []byte("opendocument.spreadsheet")):
		return refuse(c.show, fault.Hintf("save it as .xlsx"), "is an OpenDocument workbook")
	}
	c.book = &book{content: c}
	switch err := c.book.find(ctx); {
	case errors.Is(err, workbook.ErrBinary):
		return refuse(c.show, fault.Hintf("save it as .xlsx"), "is a binary workbook (.xlsb)")
	case errors.Is(err, workbook.ErrNoWorkbook) && strings.HasSuffix(c.base(), ".numbers"):
		return refuse(c.show, fault.Hintf("export it as .xlsx, or as CSV"), "is a workbook of Numbers")
	case errors.Is(err, workbook.ErrNoWorkbook):
		return refuse(c.show, fault.Hintf("a zip file has to be unpacked"), "is a zip file, and no workbook is in it")
	case errors.Is(err, workbook.ErrNoZip):
		return refuse(c.show, fault.Hintf("put the whole file in its place and run again"), "is a workbook or another zip file, and is damaged or not whole")
	case err != nil:
		return early(c.failure(err, 0, "run again"))
	}
	if f := c.cfg.Format; f != "" && f != "xlsx" {
		return refuse(c.show, fault.Hintf("leave %s out", fault.Option{Key: "format"}), "is a workbook, and not %s", f)
	}
	return nil
}

// isEncrypted tells a workbook with a password from an old one: both are compound files.
func (c *content) isEncrypted(first []byte) bool {
	name := binary.LittleEndian.AppendUint16
	var mark []byte
	for _, u := range utf16.Encode([]rune("EncryptedPackage")) {
		mark = name(mark, u)
	}
	if len(first) < 0x40 {
		return false
	}
	v, err := c.file.view(0)
	if err != nil {
		return false
	}
	defer func() { _ = v.Close() }() // it was only read
	size := int64(1) << min(binary.LittleEndian.Uint16(first[0x1e:]), 12)
	directory := make([]byte, size)
	n, _ := v.os.ReadAt(directory, size*(int64(binary.LittleEndian.Uint32(first[0x30:]))+1))
	return bytes.Contains(directory[:n], mark)
}

// find opens the workbook and chooses the sheet: the one that is asked for, or the only one with rows.
func (b *book) find(ctx context.Context) error {
	if err := b.file.learn(); err != nil {
		return err
	}
	v, err := b.view(ctx, new(counter))
	if err != nil {
		return err
	}
	defer func() { _ = v.Close() }() // it was only read
	w, err := workbook.Open(v, b.size)
	if err != nil {
		return err
	}
	sheets := w.Sheets()
	if len(sheets) == 0 {
		return refuse(b.show, fault.Hint{}, "has no sheet with cells")
	}
	var names, full []string
	for _, s := range sheets {
		names = append(names, s.Name)
		if s.Name == b.cfg.Sheet {
			b.of = s
			return nil
		}
		filled := false
		if b.cfg.Sheet == "" {
			if filled, err = hasRows(w, s); err != nil {
				return err
			}
		}
		if filled {
			b.of, full = s, append(full, s.Name)
		}
	}
	switch {
	case b.cfg.Sheet != "":
		return refuse(b.show, fault.Hintf("its sheets are %s", list(nearestFirst(b.cfg.Sheet, names))), "has no sheet %q", b.cfg.Sheet)
	case len(full) > 1:
		return refuse(b.show, fault.Hintf("say which one: %s", fault.Option{Key: "sheet", Value: full[0]}), "has %d sheets with rows: %s", len(full), list(full))
	case len(full) == 0:
		b.of = sheets[0]
	}
	return nil
}

func hasRows(w *workbook.Book, s workbook.Sheet) (bool, error) {
	text, err := w.Text(s)
	if err != nil {
		return false, err
	}
	defer func() { _ = text.Close() }() // it was only read
	n, err := fill(text, make([]byte, 1))
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return n > 0, err
}

// open opens the sheet as a stream.
func (b *book) open(ctx context.Context) (*stream, error) {
	passed := new(counter)
	v, err := b.view(ctx, passed)
	if err != nil {
		return nil, err
	}
	w, err := workbook.Open(v, b.size)
	if err != nil {
		return nil, errors.Join(err, v.Close())
	}
	text, err := w.Text(b.of)
	if err != nil {
		return nil, errors.Join(err, v.Close())
	}
	return &stream{Reader: &bookText{text, v}, raw: passed, close: func() error { return errors.Join(text.Close(), v.Close()) }}, nil
}

// bookText is a sheet's text, which ends well only if the file is still what it was.
type bookText struct {
	*workbook.Text
	file *bookView
}

func (t *bookText) Read(p []byte) (int, error) {
	n, err := t.Text.Read(p)
	if errors.Is(err, io.EOF) {
		t.file.passed.n.Store(t.file.info.Size())
		err = t.file.end()
	}
	return n, err
}

// bookView is a view of a workbook's file, whose parts are read from wherever they stand.
type bookView struct {
	*view
	ctx    context.Context
	passed *counter // bytes that were read
}

func (b *book) view(ctx context.Context, passed *counter) (*bookView, error) {
	v, err := b.file.view(0)
	if err != nil {
		return nil, err
	}
	v.sum, _ = b.file.whole(nil) // as if all of it were read: see view.end
	return &bookView{v, ctx, passed}, nil
}

func (v *bookView) ReadAt(p []byte, at int64) (int, error) {
	if v.ctx.Err() != nil {
		return 0, context.Cause(v.ctx)
	}
	n, err := v.os.ReadAt(p, at)
	if changed := v.steady(); changed != nil {
		return 0, changed
	}
	v.passed.n.Store(min(v.passed.n.Load()+int64(n), v.info.Size()))
	return n, err
}

// learn finds out the sum of the whole file, once, so that it can be compared however it is read.
func (f *file) learn() error {
	if _, seen := f.whole(nil); seen {
		return nil
	}
	v, err := f.view(0)
	if err != nil {
		return err
	}
	defer func() { _ = v.Close() }() // it was only read
	if _, err = io.Copy(io.Discard, v); errors.Is(err, errGrown) {
		return nil
	}
	return err
}

// failure is the error of the input for one of the workbook.
func (b *book) failure(err error, line int64, then string) error {
	if damage, ok := errors.AsType[*workbook.RowError](err); ok {
		line = int64(damage.Row)
	}
	hint := fault.Hintf("put an undamaged file in its place and %s", then)
	switch {
	case errors.Is(err, workbook.ErrNotComputed):
		return broken(b.show, line, fault.Hintf("open it in a spreadsheet program and save it, which computes them"), "%w", workbook.ErrNotComputed)
	case errors.Is(err, workbook.ErrStore):
		return broken(b.show, line, fault.Hintf("see that the directory for temporary files (TMPDIR) has room, and %s", then), "%w", cause(err))
	case errors.Is(err, io.ErrUnexpectedEOF):
		return broken(b.show, line, hint, "the workbook is damaged: a part of it ends early")
	}
	return broken(b.show, line, hint, "the workbook is damaged: %w", cause(err))
}

// placed says of a fault of a workbook in which sheet it is.
func (r *Reader) placed(err error) error {
	f, ok := errors.AsType[*fault.Error](err)
	if !ok || f.Place.Line == 0 {
		return err
	}
	if i := slices.IndexFunc(r.inputs, func(in *input) bool { return in.book != nil && in.show == f.Place.File }); i >= 0 {
		f.Place.Sheet = r.inputs[i].book.of.Name
	}
	return err
}

// Workbook tells whether an input is a workbook. Its people read tables with a spreadsheet program.
func (r *Reader) Workbook() bool { return len(slices.Collect(r.books())) > 0 }

// Sheets are the sheets of the inputs, "" of one that is no workbook.
func (r *Reader) Sheets() []string {
	names := make([]string, len(r.inputs))
	for i, in := range r.inputs {
		names[i] = in.sheetName()
	}
	return names
}

func (r *Reader) books() iter.Seq[*book] {
	return func(yield func(*book) bool) {
		for _, in := range r.inputs {
			if in.book != nil && !yield(in.book) {
				return
			}
		}
	}
}
