//go:build unix

package main_test

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"imimport/reader/readertest"
)

// TestBrokenFiles gives the program what people give it by mistake. What cannot be read as a table is refused before
// the first call; what breaks later keeps what came before; what is wrong with a row is that row's failure.
func TestBrokenFiles(t *testing.T) {
	t.Parallel()
	w := newTarget(t, "")
	bin := build(t)
	plain := readertest.CSV(readertest.Header, readertest.Table("张伟"), ",", "\n")
	objects := readertest.JSON(readertest.Table("张伟"), "\n") + "\n"
	gbk := readertest.Encode(t, simplifiedchinese.GBK, plain)
	thousand := strings.Repeat("x", 1000)
	behind := readertest.Header + ",text\n" + strings.Repeat("u1,Ann,,"+thousand+"\n", 1100) // over a MiB
	notFound := httptest.NewServer(http.NotFoundHandler())
	defer notFound.Close()

	const sent = 300 // accounts of the table
	for _, shape := range []struct {
		name, file, content string
		args                string // beside the file
		code                int
		accounts            int
		says, hint          string // patterns; FILE is the file. What is wrong with a row stands in failed.*
	}{
		{"GBK", "u.csv", gbk, "", 2, 0, "FILE:2: is not UTF-8", `looks like gb18030. If that is right: --encoding gb18030`},
		{"UTF-8 read as GBK", "u.csv", plain, "--encoding gbk", 2, 0, "FILE: is UTF-8 throughout", "leave --encoding out"},
		{"UTF-16 without a mark", "u.csv", readertest.Encode(t, unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), plain), "", 2, 0, "FILE:1: looks like UTF-16", "--encoding utf-16be"},
		{"encoding that is none", "u.csv", plain, "--encoding gb2313", 2, 0, `encoding "gb2313" is not known`, "gb18030"},
		{"empty", "u.csv", "", "", 2, 0, "FILE: is empty", "--no-header"},
		{"no header", "u.csv", readertest.CSV("", readertest.Table("x"), ",", "\n"), "", 2, 0, "FILE:1: the first line is no header that is known", "--no-header"},
		{"semicolons", "u.csv", readertest.CSV(readertest.Header, readertest.Table("x"), ";", "\n"), "", 2, 0, "FILE:1: has one column, and semicolons", `--delimiter ';'`},
		{"two UserIDs", "u.csv", "uid,account\n1,2\n", "", 2, 0, "FILE:1: columns .* could both be UserID", "--map UserID=uid"},
		{"map to nothing", "u.csv", plain, "--map Nick=alias", 2, 0, `FILE:1: has no column "alias"`, `"nickname"`},
		{"CR alone", "u.csv", readertest.CSV(readertest.Header, readertest.Table("x"), ",", "\r"), "", 2, 0, "FILE:1: its lines end in CR alone", `tr '\\r'`},
		{"stray quote at the top", "u.csv", readertest.Header + "\nu1,\"Ann,\n" + plain, "", 2, 0, "FILE:2: the quote that opens here is not closed", "double its quotes"},
		{"stray quote behind a MiB", "u.csv", behind + "u2,\"Bob\n", "", 2, 0, "FILE:1102: the quote that opens here is not closed", "double its quotes"},
		{"workbook", "u.xlsx", "PK\x03\x04\x14\x00", "", 2, 0, "FILE: is a workbook or another zip file, and is damaged", "whole file"},
		{"page", "u.csv", "<!DOCTYPE html>\n<html>", "", 2, 0, "FILE: is an HTML page", "as CSV"},
		{"gz cut", "u.csv.gz", readertest.Gzip(t, behind[:200_000], behind[200_000:])[:2900], "", 6, 1, "FILE:[0-9]+: the compressed file ends early", "whole file in its place and resume"},
		{"gz of nothing", "u.csv.gz", "\x1f\x8bnothing, for long enough", "", 2, 0, "FILE: decompress", "damaged"},
		{"gz cut at once", "u.csv.gz", readertest.Gzip(t, plain)[:5], "", 6, 0, "FILE: the compressed file ends early", "whole file in its place and run again"},
		{"zst that is text", "u.csv.zst", "u\x00,", "", 2, 0, "FILE: does not begin like a compressed file", "damaged"},
		{"array cut", "u.json", "[" + strings.TrimSuffix(strings.ReplaceAll(objects, "\n", ",\n"), ",\n"), "", 2, 0, "FILE:300: the array is not closed", "jq"},
		{"pretty JSON", "u.jsonl", strings.ReplaceAll(objects, ",", ",\n"), "", 2, 0, "FILE: no line of it is a JSON object", "jq -c"},
		{"JSON in a table's name", "u.csv", objects, "", 2, 0, "FILE:1: is named like a table and looks like JSON", "--format jsonl"},
		{"table in JSON's name", "u.jsonl", plain, "", 2, 0, "FILE: no line of it is a JSON object", "--format csv"},
		{"CSV and JSON", "u.csv", plain, "v.jsonl", 2, 0, "FILE: is csv, and v.jsonl is jsonl", "a job of its own"},
		{"directory", "", "", ".", 2, 0, `\.: is a directory`, `\*.csv`},
		{"no such file", "", "", "none.csv", 2, 0, "none.csv: stat: no such file", "path"},
		{"pattern of nothing", "", "", "none-*.csv", 2, 0, `no file matches "none-\*.csv"`, "path"},
		{"named twice", "u.csv", plain, "u.csv ./u.csv", 2, 0, "u.csv: is named twice", "once"},
		{"no URL there", "", "", notFound.URL + "/u.csv?signature=" + secretKey, 2, 0, "u.csv: the server answered 404", "URL"},
		{"http", "", "", "http://files.example.com/u.csv", 2, 0, "http://files.example.com/u.csv: inputs are read by https only", "https"},
		{"ftp", "", "", "ftp://files.example.com/u.csv", 2, 0, "ftp://files.example.com/u.csv: inputs are read by https only", "download"},

		{"bytes that are no UTF-8", "u.csv", plain + "u900,\xd5\xc5,\n", "", 1, sent, `FILE:302: column ""nickname"" has bytes that are not valid UTF-8`, "do: mend the rows"},
		{"NUL", "u.csv", plain + "u900,\x00,\n", "", 1, sent, `FILE:302: column ""nickname"" has a NUL`, "do: mend the rows"},
		{"surplus", "u.csv", plain + "u900,x,,y\n", "", 1, sent, "FILE:302: more fields than the 3 columns", "do: mend the rows"},
		{"quote within a field", "u.csv", plain + "u900,5\" disk,\n", "", 1, sent, "FILE:302: a quote in the middle of a field", "do: mend the rows"},
		{"header again", "u.csv", plain + plain, "", 1, sent, "FILE:302: the header comes once more", "do: mend the rows"},
		{"broken objects", "u.jsonl", objects + "{\"user_id\":\n[1]\n" + `{"user_id":"a","user_id":"b"}`, "", 1, sent, "FILE:303: .*twice", "do: mend the rows"},
		{"bytes in the encoding asked for that decode to nothing", "u.csv", gbk + "u900,\xff\xff,\n", "--encoding gbk", 1, sent, `FILE:302: column ""nickname"" has bytes that are no gbk`, "do: mend the rows"},
		{"row of 2 MiB", "u.csv", plain + "u900," + strings.Repeat(thousand, 2200) + ",\n", "", 1, sent, "FILE:302: the row has more than 1 MiB", "do: mend the rows"},
	} {
		t.Run(shape.name, func(t *testing.T) {
			require.NoError(t, w.sandbox.Reset())
			w.write(t, "v.jsonl", objects)
			path, args := shape.file, strings.Fields(shape.args)
			if path != "" {
				w.write(t, path, shape.content)
				args = append(args, path)
			}
			w.requireRefused(t, bin, everything || len(shape.content) > 1<<20, args, path, shape.code, shape.says, shape.hint)
			require.Len(t, w.sandbox.Accounts(), shape.accounts)
			if shape.code == 2 {
				require.Zero(t, w.sandbox.Stats().Calls)
			}
		})
	}
}

// largest is what a process may hold, whatever it is fed.
const largest = 64 << 20

// requireRefused runs an import that does not succeed whole. Measuring its memory takes a second process.
func (w *target) requireRefused(t *testing.T, bin string, measure bool, args []string, file string, code int, says, hint string) {
	t.Helper()
	job := filepath.Join(t.TempDir(), "job")
	command := append([]string{bin, "run", "--job", job, "--rate", "none", "--progress", "none"}, args...)
	var got, held int
	var stdout, stderr string
	if measure {
		got, stdout, stderr, held = w.measured(t, command...)
	} else {
		got, stdout, stderr = w.run(t, nil, command...)
	}
	text := stdout + stderr
	require.Equal(t, code, got, text)
	if code == 1 {
		failed, err := filepath.Glob(filepath.Join(job, "failed.*"))
		require.NoError(t, err)
		rows, err := os.ReadFile(failed[0])
		require.NoError(t, err)
		require.Regexp(t, strings.ReplaceAll(says, "FILE", file), string(rows))
		require.Regexp(t, hint, text)
	} else {
		require.Regexp(t, "(?m)^imimport: error: .*"+strings.ReplaceAll(says, "FILE", file), stderr)
		require.Regexp(t, "(?m)^imimport: hint: .*"+hint, stderr)
	}
	if _, err := os.Stat(job); err == nil && code == 6 {
		require.Regexp(t, "imimport resume .*/job\n$", stderr)
	}
	require.NotContains(t, text, "goroutine")
	require.NotContains(t, text, secretKey)
	require.Less(t, held, largest)
}

// measured runs the program and tells how much memory it held at most.
func (w *target) measured(t *testing.T, args ...string) (code int, stdout, stderr string, held int) {
	memory := filepath.Join(t.TempDir(), "memory")
	code, stdout, stderr = w.run(t, nil, append([]string{"measured", memory}, args...)...)
	defer func() { t.Logf("held %d MB at most", held>>20) }()
	peak, err := os.ReadFile(memory)
	require.NoError(t, err)
	held, err = strconv.Atoi(string(peak))
	require.NoError(t, err)
	return code, stdout, stderr, held
}

// Rows of nearly a MiB wait together for their second try; of smaller ones every tenth waits, and holds none of those
// that were read with it.
func TestLargeRowsAreImportedInLittleMemory(t *testing.T) {
	t.Parallel()
	bin := build(t)
	for _, table := range []struct {
		name, row, batch string
		rows, size       int
		waits            string
		always           bool
	}{ // in each, more than the program may hold
		{"u.csv", "u%d,Ann,%s\n", "1", 100, 900_000, "u*", true},
		{"u.jsonl", `{"user_id":"u%d","nick":"Ann","note":"%s"}` + "\n", "10", 100, 900_000, "u*", false},
		{"u.csv", "u%d,Ann,%s\n", "1", 8000, 20_000, "u*0", false},
		{"u.jsonl", `{"user_id":"u%d","nick":"Ann","note":"%s"}` + "\n", "10", 8000, 20_000, "u*0", false},
		{"u.jsonl", `{"user_id":"u%d","nick":"Ann","note":"%s"}` + "\n", "10", 4000, 20_000, "u*0", true},
	} {
		if !table.always && !everything {
			continue
		}
		t.Run(fmt.Sprintf("%s, %d rows of %d bytes, batch %s", table.name, table.rows, table.size, table.batch), func(t *testing.T) {
			w := newTarget(t, `steps: [{userid: "`+table.waits+`", attempt: 1, answer: 70500}]`)
			f, err := os.Create(filepath.Join(w.dir, table.name))
			require.NoError(t, err)
			content := bufio.NewWriter(f)
			if table.name == "u.csv" {
				_, _ = content.WriteString("user_id,nick,note\n")
			}
			note := strings.Repeat("x", table.size)
			for i := range table.rows {
				fmt.Fprintf(content, table.row, i, note)
			}
			require.NoError(t, errors.Join(content.Flush(), f.Close()))
			code, _, stderr, held := w.measured(t, bin, "run", table.name, "--job", filepath.Join(t.TempDir(), "job"), "--rate", "none", "--batch", table.batch, "--retry-initial", "1s", "--progress", "none")
			require.Zero(t, code, stderr)
			require.Len(t, w.sandbox.Accounts(), table.rows)
			require.Less(t, held, largest)
		})
	}
}

// TestHugeBrokenFiles feeds 20 MB, and one of 100 MB, in which nothing ends where it should, plain and packed.
func TestHugeBrokenFiles(t *testing.T) {
	t.Parallel()
	w := newTarget(t, "")
	bin := build(t)
	for _, shape := range []struct {
		name, file, begin, repeat string
		code, accounts            int
		says, hint                string
		packed                    bool // whether go test alone packs it
	}{
		{"stray quote", "u.csv", "user_id,nick\nu1,\"Ann\n", "u2,Bob Example\n", 2, 0, "FILE:2: the quote that opens here is not closed within 1 MiB", "stray quote", true},
		{"no line break", "u.csv", "user_id,nick\nu1,Ann\nu2,", "Bob Example ", 1, 1, "FILE:3: the row has more than 1 MiB", "do: mend", false},
		{"no line break at all", "u.csv", "user_id,", "nick,", 2, 0, "FILE: the header has more than 1 MiB", "is it a table", true},
		{"commas", "u.csv", "user_id,nick\nu1,Ann\n", strings.Repeat(",", 500_000) + "\n", 1, 1, "FILE:3: more fields than the 2 columns", "do: mend", false},
		{"array without an end", "u.json", `[{"user_id":"u1"},` + "\n" + `{"user_id":"`, "u2,Bob Example ", 2, 0, "FILE:2: the element that begins here does not end", "is a quote or a bracket missing", true},
		{"array in an object", "u.jsonl", `{"user_id":"u1"}` + "\n" + `{"user_id":[`, "[", 1, 1, "FILE:2: the row has more than 1 MiB", "do: mend", false},
		{"zeros", "u.csv", "", "\x00\x00\x00\x00", 2, 0, "FILE: .*", "table", true},
	} {
		for _, packed := range []bool{false, true} {
			if !everything && packed != shape.packed {
				continue
			}
			t.Run(fmt.Sprintf("%s, packed %v", shape.name, packed), func(t *testing.T) {
				require.NoError(t, w.sandbox.Reset())
				name := shape.file
				if packed {
					name += ".gz"
				}
				f, err := os.Create(filepath.Join(w.dir, name))
				require.NoError(t, err)
				out, closeOut := io.Writer(f), f.Close
				if packed {
					z := gzip.NewWriter(f)
					out, closeOut = z, func() error { return errors.Join(z.Close(), f.Close()) }
				}
				_, err = io.WriteString(out, shape.begin)
				require.NoError(t, err)
				size := 20 << 20
				if shape.name == "stray quote" && everything {
					size = 100 << 20
				}
				block := strings.Repeat(shape.repeat, max(1, 1<<20/len(shape.repeat)))
				for n := 0; n < size; n += len(block) {
					_, err = io.WriteString(out, block)
					require.NoError(t, err)
				}
				require.NoError(t, closeOut())
				w.requireRefused(t, bin, true, []string{name}, name, shape.code, shape.says, shape.hint)
				require.Len(t, w.sandbox.Accounts(), shape.accounts)
				require.NoError(t, os.Remove(filepath.Join(w.dir, name)))
			})
		}
	}
}
