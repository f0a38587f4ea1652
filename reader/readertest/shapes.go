// Package readertest is for tests. It has one table in every encoding, compression and dialect that tables come in.
package readertest

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"

	"imimport/reader"
)

// Header names the columns of Table.
const Header = "user_id,nickname,avatar"

// Shape is a file with the rows of Table(Nick).
type Shape struct {
	Name, File, Content string
	Nick                string // one that its encoding can write
	Config              reader.Config
}

// Shapes are the table in all of them.
func Shapes(t testing.TB) []Shape {
	const chinese, latin, kana, hangul = "张伟", "Zoë", "さくら", "김민수"
	plain := CSV(Header, Table(chinese), ",", "\n")
	gb := "用户ID,昵称,头像"
	return []Shape{
		{"plain", "u.csv", plain, chinese, reader.Config{}},
		{"mark", "u.csv", "\uFEFF" + plain, chinese, reader.Config{}},
		{"CRLF", "u.csv", CSV(Header, Table(chinese), ",", "\r\n"), chinese, reader.Config{}},
		{"no final newline", "u.csv", strings.TrimSuffix(plain, "\n"), chinese, reader.Config{}},
		{"blank lines", "u.csv", strings.ReplaceAll(plain, "\n", "\n\r\n\n"), chinese, reader.Config{}},
		{"all quoted", "u.csv", `"` + strings.ReplaceAll(strings.ReplaceAll(strings.TrimSuffix(plain, "\n"), ",", `","`), "\n", "\"\n\"") + `"`, chinese, reader.Config{}},
		{"semicolons", "u.csv", CSV(Header, Table(chinese), ";", "\n"), chinese, reader.Config{Delimiter: ';'}},
		{"wide delimiter", "u.csv", CSV(Header, Table(chinese), "，", "\n"), chinese, reader.Config{Delimiter: '，'}},
		{"tabs by name", "u.tsv", CSV(Header, Table(chinese), "\t", "\n"), chinese, reader.Config{}},
		{"no header", "u.csv", CSV("", Table(chinese), ",", "\n"), chinese, reader.Config{NoHeader: true}},
		{"mapped", "u.csv", CSV("a,b,c", Table(chinese), ",", "\n"), chinese, reader.Config{Map: map[string]string{"UserID": "a", "Nick": "b", "FaceUrl": "c"}}},
		{"gz", "u.csv.gz", Gzip(t, plain), chinese, reader.Config{}},
		{"gz without a name", "u", Gzip(t, plain), chinese, reader.Config{}},
		{"gz of several members", "u.csv.gz", Gzip(t, plain[:1000], plain[1000:1001], plain[1001:]), chinese, reader.Config{}},
		{"zst", "u.csv.zst", Zstd(t, plain), chinese, reader.Config{}},
		{"utf-16le by mark", "u.csv", Encode(t, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), plain), chinese, reader.Config{}},
		{"utf-16be by mark", "u.csv", Encode(t, unicode.UTF16(unicode.BigEndian, unicode.UseBOM), plain), chinese, reader.Config{}},
		{"utf-16le by flag", "u.csv", Encode(t, unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), plain), chinese, reader.Config{Encoding: "utf-16le"}},
		{"gb18030", "u.csv", Encode(t, simplifiedchinese.GB18030, CSV(gb, Table(chinese), ",", "\n")), chinese, reader.Config{Encoding: "gb18030"}},
		{"gbk with bars", "u.csv", Encode(t, simplifiedchinese.GBK, CSV(gb, Table("張偉"), "|", "\n")), "張偉", reader.Config{Encoding: "GBK", Delimiter: '|'}},
		{"big5", "u.csv", Encode(t, traditionalchinese.Big5, CSV("使用者ID,暱稱,頭像", Table("許功蓋"), ",", "\n")), "許功蓋", reader.Config{Encoding: "big5"}},
		{"shift-jis", "u.csv", Encode(t, japanese.ShiftJIS, CSV(Header, Table(kana+"ソ表"), ",", "\n")), kana + "ソ表", reader.Config{Encoding: "shift-jis"}},
		{"euc-kr", "u.csv", Encode(t, korean.EUCKR, CSV(Header, Table(hangul), ",", "\n")), hangul, reader.Config{Encoding: "euc-kr"}},
		{"latin-1", "u.csv", Encode(t, charmap.ISO8859_1, CSV(Header, Table(latin), ",", "\n")), latin, reader.Config{Encoding: "latin-1"}},
		{"JSON lines", "u.jsonl", JSON(Table(chinese), "\n"), chinese, reader.Config{}},
		{"JSON lines, CRLF, marked", "u.ndjson", "\uFEFF" + JSON(Table(chinese), "\r\n\r\n") + "\r\n", chinese, reader.Config{}},
		{"JSON by first byte, gz", "users.gz", Gzip(t, JSON(Table(chinese), "\n")), chinese, reader.Config{}},
		{"JSON array", "u.json", "\n [" + JSON(Table(chinese), ",\n  ") + "\n]\n", chinese, reader.Config{}},
		{"JSON array in one line", "u.jsonl", "[" + JSON(Table(chinese), ",") + "]", chinese, reader.Config{}},
		{"JSON in gbk", "u.jsonl", Encode(t, simplifiedchinese.GBK, JSON(Table("運營"), "\n")), "運營", reader.Config{Encoding: "gbk"}},
		{"nested JSON", "u.jsonl", strings.ReplaceAll(strings.ReplaceAll(JSON(Table(chinese), "\n"), `"nickname":`, `"profile":{"x":{},"name":`), `,"avatar"`, `},"avatar"`), chinese, reader.Config{Map: map[string]string{"Nick": "profile.name"}}},
	}
}

// Table is 300 rows: a UserID, a nick that begins with the given one, and the URL of a picture.
func Table(nick string) [][3]string {
	var rows [][3]string
	for i := range 300 {
		rows = append(rows, [3]string{fmt.Sprintf("u%03d", i), fmt.Sprintf("%s %d", nick, i), fmt.Sprintf("https://img.example.com/%d.png", i)})
	}
	return rows
}

// CSV writes rows as lines, after the header if that is not "".
func CSV(header string, rows [][3]string, comma, newline string) string {
	var b strings.Builder
	if header != "" {
		b.WriteString(strings.ReplaceAll(header, ",", comma) + newline)
	}
	for _, r := range rows {
		b.WriteString(strings.Join(r[:], comma) + newline)
	}
	return b.String()
}

// JSON writes rows as objects.
func JSON(rows [][3]string, between string) string {
	var list []string
	for _, r := range rows {
		list = append(list, fmt.Sprintf(`{"user_id":%q,"nickname":%q,"avatar":%q}`, r[0], r[1], r[2]))
	}
	return strings.Join(list, between)
}

// Encode writes a text in an encoding.
func Encode(t testing.TB, e encoding.Encoding, s string) string {
	t.Helper()
	out, err := e.NewEncoder().String(s)
	require.NoError(t, err)
	return out
}

// Gzip compresses texts, each as a member of its own.
func Gzip(t testing.TB, parts ...string) string {
	var b bytes.Buffer
	for _, p := range parts {
		w := gzip.NewWriter(&b)
		_, err := w.Write([]byte(p))
		require.NoError(t, err)
		require.NoError(t, w.Close())
	}
	return b.String()
}

// Zstd compresses a text.
func Zstd(t testing.TB, s string) string {
	w, err := zstd.NewWriter(nil)
	require.NoError(t, err)
	return string(w.EncodeAll([]byte(s), nil))
}
