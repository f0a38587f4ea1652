package reader_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

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

// table is the same rows in every shape; %s is a nick that the encoding at hand can write.
func table(nick string) [][3]string {
	var rows [][3]string
	for i := range 300 {
		rows = append(rows, [3]string{fmt.Sprintf("u%03d", i), fmt.Sprintf("%s %d", nick, i), fmt.Sprintf("https://img.example.com/%d.png", i)})
	}
	return rows
}

func csvText(header string, rows [][3]string, comma, newline string) string {
	var b strings.Builder
	if header != "" {
		b.WriteString(strings.ReplaceAll(header, ",", comma) + newline)
	}
	for _, r := range rows {
		b.WriteString(strings.Join(r[:], comma) + newline)
	}
	return b.String()
}

func jsonText(rows [][3]string, between string) string {
	var list []string
	for _, r := range rows {
		list = append(list, fmt.Sprintf(`{"user_id":%q,"nickname":%q,"avatar":%q}`, r[0], r[1], r[2]))
	}
	return strings.Join(list, between)
}

func encode(t *testing.T, e encoding.Encoding, s string) string {
	t.Helper()
	out, err := e.NewEncoder().String(s)
	require.NoError(t, err)
	return out
}

func gzipped(t testing.TB, parts ...string) string {
	var b bytes.Buffer
	for _, p := range parts {
		w := gzip.NewWriter(&b)
		_, err := w.Write([]byte(p))
		require.NoError(t, err)
		require.NoError(t, w.Close())
	}
	return b.String()
}

func zstdPacked(t testing.TB, s string) string {
	w, err := zstd.NewWriter(nil)
	require.NoError(t, err)
	return string(w.EncodeAll([]byte(s), nil))
}

const header = "user_id,nickname,avatar"

func TestEveryShapeGivesTheSameRows(t *testing.T) {
	const chinese, latin, kana, hangul = "张伟", "Zoë", "さくら", "김민수"
	plain := csvText(header, table(chinese), ",", "\n")
	gb := "用户ID,昵称,头像"
	for _, shape := range []struct {
		name, file, content, nick string
		cfg                       reader.Config
	}{
		{"plain", "u.csv", plain, chinese, reader.Config{}},
		{"mark", "u.csv", "\uFEFF" + plain, chinese, reader.Config{}},
		{"CRLF", "u.csv", csvText(header, table(chinese), ",", "\r\n"), chinese, reader.Config{}},
		{"no final newline", "u.csv", strings.TrimSuffix(plain, "\n"), chinese, reader.Config{}},
		{"blank lines", "u.csv", strings.ReplaceAll(plain, "\n", "\n\r\n\n"), chinese, reader.Config{}},
		{"all quoted", "u.csv", `"` + strings.ReplaceAll(strings.ReplaceAll(strings.TrimSuffix(plain, "\n"), ",", `","`), "\n", "\"\n\"") + `"`, chinese, reader.Config{}},
		{"semicolons", "u.csv", csvText(header, table(chinese), ";", "\n"), chinese, reader.Config{Delimiter: ';'}},
		{"wide delimiter", "u.csv", csvText(header, table(chinese), "，", "\n"), chinese, reader.Config{Delimiter: '，'}},
		{"tabs by name", "u.tsv", csvText(header, table(chinese), "\t", "\n"), chinese, reader.Config{}},
		{"no header", "u.csv", csvText("", table(chinese), ",", "\n"), chinese, reader.Config{NoHeader: true}},
		{"mapped", "u.csv", csvText("a,b,c", table(chinese), ",", "\n"), chinese, reader.Config{Map: map[string]string{"UserID": "a", "Nick": "b", "FaceUrl": "c"}}},
		{"gz", "u.csv.gz", gzipped(t, plain), chinese, reader.Config{}},
		{"gz without a name", "u", gzipped(t, plain), chinese, reader.Config{}},
		{"gz of several members", "u.csv.gz", gzipped(t, plain[:1000], plain[1000:1001], plain[1001:]), chinese, reader.Config{}},
		{"zst", "u.csv.zst", zstdPacked(t, plain), chinese, reader.Config{}},
		{"utf-16le by mark", "u.csv", encode(t, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), plain), chinese, reader.Config{}},
		{"utf-16be by mark", "u.csv", encode(t, unicode.UTF16(unicode.BigEndian, unicode.UseBOM), plain), chinese, reader.Config{}},
		{"utf-16le by flag", "u.csv", encode(t, unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), plain), chinese, reader.Config{Encoding: "utf-16le"}},
		{"gb18030", "u.csv", encode(t, simplifiedchinese.GB18030, csvText(gb, table(chinese), ",", "\n")), chinese, reader.Config{Encoding: "gb18030"}},
		{"gbk with bars", "u.csv", encode(t, simplifiedchinese.GBK, csvText(gb, table("張|"[:3]+"偉"), "|", "\n")), "張偉", reader.Config{Encoding: "GBK", Delimiter: '|'}},
		{"big5", "u.csv", encode(t, traditionalchinese.Big5, csvText("使用者ID,暱稱,頭像", table("許功蓋"), ",", "\n")), "許功蓋", reader.Config{Encoding: "big5"}},
		{"shift-jis", "u.csv", encode(t, japanese.ShiftJIS, csvText(header, table(kana+"ソ表"), ",", "\n")), kana + "ソ表", reader.Config{Encoding: "shift-jis"}},
		{"euc-kr", "u.csv", encode(t, korean.EUCKR, csvText(header, table(hangul), ",", "\n")), hangul, reader.Config{Encoding: "euc-kr"}},
		{"latin-1", "u.csv", encode(t, charmap.ISO8859_1, csvText(header, table(latin), ",", "\n")), latin, reader.Config{Encoding: "latin-1"}},
		{"JSON lines", "u.jsonl", jsonText(table(chinese), "\n"), chinese, reader.Config{}},
		{"JSON lines, CRLF, marked", "u.ndjson", "\uFEFF" + jsonText(table(chinese), "\r\n\r\n") + "\r\n", chinese, reader.Config{}},
		{"JSON by first byte, gz", "users.gz", gzipped(t, jsonText(table(chinese), "\n")), chinese, reader.Config{}},
		{"JSON array", "u.json", "\n [" + jsonText(table(chinese), ",\n  ") + "\n]\n", chinese, reader.Config{}},
		{"JSON array in one line", "u.jsonl", "[" + jsonText(table(chinese), ",") + "]", chinese, reader.Config{}},
		{"JSON in gbk", "u.jsonl", encode(t, simplifiedchinese.GBK, jsonText(table("運營|"[:6]), "\n")), "運營", reader.Config{Encoding: "gbk"}},
		{"nested JSON", "u.jsonl", strings.ReplaceAll(strings.ReplaceAll(jsonText(table(chinese), "\n"), `"nickname":`, `"profile":{"x":{},"name":`), `,"avatar"`, `},"avatar"`), chinese, reader.Config{Map: map[string]string{"Nick": "profile.name"}}},
	} {
		t.Run(shape.name, func(t *testing.T) {
			path := write(t, shape.file, shape.content)
			r := open(t, shape.cfg, path)
			require.NoError(t, r.Scan())
			rows := rest(t, r)
			want := []string{}
			for _, row := range table(shape.nick) {
				want = append(want, strings.Join(row[:], "|"))
			}
			require.Equal(t, want, accounts(rows))
			done, total := r.Bytes()
			require.Equal(t, int64(len(shape.content)), total)
			require.Equal(t, total, done)

			again := open(t, r.Detected(), path)
			require.Equal(t, want, accounts(rest(t, again)), "what was detected reads the same")

			in := shape.cfg
			in.Stdin = strings.NewReader(shape.content)
			if in.Format == "" && strings.Contains(shape.file, ".tsv") {
				in.Delimiter = '\t'
			}
			piped := open(t, in, "-")
			require.NoError(t, piped.Scan())
			require.Equal(t, want, accounts(rest(t, piped)), "standard input reads the same")
			require.NoError(t, piped.Close())

			for _, at := range []int{0, 1, 150, 299} {
				for _, trust := range []bool{false, true} {
					on := open(t, r.Detected(), path)
					require.NoError(t, on.Seek(rows[at].End, trust))
					require.Equal(t, rows[at+1:], append([]reader.Row{}, rest(t, on)...), "after row %d", at+1)
				}
			}
		})
	}
}

func TestURLReadsOnOverBrokenConnections(t *testing.T) {
	content := csvText(header, table("张伟"), ",", "\n")
	requests := 0
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		requests++
		w.Header().Set("ETag", `"one"`)
		if requests == 2 { // the first Read after Open's look: lose it half way
			w.Header().Set("Content-Length", fmt.Sprint(len(content)))
			_, _ = w.Write([]byte(content[:5000]))
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}
		http.ServeContent(w, req, "u.csv", time.Time{}, strings.NewReader(content))
	}))
	defer server.Close()
	r := open(t, reader.Config{HTTP: server.Client()}, server.URL+"/u.csv?signature=secret")
	require.NoError(t, r.Scan())
	rows := rest(t, r)
	require.Len(t, rows, 300)
	require.Equal(t, 3, requests)

	on := open(t, reader.Config{HTTP: server.Client()}, server.URL+"/u.csv?signature=secret")
	require.NoError(t, on.Seek(rows[99].End, false))
	require.Equal(t, rows[100:], rest(t, on))

	content = content + "u999,x,\n"
	on = open(t, reader.Config{HTTP: server.Client()}, server.URL+"/u.csv?signature=secret")
	err := on.Seek(rows[99].End, false)
	var changed *reader.ChangedError
	require.ErrorAs(t, err, &changed)
	require.NotContains(t, err.Error(), "secret")
}

func TestURLFaults(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	for name, url := range map[string]string{
		"404": server.URL + "/u.csv?signature=secret", "http": "http://files.example.com/u.csv?signature=secret", "ftp": "ftp://x.example/u.csv",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := reader.Open(t.Context(), []string{url}, reader.Config{HTTP: server.Client()})
			var input *reader.InputError
			require.ErrorAs(t, err, &input)
			require.True(t, input.Usage)
			require.NotContains(t, err.Error()+input.Hint, "secret")
		})
	}
}

func TestExpand(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"b.csv", "a.csv", "c.txt", "odd[1].csv"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), nil, 0o600))
	}
	in := func(name string) string { return filepath.Join(dir, name) }
	got, err := reader.Expand([]string{in("c.txt"), in("[ab].csv"), "-", in("odd[1].csv"), "https://x.example/u*.csv"})
	require.NoError(t, err)
	require.Equal(t, []string{in("c.txt"), in("a.csv"), in("b.csv"), "-", in("odd[1].csv"), "https://x.example/u*.csv"}, got)
	for name, args := range map[string][]string{
		"none": nil, "directory": {dir}, "nothing there": {in("x.csv")}, "no match": {in("x*.csv")},
		"twice": {in("a.csv"), in("*.csv")}, "two standard inputs": {"-", "-"}, "bad pattern": {in("[.csv")}, "empty": {""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := reader.Expand(args)
			var input *reader.InputError
			require.ErrorAs(t, err, &input)
			require.True(t, input.Usage)
			require.NotEmpty(t, input.Hint)
		})
	}
}
