package reader

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path"
	"strings"

	"golang.org/x/text/transform"
)

const headSize = 2*maxRecord + 1 // how far Open looks: a quote that opens in the first MiB is closed by then, or too late

// input is one of the inputs, as Open found it.
type input struct {
	cfg   *Config
	index int
	name  string // as it was given
	show  string // as messages have it
	once  bool   // it can be opened only once: standard input, a pipe
	url   *remote
	size  int64 // on the disk; -1 is not known
	read  int64 // of size, when it was read to its end

	packed  packing
	charset charset
	marked  bool // the stream begins with the UTF-8 mark
	json    bool
	array   bool
	comma   string

	recorded map[string]string // what Config.Map was when this outcome file was written
	placed   bool              // an outcome file whose rows say which file they come from

	head    []byte // the start of the stream, up to headSize
	whole   bool   // head is all of it, and came to its proper end
	held    *stream
	header  header
	keys    []string // of the objects in the head
	objects objectRules
}

func newInput(cfg *Config, index int, name string) (*input, error) {
	in := &input{cfg: cfg, index: index, name: name, show: name, size: -1}
	switch {
	case name == "-":
		in.show, in.once = "standard input", true
	case isURL(name):
		u, err := newRemote(cfg.HTTP, name)
		if err != nil {
			return nil, err
		}
		in.url, in.show = u, u.show
	default:
		info, err := os.Stat(name)
		if err != nil {
			return nil, &InputError{File: name, Err: cause(err), Usage: true, Hint: "check the path"}
		}
		if info.IsDir() {
			return nil, isDirectory(name)
		}
		if in.once = !info.Mode().IsRegular(); !in.once {
			in.size = info.Size()
		}
	}
	return in, nil
}

// base is the file's name without its directory and query.
func (in *input) base() string {
	return strings.ToLower(path.Base(strings.ReplaceAll(in.show, `\`, "/")))
}

// tag is what tells a version of a remote input from another, "" for others.
func (in *input) tag() string {
	if in.url == nil {
		return ""
	}
	return in.url.tag()
}

// openRaw opens the bytes as they lie, from an offset on.
func (in *input) openRaw(ctx context.Context, from int64) (io.ReadCloser, error) {
	switch {
	case in.name == "-":
		if in.cfg.Stdin != nil {
			return io.NopCloser(in.cfg.Stdin), nil
		}
		return io.NopCloser(os.Stdin), nil
	case in.url != nil:
		body, err := in.url.open(ctx, from)
		in.size = in.url.size
		return body, err
	}
	f, err := os.Open(in.name)
	if err != nil {
		return nil, err
	}
	if from > 0 {
		if _, err := f.Seek(from, io.SeekStart); err != nil {
			return nil, errors.Join(err, f.Close())
		}
	}
	if !in.once {
		if info, err := f.Stat(); err == nil {
			in.size = info.Size()
		}
	}
	return f, nil
}

// open opens the stream at its start.
func (in *input) open(ctx context.Context) (*stream, error) {
	s, err := in.openLayers(ctx)
	if err == nil && !s.plain {
		s.readAhead()
	}
	return s, err
}

func (in *input) openLayers(ctx context.Context) (*stream, error) {
	if in.once {
		if in.held == nil {
			return nil, errors.New("can be read only once")
		}
		s := in.held
		in.held = nil
		return s, nil
	}
	raw, err := in.openRaw(ctx, 0)
	if err != nil {
		return nil, err
	}
	s := newStream(raw)
	if err := in.layers(s); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// openAt opens the stream at a place without a look at what stands before it.
func (in *input) openAt(ctx context.Context, p Position) (*stream, digest, error) {
	raw, err := in.openRaw(ctx, p.Offset&^7)
	if err != nil {
		return nil, digest{}, in.failed(err, 0)
	}
	s := newStream(raw)
	s.plain = true
	last := make([]byte, p.Offset&7)
	if _, err := io.ReadFull(s, last); err != nil {
		return nil, digest{}, errors.Join(in.failed(err, 0), s.close())
	}
	return s, digestAt(p.Sum, last), nil
}

// seekable tells whether offsets of the stream are offsets of the file.
func (in *input) seekable() bool { return !in.once && in.packed == packedNot && !in.charset.whole }

// layers puts the decompression and the decoding over the raw bytes.
func (in *input) layers(s *stream) error {
	s.plain = in.seekable() || in.once && in.packed == packedNot && !in.charset.whole
	if err := s.unpack(in.packed); err != nil {
		return err
	}
	if in.charset.whole {
		s.Reader = transform.NewReader(s.Reader, in.charset.encoding.NewDecoder())
	}
	return nil
}

// probe opens the input for the first time and finds out how it is packed, encoded and formatted.
func (in *input) probe(ctx context.Context) error {
	raw, err := in.openRaw(ctx, 0)
	if err != nil {
		return in.unreadable(err)
	}
	s := newStream(raw)
	if err := in.look(s); err != nil {
		return errors.Join(err, s.close())
	}
	if in.once {
		s.Reader = io.MultiReader(bytes.NewReader(in.head), s.Reader)
		in.held = s
		return nil
	}
	return s.close()
}

func (in *input) look(s *stream) error {
	b := bufio.NewReaderSize(s.Reader, 32<<10)
	s.Reader = b
	first, err := b.Peek(512)
	if err != nil && !errors.Is(err, io.EOF) && len(first) == 0 {
		return in.unreadable(err)
	}
	if in.packed, err = packingOf(in, first); err != nil {
		return err
	}
	if err := s.unpack(in.packed); err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return in.failedAtOnce(err)
		}
		return &InputError{File: in.show, Err: err, Usage: true, Hint: "the file is damaged, or its name is wrong"}
	}
	b = bufio.NewReaderSize(s.Reader, 32<<10)
	if first, err = b.Peek(512); err != nil && len(first) == 0 && !errors.Is(err, io.EOF) {
		return in.failedAtOnce(err)
	}
	if err := in.refuseBinary(first); err != nil {
		return err
	}
	if err := in.findCharset(first); err != nil {
		return err
	}
	in.findFormat(first)
	s.Reader = b
	if in.charset.whole {
		s.Reader = transform.NewReader(b, in.charset.encoding.NewDecoder())
	}
	s.plain = in.packed == packedNot && !in.charset.whole
	if err := in.readHead(s); err != nil && len(in.head) == 0 {
		return in.failedAtOnce(err)
	}
	in.marked = bytes.HasPrefix(in.head, []byte(utf8Mark))
	return nil
}

// findFormat finds CSV or JSON, by flag, name or first byte, and the delimiter.
func (in *input) findFormat(first []byte) {
	if in.charset.whole {
		first, _ = in.charset.encoding.NewDecoder().Bytes(first) // a part of a character may be left over
	}
	text := bytes.TrimLeft(bytes.TrimPrefix(first, []byte(utf8Mark)), " \t\r\n")
	name := strings.TrimSuffix(strings.TrimSuffix(in.base(), ".gz"), ".zst")
	ext := path.Ext(name)
	switch {
	case in.cfg.Format != "":
		in.json = in.cfg.Format == "jsonl"
	case ext == ".csv" || ext == ".tsv":
	case ext == ".jsonl" || ext == ".ndjson":
		in.json = true
	default:
		in.json = len(text) > 0 && (text[0] == '{' || text[0] == '[')
	}
	in.array = in.json && len(text) > 0 && text[0] == '['
	switch {
	case in.cfg.Delimiter != 0:
		in.comma = string(in.cfg.Delimiter)
	case ext == ".tsv":
		in.comma = "\t"
	default:
		in.comma = ","
	}
	if in.charset.encoding != nil && (in.json || !in.charset.cutsBytes(in.comma)) {
		in.charset.whole = true
	}
}

// drop closes what Open kept and nothing has read.
func (in *input) drop() error {
	if in.held == nil {
		return nil
	}
	s := in.held
	in.held = nil
	return s.close()
}
