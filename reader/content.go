package reader

import (
	"bytes"
	"context"
	"errors"
	"io"
	"path"
	"strings"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/text/transform"

	"imimport/pkg/fault"
)

// content is a source as text: unpacked and, where rows cannot be cut off before that, decoded.
type content struct {
	*source
	cfg *Config

	packed  packing
	book    *book // nil for others
	charset charset
	format  format
	marked  bool // the stream begins with the UTF-8 mark
	empty   bool // it has no text

	head head    // nil once it is not needed any more
	held *stream // of a URL and of a source that opens only once: opened, and not yet read
	read int64   // of size; set when the stream was read to its end
}

// format is how rows are written.
type format struct {
	json  bool
	array bool   // one JSON array, and not an object a line
	comma string // CSV
	skip  int    // CSV: lines before the header
}

func (f format) String() string {
	if f.json {
		return "jsonl"
	}
	return "csv"
}

// probe opens the content for the first time and finds out how it is packed, encoded and formatted.
func (c *content) probe(ctx context.Context) error {
	raw, err := c.source.openAt(ctx, 0)
	if err != nil {
		return c.unreadable(err)
	}
	s := newStream(raw)
	if err := c.look(ctx, s); err != nil {
		return errors.Join(err, s.close())
	}
	if c.file == nil {
		s.Reader = io.MultiReader(bytes.NewReader(c.head.text), s.Reader)
		c.held = s
		return nil
	}
	return s.close()
}

func (c *content) look(ctx context.Context, s *stream) error {
	first, err := s.peek()
	if err != nil {
		return c.unreadable(err)
	}
	if err := c.findBook(ctx, first); err != nil {
		return err
	}
	if c.book != nil {
		return c.lookAtSheet(ctx)
	}
	if c.packed, err = packingOf(c.source, first); err != nil {
		return err
	}
	if err := s.unpack(c.packed); err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return c.failure(err, 0, "run again")
		}
		return refuse(c.show, fault.Hintf("the file is damaged, or its name is wrong"), "%w", err)
	}
	if first, err = s.peek(); err != nil {
		return c.failure(err, 0, "run again")
	}
	if err := refuseBinary(c.show, first); err != nil {
		return err
	}
	if c.charset, err = charsetOf(c.show, c.cfg.Encoding, first); err != nil {
		return err
	}
	c.findFormat(first)
	if c.charset.whole {
		s.Reader = transform.NewReader(s.Reader, c.charset.encoding.NewDecoder())
	}
	s.plain = c.plain()
	if c.head, err = readHead(s, c.size); err != nil && len(c.head.text) == 0 {
		return c.failure(err, 0, "run again")
	}
	c.marked = bytes.HasPrefix(c.head.text, []byte(utf8Mark))
	return nil
}

// lookAtSheet looks at the text of a workbook.
func (c *content) lookAtSheet(ctx context.Context) error {
	c.charset, c.format = charset{name: "utf-8"}, format{comma: bookComma, skip: c.cfg.SkipLines}
	s, err := c.book.open(ctx)
	if err != nil {
		return early(c.failure(err, 0, "run again"))
	}
	if c.head, err = readHead(s, c.size); err != nil && len(c.head.text) == 0 {
		return errors.Join(early(c.failure(err, 0, "run again")), s.close())
	}
	return s.close()
}

// findFormat goes by the Config, then by the file's name, then by the first byte.
func (c *content) findFormat(first []byte) {
	if c.charset.whole {
		first, _ = c.charset.encoding.NewDecoder().Bytes(first) // the last character may be cut
	}
	text := bytes.TrimLeft(bytes.TrimPrefix(first, []byte(utf8Mark)), " \t\r\n")
	f := &c.format
	ext := path.Ext(strings.TrimSuffix(strings.TrimSuffix(c.base(), ".gz"), ".zst"))
	switch {
	case c.cfg.Format != "":
		f.json = c.cfg.Format == "jsonl"
	case ext == ".csv" || ext == ".tsv":
	case ext == ".jsonl" || ext == ".ndjson":
		f.json = true
	default:
		f.json = len(text) > 0 && (text[0] == '{' || text[0] == '[')
	}
	f.array = f.json && (c.cfg.Records != "" || len(text) > 0 && text[0] == '[')
	said := ""
	if !f.json {
		said, f.skip = preamble(bytes.TrimPrefix(first, []byte(utf8Mark)), c.cfg.SkipLines)
	}
	switch {
	case c.cfg.Delimiter != 0:
		f.comma = string(c.cfg.Delimiter)
	case said != "":
		f.comma = said
	case ext == ".tsv":
		f.comma = "\t"
	default:
		f.comma = ","
	}
	if c.charset.encoding != nil && (f.json || !cutsBytes(f.comma) || c.cfg.Backslash) {
		c.charset.whole = true
	}
}

// preamble looks at the lines before the header: skip of them, and one that says the delimiter as spreadsheets write it,
// "sep=;", which is the first line or stands behind those.
func preamble(first []byte, skip int) (delimiter string, lines int) {
	lines = skip
	for i := range skip + 1 {
		line, rest, _ := bytes.Cut(first, []byte("\n"))
		first = rest
		line = bytes.TrimSuffix(line, []byte("\r"))
		if len(line) != len("sep=;") || !bytes.EqualFold(line[:4], []byte("sep=")) || i > 0 && i < skip {
			continue
		}
		delimiter = string(line[4:])
		if i == skip {
			lines++
		}
	}
	return delimiter, lines
}

// pass passes what stands before the header.
func (c *content) pass(t *tape) {
	t.skipMark(c.marked)
	for range c.format.skip {
		t.skipLine()
	}
}

// plain tells whether offsets of the stream are offsets of the stored bytes.
func (c *content) plain() bool { return c.packed == nil && c.book == nil && !c.charset.whole }

// seekable tells whether the stream can be opened at an offset.
func (c *content) seekable() bool { return !c.once && c.plain() }

// open opens the stream at its start.
func (c *content) open(ctx context.Context) (s *stream, err error) {
	if s = c.takeHeld(); s == nil && c.once {
		err = errors.New("can be read only once")
	} else if s == nil {
		s, err = c.reopen(ctx)
	}
	if err == nil && !s.plain {
		s.readAhead()
	}
	return s, err
}

func (c *content) takeHeld() *stream {
	s := c.held
	c.held = nil
	return s
}

func (c *content) reopen(ctx context.Context) (*stream, error) {
	if c.book != nil {
		return c.book.open(ctx)
	}
	raw, err := c.source.openAt(ctx, 0)
	if err != nil {
		return nil, err
	}
	s := newStream(raw)
	s.plain = c.plain()
	if err := s.unpack(c.packed); err != nil {
		return nil, errors.Join(err, s.close())
	}
	if c.charset.whole {
		s.Reader = transform.NewReader(s.Reader, c.charset.encoding.NewDecoder())
	}
	return s, nil
}

// openAt opens a seekable stream at a place, without a look at what stands before it.
func (c *content) openAt(ctx context.Context, p Position) (*stream, digest, error) {
	raw, err := c.source.openAt(ctx, p.Offset&^7)
	if err != nil {
		return nil, digest{}, c.failed(err, 0)
	}
	s := newStream(raw)
	s.plain = true
	last := make([]byte, p.Offset&7)
	if _, err := io.ReadFull(s, last); err != nil {
		return nil, digest{}, errors.Join(c.failed(err, 0), s.close())
	}
	sum := digestAt(p.Sum, last)
	if d, ok := raw.(*download); ok {
		d.prove(sum)
		if held := c.takeHeld(); held != nil {
			_ = held.close() // it was only read
		}
	}
	return s, sum, nil
}

// openScan opens what Scan looks at: the whole of a file, the head of other inputs.
func (c *content) openScan(ctx context.Context) (*stream, error) {
	if c.file == nil {
		return newStream(io.NopCloser(bytes.NewReader(c.head.text))), nil
	}
	s, err := c.open(ctx)
	if err != nil {
		return nil, err
	}
	c.head, _ = readHead(s, c.size) // the next Read meets its error, too
	s.Reader = io.MultiReader(bytes.NewReader(c.head.text), s.Reader)
	return s, nil
}

// drop closes what is still open.
func (c *content) drop() error {
	err := c.source.drop()
	if s := c.takeHeld(); s != nil {
		err = errors.Join(err, s.close())
	}
	return err
}

// failed is the error of this input for whatever went wrong. An error that is a fault stays as it is.
func (c *content) failed(err error, line int64) error { return c.failure(err, line, "resume") }

func (c *content) failure(err error, line int64, then string) error {
	var known *fault.Error
	switch {
	case errors.As(err, &known):
		return err
	case c.book != nil:
		return c.book.failure(err, line, then)
	case errors.Is(err, zstd.ErrWindowSizeExceeded) || errors.Is(err, zstd.ErrDecoderSizeExceeded):
		return broken(c.show, line, fault.Hintf("unpack it by zstd itself: zstd -dc --long=31 FILE | %s", fault.Do(fault.Run, "-")),
			"is packed with a window of more than 16 MiB")
	case errors.Is(err, io.ErrUnexpectedEOF) && c.packed != nil:
		return broken(c.show, line, fault.Hintf("put the whole file in its place and %s", then), "the compressed file ends early")
	case c.packed != nil:
		return broken(c.show, line, fault.Hintf("put an undamaged file in its place and %s", then), "decompress: %w", cause(err))
	}
	return broken(c.show, line, fault.Hintf("see that the input can be read, and %s", then), "%w", cause(err))
}
