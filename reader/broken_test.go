package reader_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"

	"imimport/pkg/fault"
	"imimport/reader"
	"imimport/reader/readertest"
)

// openAndScan is what a run does before its first request.
func openAndScan(t *testing.T, cfg reader.Config, inputs ...string) (*reader.Reader, error) {
	r, err := reader.Open(t.Context(), inputs, cfg)
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { _ = r.Close() })
	return r, r.Scan()
}

func TestRefusedBeforeTheFirstRow(t *testing.T) {
	good := readertest.CSV(readertest.Header, readertest.Table("张伟"), ",", "\n")
	gb := readertest.Encode(t, simplifiedchinese.GB18030, good)
	big := strings.Repeat("u1,"+strings.Repeat("x", 5000)+"\n", 300)
	for _, shape := range []struct {
		name, file, content string
		cfg                 reader.Config
		line                int64
		says, hint          string
	}{
		{"gb18030", "u.csv", gb, reader.Config{}, 2, "not UTF-8: 300 lines do not decode", `it looks like gb18030. If that is right: encoding gb18030`},
		{"gb18030 header", "u.csv", readertest.Encode(t, simplifiedchinese.GB18030, "用户ID,昵称\nu1,张伟\n"), reader.Config{}, 1, "not UTF-8", "encoding gb18030"},
		{"big5", "u.csv", readertest.Encode(t, traditionalchinese.Big5, readertest.CSV(readertest.Header, readertest.Table("陳怡君"), ",", "\n")), reader.Config{}, 2, "not UTF-8", "encoding big5"},
		{"shift-jis", "u.csv", readertest.Encode(t, japanese.ShiftJIS, readertest.CSV(readertest.Header, readertest.Table("山田さくら"), ",", "\n")), reader.Config{}, 2, "not UTF-8", "encoding shift_jis"},
		{"euc-kr", "u.csv", readertest.Encode(t, korean.EUCKR, readertest.CSV(readertest.Header, readertest.Table("김민수"), ",", "\n")), reader.Config{}, 2, "not UTF-8", "encoding euc-kr"},
		{"latin-1", "u.csv", readertest.Encode(t, charmap.Windows1252, readertest.CSV(readertest.Header, readertest.Table("Zoë Müller"), ",", "\n")), reader.Config{}, 2, "not UTF-8", "encoding windows-1252"},
		{"JSON in gbk", "u.jsonl", readertest.Encode(t, simplifiedchinese.GBK, readertest.JSON(readertest.Table("李娜"), "\n")), reader.Config{}, 1, "not UTF-8", "encoding gb18030"},
		{"utf-16 without mark", "u.csv", readertest.Encode(t, unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), good), reader.Config{}, 1, "UTF-16 without a byte order mark", "encoding utf-16le"},
		{"UTF-8 as gbk", "u.csv", good, reader.Config{Encoding: "gbk"}, 0, "is UTF-8 throughout", "leave encoding out"},
		{"UTF-8 as utf-16", "u.csv", good, reader.Config{Encoding: "utf-16le"}, 0, "is not utf-16le", "leave encoding out"},
		{"latin-1 as gbk", "u.csv", readertest.Encode(t, charmap.Windows1252, readertest.CSV(readertest.Header, readertest.Table("Zoë Müller"), ",", "\n")), reader.Config{Encoding: "gbk"}, 2, "is not gbk", "encoding windows-1252"},
		{"two encodings joined", "u.csv", good + gb, reader.Config{}, 303, "is not UTF-8 throughout: 300 lines do not decode, and 300 lines do", "were files of two encodings joined?"},
		{"two encodings joined, as one of them", "u.csv", gb + good, reader.Config{Encoding: "gbk"}, 0, "is not gbk throughout: 300 lines are UTF-8, and would be garbled", "were files of two encodings joined?"},
		{"unknown encoding", "u.csv", good, reader.Config{Encoding: "klingon"}, 0, `encoding "klingon" is not known`, "gb18030"},
		{"empty", "u.csv", "", reader.Config{}, 0, "is empty", "no-header"},
		{"blank lines only", "u.csv", "\n\r\n\n", reader.Config{}, 0, "is empty", "no-header"},
		{"no UserID", "u.csv", "key,nickname\n1,Ann\n", reader.Config{}, 1, `no column is known to be UserID; the columns are "key", "nickname"`, "map UserID=key; if it is a row already: no-header"},
		{"rows without a header", "u.csv", "u1,Ann,https://x.example/1.png\n", reader.Config{}, 1, "no header that is known", "if it is a row already: no-header"},
		{"header with --no-header", "u.csv", good, reader.Config{NoHeader: true}, 1, "looks like a header", "leave no-header out"},
		{"two candidates", "u.csv", "uid,account,nick\n1,2,Ann\n", reader.Config{}, 1, `columns "uid" and "account" could both be UserID`, "map UserID=uid or map UserID=account"},
		{"two of one name", "u.csv", "\nUserID,Nick,UserID\n1,Ann,2\n", reader.Config{}, 2, `two columns are named "UserID": which one is UserID?`, "rename one of them in that line"},
		{"two of the name that is mapped", "u.csv", "key,Nick,Nick\n1,a,b\n", reader.Config{Map: map[string]string{"UserID": "key", "Nick": "Nick"}}, 1, `two columns are named "Nick"`, "rename one"},
		{"two nicknames", "u.csv", "user_id,nickname,昵称\n1,2,Ann\n", reader.Config{}, 1, "could both be Nick", "map Nick=昵称"},
		{"mapped column missing", "u.csv", good, reader.Config{Map: map[string]string{"UserID": "uuid"}}, 1, `no column "uuid"`, "user_id"},
		{"mapped Nick missing", "u.csv", good, reader.Config{Map: map[string]string{"Nick": "alias"}}, 1, `no column "alias"`, "nickname"},
		{"mapping of nothing known", "u.csv", good, reader.Config{Map: map[string]string{"Alias": "nickname"}}, 0, `map "Alias"`, "UserID"},
		{"semicolons", "u.csv", readertest.CSV(readertest.Header, readertest.Table("x"), ";", "\n"), reader.Config{}, 1, "has one column, and semicolons between what look like fields", "delimiter ;"},
		{"CR only", "u.csv", readertest.CSV(readertest.Header, readertest.Table("x"), ",", "\r"), reader.Config{}, 1, "CR alone", "tr "},
		{"CR only, one LF at the end", "u.csv", readertest.CSV(readertest.Header, readertest.Table("x"), ",", "\r") + "\n", reader.Config{}, 1, "CR alone", "tr "},
		{"CR only JSON", "u.jsonl", readertest.JSON(readertest.Table("x"), "\r"), reader.Config{}, 1, "CR alone", "tr "},
		{"quote to the end", "u.csv", "user_id,nick\nu1,Ann\nu2,\"Bob\nu3,Eve\n", reader.Config{}, 3, "not closed before the end of the file", "quote"},
		{"quote over more than 1 MiB", "u.csv", "user_id,nick\nu1,\"Ann\n" + big, reader.Config{}, 2, "not closed within 1 MiB", "quote"},
		{"quote in the header", "u.csv", "user_id,\"nick\nu1,Ann\n" + big, reader.Config{}, 1, "not closed within 1 MiB", "quote"},
		{"stray quote in the header", "u.csv", "user_id,ni\"ck\nu1,Ann\n", reader.Config{}, 1, "quote in the middle", "header"},
		{"binary", "u.csv.gz", "ab\x00cd", reader.Config{}, 0, "does not begin like a compressed file", "damaged"},
		{"damaged gz", "u.csv.gz", "\x1f\x8b\xff\xff\xff\xff\xff\xff\xff\xff", reader.Config{}, 0, "decompress", "damaged"},
		{"zip file", "u.csv", "PK\x03\x04abc", reader.Config{}, 0, "is a workbook or another zip file, and is damaged", "whole file"},
		{"page", "u.csv", "<!DOCTYPE html><html>", reader.Config{}, 0, "HTML", "CSV"},
		{"JSON in a .csv", "u.csv", readertest.JSON(readertest.Table("x"), "\n"), reader.Config{}, 1, "looks like JSON", "format jsonl"},
		{"CSV in a .jsonl", "u.jsonl", good, reader.Config{}, 0, "no line of it is a JSON object", "format csv"},
		{"JSON over many lines", "u.jsonl", strings.ReplaceAll(readertest.JSON(readertest.Table("x"), "\n"), ",", ",\n"), reader.Config{}, 0, "no line of it is a JSON object", "jq -c"},
		{"JSON without UserID", "u.jsonl", `{"key":1,"profile":{"no":2}}`, reader.Config{}, 0, `the keys are "key", "profile", "profile.no"`, "map UserID="},
		{"JSON, mapped key missing", "u.jsonl", `{"id":1}`, reader.Config{Map: map[string]string{"UserID": "a.b"}}, 0, `no object has the key "a.b"`, "id"},
		{"JSON, two candidates", "u.jsonl", `{"uid":1}` + "\n" + `{"account":1}`, reader.Config{}, 0, `could both be UserID`, "map UserID=uid"},
		{"array not closed", "u.json", "[" + readertest.JSON(readertest.Table("x"), ",\n"), reader.Config{}, 300, "the array is not closed", "jq"},
		{"array without a comma", "u.json", "[" + readertest.JSON(readertest.Table("x"), "\n") + "]", reader.Config{}, 2, "comma", "jq"},
		{"text behind an array", "u.json", "[" + readertest.JSON(readertest.Table("x"), ",") + "]\n{}", reader.Config{}, 2, "behind the end", "jq"},
		{"array cut in an element", "u.json", `[{"user_id":"u1"},` + "\n" + `{"user_id":"u2"`, reader.Config{}, 2, "does not end", "bracket"},
		{"format", "u.csv", good, reader.Config{Format: "xml"}, 0, `format "xml"`, "csv"},
		{"delimiter", "u.csv", good, reader.Config{Delimiter: '"'}, 0, "delimiter", "character"},
	} {
		t.Run(shape.name, func(t *testing.T) {
			_, err := openAndScan(t, shape.cfg, write(t, shape.file, shape.content))
			var input *fault.Error
			require.ErrorAs(t, err, &input)
			require.Equal(t, fault.Usage, input.Kind)
			require.Contains(t, err.Error(), shape.says)
			require.Contains(t, input.Hint.String(), shape.hint)
			require.Equal(t, shape.line, input.Place.Line, err.Error())
		})
	}
}

func TestRefusedInputs(t *testing.T) {
	dir := t.TempDir()
	csv, jsonl := write(t, "a.csv", "user_id\nu1\n"), write(t, "a.jsonl", `{"user_id":1}`)
	for name, inputs := range map[string][]string{
		"directory": {dir}, "nothing there": {filepath.Join(dir, "none.csv")}, "none": nil, "mixed": {csv, jsonl},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := reader.Open(t.Context(), inputs, reader.Config{})
			var input *fault.Error
			require.ErrorAs(t, err, &input)
			require.Equal(t, fault.Usage, input.Kind)
			require.NotEmpty(t, input.Hint.String())
		})
	}
}

func TestBadRowsAreFaultsOfTheirOwn(t *testing.T) {
	long := strings.Repeat("x", 501)
	for _, shape := range []struct {
		name, file, content string
		cfg                 reader.Config
		want                []string
	}{
		{"fields", "u.csv", "user_id,nick\nu1,Ann,surplus\nu2,\n", reader.Config{}, []string{"!fields", "u2|"}},
		{"quotes", "u.csv", "user_id,nick\nu1,A\"nn\nu2,\"Bob\"by\nu3,Eve\n\"u4\",\"\"\n", reader.Config{}, []string{"!quote", "!quote", "u3|Eve", "u4|"}},
		{"damaged UTF-8", "u.csv", "user_id,nick\nu1,张\nu2,李\nu3,\xd5\xc5\n", reader.Config{}, []string{"u1|张", "u2|李", "!not_utf8"}},
		{"damaged UTF-8 as asked", "u.csv", "user_id,nick\nu3,\xd5\xc5\nu1,\n", reader.Config{Encoding: "utf-8"}, []string{"!not_utf8", "u1|"}},
		{"lost character", "u.csv", "user_id,nick\nu1,a\uFFFD\n", reader.Config{}, []string{"!lost_character"}},
		{"NUL", "u.csv", "user_id,nick\nu1,a\x00\nu2,b\n", reader.Config{}, []string{"!nul", "u2|b"}},
		{"undecodable", "u.csv", "user_id,nick\nu1,\xd5\xc5\nu2,\xd5\xc5\nu3,\xff\xff\n", reader.Config{Encoding: "gbk"}, []string{"u1|张", "u2|张", "!undecodable"}},
		{"UserID", "u.csv", "user_id,nick\n,a\n u1,a\nu2 ,b\n张,c\n" + long[:33] + ",d\n\u3000,e\n" + long[:32] + ",f\n\u00a0u3,g\n\uFEFFu4,h\n", reader.Config{},
			[]string{"!no_userid", "!userid_space", "!userid_space", "!non-ascii-id", "!too_long", "!no_userid", long[:32] + "|f", "!userid_space", "!non-ascii-id"}},
		{"UserID trimmed", "u.csv", "user_id,nick\n u1,a\nu2 ,b\n  ,c\n", reader.Config{Trim: true}, []string{"u1|a", "u2|b", "!no_userid"}},
		{"too long", "u.csv", "user_id,nick\nu1," + long + "\nu2," + strings.Repeat("张", 167) + "\nu3," + strings.Repeat("张", 166) + "\n", reader.Config{}, []string{"!too_long", "!too_long", "u3|" + strings.Repeat("张", 166)}},
		{"face too long", "u.csv", "user_id,avatar\nu1,https://x.example/" + long + "\n", reader.Config{}, []string{"!too_long"}},
		{"header again", "u.csv", "user_id,nick\nu1,a\nuser_id,nick\nu2,b\n", reader.Config{}, []string{"u1|a", "!header", "u2|b"}},
		{"commas only", "u.csv", "user_id,nick\n,\n   \nu1,\n", reader.Config{}, []string{"!no_userid", "!no_userid", "u1|"}},
		{"strict", "u.csv", "user_id,avatar\nu 1,\n@TLS#x,\nu3,www.example.com\nu5,\n", reader.Config{Strict: true}, []string{"!userid_chars", "!userid_reserved", "!face_url", "u5||"}},
		{"too large", "u.csv", "user_id,nick\nu1," + strings.Repeat("x", 5<<18) + "\nu2,b\n", reader.Config{}, []string{"!too_large", "u2|b"}},
		{"too large with quotes", "u.csv", "user_id,nick\n\"u\n1\"," + strings.Repeat("x", 5<<18) + "\nu2,b\n", reader.Config{}, []string{"!too_large", "u2|b"}},
		{"JSON", "u.jsonl", `{"user_id":"u1"}` + "\n" + `{"user_id":"u2"` + "\n" + `[1]` + "\n" + `{"user_id":"u3","user_id":"u4"}` + "\n" + `{"user_id":{}}` + "\n" + `{"nick":"x"}` + "\n" +
			`{"user_id":"u5","nick":"\u0000"}` + "\n" + `{"user_id":"u6","nick":"\ufffd"}` + "\n" + `{"user_id":"u7","nick":"\ud800"}` + "\n" + "{\"user_id\":\"u8\xff\"}\n" + `{"user_id":"u9"}{}` + "\n" +
			`{"user_id":null}` + "\n" + `{"user_id":true}` + "\n" + `{"user_id":1.50,"nick":-0}` + "\n" + `{"user_id":"u10","a":{"b":1,"b":2}}`, reader.Config{Encoding: "utf-8"},
			[]string{"u1|", "!bad_json", "!not_object", "!duplicate_key", "!type", "!no_userid", "!nul", "!lost_character", "!bad_json", "!not_utf8", "!bad_json", "!no_userid", "!type", "!spreadsheet-number", "!duplicate_key"}},
		{"JSON too large", "u.jsonl", `{"user_id":"u0"}` + "\n" + `{"user_id":"u1"}` + strings.Repeat(" ", 5<<18) + "\n" + `{"user_id":"u2"}`, reader.Config{}, []string{"u0|", "!too_large", "u2|"}},
		{"JSON array", "u.json", `[{"user_id":"u0"},` + "\n" + ` 1, "x", {"user_id":}, {"user_id":"` + strings.Repeat("x", 5<<18) + `"}, [1,{}],` + "\n" + `{"user_id":"u2"}]`, reader.Config{}, []string{"u0|", "!not_object", "!not_object", "!bad_json", "!too_large", "!not_object", "u2|"}},
		{"JSON, later key twice", "u.jsonl", `{"user_id":"u0"}` + "\n" + strings.Repeat(`{"user_id":"u1","x":"`+strings.Repeat("x", 5000)+`"}`+"\n", 250) + `{"user_id":"u2","nick":"Ann"}` + "\n" + `{"user_id":"u3","nickname":"x","昵称":"y"}` + "\n", reader.Config{}, []string{"u2|Ann", "!ambiguous"}},
	} {
		t.Run(shape.name, func(t *testing.T) {
			path := write(t, shape.file, shape.content)
			r, err := openAndScan(t, shape.cfg, path)
			require.NoError(t, err)
			rows := rest(t, r)
			got := accounts(rows)
			got = got[max(0, len(got)-len(shape.want)):]
			for i := range got {
				if strings.Count(shape.want[i], "|") < 2 {
					got[i] = strings.TrimSuffix(got[i], "|")
				}
			}
			require.Equal(t, shape.want, got)
			for i, row := range rows {
				if row.Fault != nil {
					require.Equal(t, row.Fault.At(fmt.Sprintf("%s:%d", path, row.Line)), row.Fault.Error())
				}
				if i+1 < len(rows) && len(rows) < 100 {
					on := open(t, r.Detected(), path)
					require.NoError(t, on.Seek(row.End, false))
					var next reader.Row
					require.NoError(t, on.Read(&next))
					require.Equal(t, rows[i+1], next)
				}
			}
		})
	}
}

func TestWarnings(t *testing.T) {
	r := open(t, reader.Config{}, write(t, "u.csv", "user_id,avatar\nu 1,\n@TOA#_x,\nu3,ftp://x.example/\nu5,HTTPS://x.example\nu.6,\n"))
	var got []string
	for _, row := range rest(t, r) {
		require.Nil(t, row.Fault)
		require.Equal(t, row.Warning == "", row.WarningKind == "")
		got = append(got, row.WarningKind)
	}
	require.Equal(t, []string{"userid_chars", "userid_reserved", "face_url", "", "userid_chars"}, got)
}

func TestErrorsComeBehindTheRowsBeforeThem(t *testing.T) {
	plain := readertest.CSV(readertest.Header, readertest.Table("张伟"), ",", "\n")
	packed := readertest.Gzip(t, plain[:5000], plain[5000:])
	first := readertest.Gzip(t, plain[:5000])
	huge := readertest.Header + ",text\n" + strings.Repeat("u1,Ann,,"+strings.Repeat("x", 5000)+"\n", 450)
	for _, shape := range []struct {
		name, file, content string
		rows                int
		line                int64
		says                string
	}{
		{"gz cut in its second member", "u.csv.gz", packed[:len(first)+14], strings.Count(plain[:5000], "\n") - 1, int64(strings.Count(plain[:5000], "\n")) + 1, "ends early"},
		{"gz with garbage behind", "u.csv.gz", packed + "garbage, that is no member", 300, 302, "decompress"},
		{"zst cut", "u.csv.zst", readertest.Zstd(t, plain)[:200], 0, 0, "ends early"},
		{"quote after the first MiB", "-", huge + "u2,\"Ann\nu3,Bob\n", 450, 452, "not closed before the end"},
		{"quote after the first MiB, more behind", "-", huge + "u2,\"Ann\n" + huge + huge, 450, 452, "not closed within 1 MiB"},
		{"array cut after the first MiB", "-", "[" + strings.Repeat(`{"user_id":"u1","x":"`+strings.Repeat("x", 5000)+`"},`+"\n", 450) + `{"user_id":`, 450, 451, "does not end"},
	} {
		t.Run(shape.name, func(t *testing.T) {
			path := write(t, shape.file, shape.content)
			if shape.file == "-" { // a file would be refused before its first row
				_, err := openAndScan(t, reader.Config{}, path)
				require.Equal(t, fault.Usage, fault.KindOf(err))
				path = "-"
			}
			r, err := openAndScan(t, reader.Config{Stdin: strings.NewReader(shape.content)}, path)
			var rows []reader.Row
			if err == nil {
				rows, err = readAll(r)
			}
			var input *fault.Error
			require.ErrorAs(t, err, &input)
			require.Contains(t, err.Error(), shape.says)
			require.NotEmpty(t, input.Hint.String())
			if shape.rows > 0 {
				require.Equal(t, fault.Input, input.Kind)
				require.Equal(t, shape.line, input.Place.Line)
				require.Len(t, rows, shape.rows)
				require.ErrorIs(t, r.Read(new(reader.Row)), err, "it is final")
				require.Equal(t, rows[len(rows)-1].End.Row, r.Position().Row)
			}
		})
	}
}

// failAfter gives n bytes and then an error.
type failAfter struct {
	r io.Reader
	n int
}

var errDisk = errors.New("the disk is broken")

func (f *failAfter) Read(p []byte) (int, error) {
	if f.n == 0 {
		return 0, errDisk
	}
	n, err := f.r.Read(p[:min(len(p), f.n, 7)])
	f.n -= n
	return n, err
}

func TestReadErrorAtAnyByte(t *testing.T) {
	for name, content := range map[string]string{
		"csv":   "user_id,nick\nu1,\"A\nnn\"\n\nu2,Bob\nu3,张",
		"jsonl": `{"user_id":"u1","nick":"A"}` + "\n" + `{"user_id":"u2"}` + "\n",
		"array": `[{"user_id":"u1","nick":"A"},` + "\n" + `{"user_id":"u2"}]` + "\n",
	} {
		whole := rest(t, open(t, reader.Config{Stdin: strings.NewReader(content)}, "-"))
		for k := range len(content) {
			r, err := reader.Open(t.Context(), []string{"-"}, reader.Config{Stdin: &failAfter{strings.NewReader(content), k}})
			if err == nil {
				var rows []reader.Row
				rows, err = readAll(r)
				require.Equal(t, whole[:len(rows)], append([]reader.Row{}, rows...), "%s cut at %d", name, k)
				require.NoError(t, r.Close())
			}
			require.Error(t, err, "%s cut at %d is no end", name, k)
		}
	}
}

func TestMemoryIsBounded(t *testing.T) {
	size := 12 << 20
	for name, content := range map[string]io.Reader{
		"stray quote":     io.MultiReader(strings.NewReader("user_id,nick\nu1,\""), &repeat{[]byte("u2,Ann Example,\n"), size}),
		"no newline":      io.MultiReader(strings.NewReader("user_id,nick\nu1,"), &repeat{[]byte("x"), size}),
		"commas":          io.MultiReader(strings.NewReader("user_id,nick\n"), &repeat{append(bytes.Repeat([]byte(","), 1<<19), '\n'), size}),
		"large rows":      io.MultiReader(strings.NewReader("user_id,nick,text\n"), &repeat{append(append([]byte("u1,Ann,"), bytes.Repeat([]byte("x"), 1_000_000)...), '\n'), size}),
		"JSON, no end":    io.MultiReader(strings.NewReader(`{"user_id":"`), &repeat{[]byte("x"), size}),
		"array, no end":   io.MultiReader(strings.NewReader(`[{"user_id":"u1"},{"user_id":"`), &repeat{[]byte("x"), size}),
		"bombs":           bytes.NewReader([]byte(readertest.Gzip(t, "user_id,nick\nu1,"+strings.Repeat("x", 24<<20)))),
		"JSON, many keys": io.MultiReader(strings.NewReader(`{"user_id":1}`+"\n"), &keys{n: 5_000}),
	} {
		t.Run(name, func(t *testing.T) {
			var peak uint64
			runtime.GC()
			var before runtime.MemStats
			runtime.ReadMemStats(&before)
			r, err := openAndScan(t, reader.Config{Stdin: content}, "-")
			if err == nil {
				var row reader.Row
				for i := 0; err == nil; i++ {
					err = r.Read(&row)
					if i%100 == 0 || err != nil {
						runtime.GC()
						var now runtime.MemStats
						runtime.ReadMemStats(&now)
						peak = max(peak, now.HeapAlloc-min(before.HeapAlloc, now.HeapAlloc))
					}
				}
			}
			require.Less(t, peak, uint64(10<<20))
		})
	}
}

// repeat gives n bytes of the same.
type repeat struct {
	b []byte
	n int
}

func (r *repeat) Read(p []byte) (n int, err error) {
	if r.n <= 0 {
		return 0, io.EOF
	}
	for n+len(r.b) <= len(p) {
		n += copy(p[n:], r.b)
	}
	if n == 0 {
		n = copy(p, r.b)
		r.b = append(append([]byte{}, r.b[n:]...), r.b[:n]...)
	}
	r.n -= n
	return n, nil
}

// keys gives objects of ever new keys.
type keys struct{ n, i int }

func (k *keys) Read(p []byte) (int, error) {
	if k.i++; k.i > k.n {
		return 0, io.EOF
	}
	return copy(p, fmt.Sprintf(`{"user_id":"u","key%d":1}`+"\n", k.i)), nil
}

func TestZstdWithAWindowThatIsTooLarge(t *testing.T) {
	var packed bytes.Buffer
	w, err := zstd.NewWriter(&packed, zstd.WithWindowSize(32<<20))
	require.NoError(t, err)
	_, err = w.Write([]byte("user_id\n" + strings.Repeat("u1\n", 1<<20)))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	_, err = openAndScan(t, reader.Config{}, write(t, "u.csv.zst", packed.String()))
	var input *fault.Error
	require.ErrorAs(t, err, &input)
	require.Contains(t, err.Error(), "window of more than 16 MiB")
	require.Contains(t, input.Hint.String(), "zstd -dc")
}

func TestPipes(t *testing.T) {
	r, w, err := os.Pipe()
	require.NoError(t, err)
	go func() {
		_, _ = w.WriteString("user_id\nu1\nu2")
		_ = w.Close()
	}()
	require.Equal(t, []string{"u1||", "u2||"}, accounts(rest(t, open(t, reader.Config{}, fmt.Sprintf("/dev/fd/%d", r.Fd())))))
	require.NoError(t, r.Close())
}
