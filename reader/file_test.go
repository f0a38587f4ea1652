package reader_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/pkg/fault"
	"imimport/reader"
	"imimport/reader/readertest"
)

// change is what happens to a file while it is open.
type change struct {
	name    string
	to      func(t *testing.T, path, text string)
	changed bool // the end is of the kind Changed, else it is io.EOF
}

func overwrite(to func(text string) string) func(*testing.T, string, string) {
	return func(t *testing.T, path, text string) { require.NoError(t, os.WriteFile(path, []byte(to(text)), 0o600)) }
}

func appending(more string) func(*testing.T, string, string) {
	return func(t *testing.T, path, _ string) {
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
		require.NoError(t, err)
		_, err = f.WriteString(more)
		require.NoError(t, err)
		require.NoError(t, f.Close())
	}
}

func renaming(to func(text string) string) func(*testing.T, string, string) {
	return func(t *testing.T, path, text string) {
		require.NoError(t, os.WriteFile(path+".new", []byte(to(text)), 0o600))
		require.NoError(t, os.Rename(path+".new", path))
	}
}

func same(text string) string { return text }
func other(text string) string { // one byte in the middle
	return text[:len(text)/2] + string(text[len(text)/2]^1) + text[len(text)/2+1:]
}

var changes = []change{
	{"nothing", func(*testing.T, string, string) {}, false},
	{"emptied", overwrite(func(string) string { return "" }), true},
	{"cut", overwrite(func(text string) string { return text[:len(text)-7] }), true},
	{"cut and written back", func(t *testing.T, path, text string) {
		overwrite(func(string) string { return "" })(t, path, text)
		overwrite(same)(t, path, text)
	}, false},
	{"rewritten", overwrite(other), true},
	{"rewritten and longer", overwrite(func(text string) string { return other(text) + text }), true},
	{"one byte at its end", overwrite(func(text string) string { return text[:len(text)-2] + "X\n" }), true},
	{"rows appended", appending("new,New\n"), false},
	{"half a row appended", appending("new,"), false},
	{"touched", func(t *testing.T, path, _ string) { require.NoError(t, os.Chtimes(path, time.Now(), time.Now())) }, false},
	{"replaced", renaming(other), false},
	{"removed", func(t *testing.T, path, _ string) { require.NoError(t, os.Remove(path)) }, false},
}

func bigTable(rows int) (text string, want []string) {
	var b strings.Builder
	b.WriteString("UserID,Nick\n")
	for n := range rows {
		fmt.Fprintf(&b, "u%d,Nick %d\n", n, n)
		want = append(want, fmt.Sprintf("u%d|Nick %d|", n, n))
	}
	return b.String(), want
}

// A row is read as it stood in the file that was opened, or not at all.
func TestAFileThatChangesWhileItIsReadGivesNoRowThatItNeverHad(t *testing.T) {
	for _, of := range []struct { // less than one read, and some
		rows, before  int
		young, packed bool
	}{{20, 0, false, false}, {20, 3, true, false}, {20, 0, true, true}, {16_000, 3, false, false}, {16_000, 0, true, false}, {16_000, 3, false, true}} {
		text, want := bigTable(of.rows)
		for _, c := range changes {
			t.Run(fmt.Sprintf("%+v: %s", of, c.name), func(t *testing.T) {
				stored, path := text, filepath.Join(t.TempDir(), "u.csv")
				if of.packed {
					stored, path = readertest.Gzip(t, text), path+".gz"
				}
				require.NoError(t, os.WriteFile(path, []byte(stored), 0o600))
				if !of.young {
					old := time.Now().Add(-time.Hour)
					require.NoError(t, os.Chtimes(path, old, old))
				}
				r := open(t, reader.Config{}, path)
				require.NoError(t, r.Scan())
				var got []reader.Row
				for range of.before {
					var row reader.Row
					require.NoError(t, r.Read(&row))
					got = append(got, row)
				}
				c.to(t, path, stored)
				more, err := readAll(r)
				got = append(got, more...)
				for n, row := range accounts(got) {
					require.Equal(t, want[n], row)
				}
				switch {
				case of.packed && of.before > 0: // it may have been unpacked by then
				case c.changed:
					require.Equal(t, fault.Changed, fault.KindOf(err), "%v", err)
					require.ErrorContains(t, err, filepath.Base(path))
				default:
					require.NoError(t, err)
					require.Len(t, got, of.rows)
				}
			})
		}
	}
}

// A file that is written to while it is read may end in half a line, in any encoding, and packed, be it between two members
// or within one: the half is left for the next run.
func TestTheLastLineOfAGrowingFileIsLeftForTheNextRun(t *testing.T) {
	const begin, end = "UserID,Nick\nu1,Ann\nu2,Bo", "b\nu3,Cy\n"
	utf16 := func(text string) string {
		var b strings.Builder
		for _, c := range text {
			b.WriteString(string([]byte{byte(c), 0}))
		}
		return b.String()
	}
	members := readertest.Gzip(t, begin)
	for name, c := range map[string]struct{ file, begin, end string }{
		"UTF-8":             {"u.csv", begin, end},
		"UTF-16":            {"u.csv", "\xff\xfe" + utf16(begin), utf16(end)},
		"half a character":  {"u.csv", "\xff\xfe" + utf16(begin) + "b", "\x00" + utf16(end[1:])},
		"gzip":              {"u.csv.gz", members, readertest.Gzip(t, end)},
		"gzip, half a head": {"u.csv.gz", members + readertest.Gzip(t, end)[:5], readertest.Gzip(t, end)[5:]},
		"zstd":              {"u.csv.zst", readertest.Zstd(t, begin), readertest.Zstd(t, end)},
		"UTF-16 in gzip":    {"u.csv.gz", readertest.Gzip(t, "\xff\xfe"+utf16(begin)), readertest.Gzip(t, utf16(end))},
		"JSON":              {"u.jsonl", "{\"UserID\":\"u1\",\"Nick\":\"Ann\"}\n{\"UserID\":\"u2\",\"Nick\":\"Bo", "b\"}\n{\"UserID\":\"u3\",\"Nick\":\"Cy\"}\n"},
	} {
		t.Run(name, func(t *testing.T) {
			path := write(t, c.file, c.begin)
			r := open(t, reader.Config{}, path)
			if name != "half a character" { // it would be refused: no file ends so
				require.NoError(t, r.Scan())
			}
			appending(c.end)(t, path, "")
			rows, err := readAll(r)
			require.NoError(t, err)
			require.Equal(t, []string{"u1|Ann|"}, accounts(rows))
			place := r.Position()

			again := open(t, reader.Config{}, path)
			require.NoError(t, again.Seek(place, false))
			require.Equal(t, []string{"u2|Bob|", "u3|Cy|"}, accounts(rest(t, again)))
		})
	}
}

// A packed file of many members that is appended to in mid-line is read as far as it went when it was opened.
func TestAPackedFileMayGrowInTheMiddleOfAMember(t *testing.T) {
	text, want := bigTable(100_000)
	packed := readertest.Gzip(t, text)
	path := write(t, "u.csv.gz", packed[:len(packed)/2])
	r := open(t, reader.Config{}, path)
	appending(packed[len(packed)/2:])(t, path, "")
	rows, err := readAll(r)
	require.NoError(t, err)
	require.Greater(t, len(rows), 30_000)
	require.Less(t, len(rows), len(want))
	require.Equal(t, want[:len(rows)], accounts(rows))
	again := open(t, reader.Config{}, path)
	require.NoError(t, again.Seek(r.Position(), false))
	require.Equal(t, want[len(rows):], accounts(rest(t, again)))
}

func TestALastLineWithoutANewlineIsReadFromAFileThatStandsStill(t *testing.T) {
	r := open(t, reader.Config{}, write(t, "u.csv", "UserID,Nick\nu1,Ann\nu2,Bob"))
	require.Equal(t, []string{"u1|Ann|", "u2|Bob|"}, accounts(rest(t, r)))
}

// More files than may be open at a time are opened one by one, and are refused when they are not the same any more.
func TestOfManyInputsEachIsWhatItWas(t *testing.T) {
	var contents []string
	for n := range 300 {
		contents = append(contents, fmt.Sprintf("UserID\nu%d\n", n))
	}
	inputs := files(t, contents...)
	require.Len(t, rest(t, open(t, reader.Config{}, inputs...)), 300)

	r := open(t, reader.Config{}, inputs...)
	renaming(same)(t, inputs[299], contents[299])
	rows, err := readAll(r)
	require.Len(t, rows, 299)
	require.Equal(t, fault.Changed, fault.KindOf(err))
}

// A pipe that nobody writes to ends with its context.
func TestAStalledReadEndsWithItsContext(t *testing.T) {
	waits, _ := io.Pipe()
	ctx, cancel := context.WithCancel(t.Context())
	r := reader.Interruptible(ctx, func() (io.Reader, error) { return io.MultiReader(bytes.NewReader([]byte("some")), waits), nil })
	buf := make([]byte, 10)
	n, err := r.Read(buf)
	require.NoError(t, err)
	assert.Equal(t, "some", string(buf[:n]))
	cancel()
	_, err = r.Read(buf)
	require.Error(t, err)
}

// The second reading is of the file that was opened, whatever has taken its name, and of no other content.
func TestAgainReadsWhatWasReadOrSaysThatItHasChanged(t *testing.T) {
	text, want := bigTable(5000)
	for _, c := range changes {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "u.csv")
			require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
			r := open(t, reader.Config{}, path)
			_, err := readAll(r)
			require.NoError(t, err)
			c.to(t, path, text)
			second := r.Again(t.Context())
			defer second.Close()
			rows, err := readAll(second)
			if c.changed {
				require.Equal(t, fault.Changed, fault.KindOf(err), "%v", err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, want, accounts(rows))
		})
	}
	t.Run("a URL", func(t *testing.T) {
		body := text
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) }))
		defer s.Close()
		r := open(t, reader.Config{Format: "csv"}, s.URL)
		_, err := readAll(r)
		require.NoError(t, err)
		for other, changed := range map[string]bool{text: false, strings.Replace(text, "Nick 7\n", "Nack 7\n", 1): true, text[:len(text)/2]: true, text + "x,y\n": true} {
			body = other
			second := r.Again(t.Context())
			_, err := readAll(second)
			require.Equal(t, changed, err != nil, "%v", err)
			require.NoError(t, second.Close())
		}
	})
}
