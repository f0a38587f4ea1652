package reader

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

type packing uint8

const (
	packedNot packing = iota
	packedGzip
	packedZstd
)

// maxWindow bounds the memory of a zstd stream: zstd --long and --ultra ask for more.
const maxWindow = 16 << 20

// packingOf tells how a file is compressed by its first bytes: no text begins with theirs.
func packingOf(in *input, first []byte) (packing, error) {
	switch {
	case bytes.HasPrefix(first, []byte("\x1f\x8b")):
		return packedGzip, nil
	case bytes.HasPrefix(first, []byte("\x28\xb5\x2f\xfd")):
		return packedZstd, nil
	}
	name := in.base()
	if (strings.HasSuffix(name, ".gz") || strings.HasSuffix(name, ".zst")) && bytes.IndexByte(first, 0) >= 0 {
		return packedNot, refuse(in.show, "the file is damaged, or its name is wrong", "does not begin like a compressed file")
	}
	return packedNot, nil
}

// unpack puts a decompressor over the stream. Neither holds more than memory, and is left to the collector.
func (s *stream) unpack(p packing) error {
	switch p {
	case packedGzip:
		z, err := gzip.NewReader(s.Reader)
		if err != nil {
			return fmt.Errorf("decompress: %w", err)
		}
		s.Reader = z
	case packedZstd:
		z, err := zstd.NewReader(s.Reader, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return fmt.Errorf("decompress: %w", err)
		}
		s.Reader = z
	}
	return nil
}

// refuseBinary knows the files that people take for tables.
func (in *input) refuseBinary(first []byte) error {
	for _, known := range []struct{ magic, what, hint string }{
		{"PK\x03\x04", "a zip file or an Excel workbook", `in Excel, save it as "CSV UTF-8"; a zip file has to be unpacked`},
		{"\xd0\xcf\x11\xe0", "an old Excel workbook", `save it as "CSV UTF-8"`},
		{"PAR1", "a Parquet file", "export it as CSV or as JSON lines"},
		{"%PDF", "a PDF file", "export the table as CSV"},
		{"BZh", "compressed with bzip2", "unpack it: bunzip2 -c FILE | imimport run -"},
		{"\xfd7zXZ", "compressed with xz", "unpack it: xz -dc FILE | imimport run -"},
		{"7z\xbc\xaf", "a 7z archive", "unpack it"},
		{"SQLite format 3", "an SQLite database", "export the table: sqlite3 -csv -header FILE 'select …'"},
		{"<!DOCTYPE", "an HTML page", "export the table as CSV"},
		{"<html", "an HTML page", "export the table as CSV"},
		{"<?xml", "an XML file", "export the table as CSV"},
	} {
		if bytes.HasPrefix(first, []byte(known.magic)) {
			return refuse(in.show, known.hint, "is %s, not a table in CSV or JSON", known.what)
		}
	}
	return nil
}
