package reader

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"imimport/pkg/fault"
)

// packing makes a decompressor, which holds only memory: nobody closes it. It is nil for a stream that is not packed.
type packing func(io.Reader) (io.Reader, error)

// gunzipper unpacks a gzip file of one or more members. Zero bytes behind them are padding, as on tapes.
type gunzipper struct {
	*gzip.Reader
	packed *bufio.Reader
}

func gunzip(packed io.Reader) (io.Reader, error) {
	g := &gunzipper{packed: bufio.NewReader(packed)} // or gzip would make one, and read beyond the member
	var err error
	if g.Reader, err = gzip.NewReader(g.packed); err != nil {
		return nil, err
	}
	g.Multistream(false)
	return g, nil
}

func (g *gunzipper) Read(p []byte) (int, error) {
	for {
		n, err := g.Reader.Read(p)
		switch {
		case n > 0 && errors.Is(err, io.EOF):
			return n, nil
		case n > 0 || !errors.Is(err, io.EOF):
			return n, err
		}
		if err := g.next(); err != nil {
			return 0, err
		}
	}
}

// next begins the next member. io.EOF means that there is none.
func (g *gunzipper) next() error {
	for {
		c, err := g.packed.ReadByte()
		if err != nil {
			return err
		}
		if c != 0 {
			break
		}
	}
	if err := errors.Join(g.packed.UnreadByte(), g.Reset(g.packed)); err != nil {
		return err
	}
	g.Multistream(false)
	return nil
}

// maxWindow bounds the memory of a zstd stream. Files packed with a long window or the highest levels ask for more.
const maxWindow = 16 << 20

func unzstd(packed io.Reader) (io.Reader, error) {
	return zstd.NewReader(packed, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
}

// packingOf tells by the first bytes how a file is compressed. No text begins like that.
func packingOf(in *source, first []byte) (packing, error) {
	switch {
	case bytes.HasPrefix(first, []byte("\x1f\x8b")):
		return gunzip, nil
	case bytes.HasPrefix(first, []byte("\x28\xb5\x2f\xfd")):
		return unzstd, nil
	}
	name := in.base()
	if (strings.HasSuffix(name, ".gz") || strings.HasSuffix(name, ".zst")) && bytes.IndexByte(first, 0) >= 0 {
		return nil, refuse(in.show, fault.Hintf("the file is damaged, or its name is wrong"), "does not begin like a compressed file")
	}
	return nil, nil
}

// unpack puts a decompressor over the stream.
func (s *stream) unpack(packed packing) error {
	if packed == nil {
		return nil
	}
	unpacked, err := packed(s.Reader)
	if err != nil {
		return fmt.Errorf("decompress: %w", err)
	}
	s.Reader = unpacked
	return nil
}

const tarMagic = 257 // where a tar archive has its mark

const unpackBy = "unpack it: %s FILE | %s"

// binaries are the files that people take for tables, by their first bytes.
var binaries = []struct {
	magic, what string
	hint        fault.Hint
}{
	{zipMagic, "a zip file or a workbook", fault.Hintf("save or unpack it first: a workbook is read from its own file")},
	{compoundMagic, "an old Excel workbook (.xls)", fault.Hintf(`save it as .xlsx`)},
	{"PAR1", "a Parquet file", fault.Hintf("export it as CSV or as JSON lines")},
	{"%PDF", "a PDF file", fault.Hintf("export the table as CSV")},
	{"BZh", "compressed with bzip2", fault.Hintf(unpackBy, "bunzip2 -c", fault.Do(fault.Run, "-"))},
	{"\xfd7zXZ", "compressed with xz", fault.Hintf(unpackBy, "xz -dc", fault.Do(fault.Run, "-"))},
	{"7z\xbc\xaf", "a 7z archive", fault.Hintf("unpack it")},
	{"SQLite format 3", "an SQLite database", fault.Hintf("export the table: sqlite3 -csv -header FILE 'select …'")},
	{"<!DOCTYPE", "an HTML page", fault.Hintf("export the table as CSV")},
	{"<html", "an HTML page", fault.Hintf("export the table as CSV")},
	{"<?xml", "an XML file", fault.Hintf("export the table as CSV")},
}

// refuseBinary refuses the files that people take for tables.
func refuseBinary(show string, first []byte) error {
	for _, known := range binaries {
		if bytes.HasPrefix(first, []byte(known.magic)) {
			return refuse(show, known.hint, "is %s, not a table in CSV or JSON", known.what)
		}
	}
	if len(first) > tarMagic && bytes.HasPrefix(first[tarMagic:], []byte("ustar")) {
		return refuse(show, fault.Hintf(unpackBy, "tar -xOf", fault.Do(fault.Run, "-")), "is a tar archive, not a table in CSV or JSON")
	}
	return nil
}

// isBinary tells whether refuseBinary knows better what a file is than that it is no text.
func isBinary(first []byte) bool { return refuseBinary("", first) != nil }
