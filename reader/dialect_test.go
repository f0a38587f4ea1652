package reader_test

import (
	"archive/tar"
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/simplifiedchinese"

	"imimport/reader"
	"imimport/reader/readertest"
)

// dialects are files as other systems write them.
func dialects(t *testing.T) map[string]struct {
	file, content string
	cfg           reader.Config
	want          []string
} {
	const id = "F81D4FAE-7dec-11d0-a765-00a0c91e6bf6"
	gbk := func(s string) string { return readertest.Encode(t, simplifiedchinese.GBK, s) }
	escaped := reader.Config{Backslash: true}
	return map[string]struct {
		file, content string
		cfg           reader.Config
		want          []string
	}{
		"quotes that are characters": {"u.tsv", "user_id\tnick\nu1\t\"Bob\" the\nu2\t\"\nu3\tx\"\n", reader.Config{NoQuotes: true}, []string{`u1|"Bob" the|`, `u2|"|`, `u3|x"|`}},
		"MySQL in batch mode":        {"u.tsv", "user_id\tnick\nu1\tAnn\\nLee\\tx\\\\\nu2\t\\N\nu3\t\\\"\n", escaped, []string{"u1|Ann\nLee\tx\\|", "u2||", `u3|"|`}},
		"MySQL into a file":          {"u.tsv", "user_id\tnick\tavatar\nu1\tAnn\\\nLee\\\tx\t\\N\r\nu2\tB\t", escaped, []string{"u1|Ann\nLee\tx|", "u2|B|"}},
		"escapes in quotes":          {"u.csv", "user_id,nick\n\"u1\",\"a \\\"b\\\", \"\"c\"\"\"\nu2,\"x\ny\"\n", escaped, []string{`u1|a "b", "c"|`, "!line-break"}},
		"a backslash in GBK":         {"u.csv", gbk("user_id,nick\nu1,誠\\n乗\n"), reader.Config{Backslash: true, Encoding: "gbk"}, []string{"u1|誠\n乗|"}},
		"an escaped NUL":             {"u.tsv", "user_id\tnick\nu1\ta\\0b\n", escaped, []string{"!nul"}},
		"escapes at the end":         {"u.tsv", "user_id\tnick\nu1\ta\\", escaped, []string{"u1|a\\|"}},
		"words for no value":         {"u.csv", "user_id,nick,avatar\nu1,NULL,-\nu2,NULLs,\n", reader.Config{Null: []string{"NULL", "-"}}, []string{"u1||", "u2|NULLs|"}},
		"words for no value in JSON": {"u.jsonl", `{"id":"u1","nick":"-"}` + "\n", reader.Config{Null: []string{"-"}}, []string{"u1||"}},
		"lines before the header":    {"u.csv", "All \"users\n,\nuser_id,nick\nu1,Ann\n", reader.Config{SkipLines: 2}, []string{"u1|Ann|"}},
		"a delimiter that is said":   {"u.csv", "\uFEFFsep=;\r\nuser_id;nick\r\nu1;a,b\r\n", reader.Config{}, []string{"u1|a,b|"}},
		"a delimiter behind a title": {"u.csv", "Users\nSEP=|\nuser_id|nick\nu1|a,b\n", reader.Config{SkipLines: 1}, []string{"u1|a,b|"}},
		"a delimiter before a title": {"u.csv", "sep=;\nUsers\nuser_id;nick\nu1;a,b\n", reader.Config{SkipLines: 2}, []string{"u1|a,b|"}},
		"trimmed":                    {"u.csv", "user_id,nick,avatar\n u1 ,\tAnn , https://x.example/1 \n", reader.Config{Trim: true}, []string{"u1|Ann|https://x.example/1"}},
		"trimmed JSON":               {"u.jsonl", `{"id":" u1","nick":" A "}` + "\n", reader.Config{Trim: true}, []string{"u1|A|"}},
		"padding behind gzip":        {"u.csv.gz", readertest.Gzip(t, "user_id\nu1\n", "u2\n") + strings.Repeat("\x00", 600), reader.Config{}, []string{"u1||", "u2||"}},
		"UUIDs":                      {"u.csv", "user_id\n" + id + "\nu2\n", reader.Config{Compact: true}, []string{"f81d4fae7dec11d0a76500a0c91e6bf6||", "u2||"}},
		"UUIDs as they are":          {"u.csv", "user_id\n" + id + "\n", reader.Config{}, []string{"!too_long"}},
		"no header, two columns":     {"u.csv", "u1,Ann\nu2,B\n", reader.Config{NoHeader: true}, []string{"u1|Ann|", "u2|B|"}},
		"columns by number":          {"u.csv", "user_id,b,c\nx,u1,Ann\n", reader.Config{Map: map[string]string{"UserID": "#2", "Nick": "#3"}}, []string{"u1|Ann|"}},
		"a column that is named #2":  {"u.csv", "#2,b\nu1,x\n", reader.Config{Map: map[string]string{"UserID": "#2"}}, []string{"u1||"}},
		"elements of arrays":         {"u.jsonl", `{"id":"u1","p":{"names":[{"x":1},"Ann"]},"a":[["https://x.example/"]]}` + "\n" + `{"id":"u2","p":{"names":[]}}` + "\n", reader.Config{Map: map[string]string{"Nick": "p.names.1", "FaceUrl": "a.0.0"}}, []string{"u1|Ann|https://x.example/", "u2||"}},
	}
}

func TestReadsWhatOtherSystemsWrite(t *testing.T) {
	for name, d := range dialects(t) {
		t.Run(name, func(t *testing.T) {
			path := write(t, d.file, d.content)
			r := open(t, d.cfg, path)
			require.NoError(t, r.Scan())
			rows := rest(t, r)
			require.Equal(t, d.want, accounts(rows))
			found := r.Detected()
			for i, row := range rows {
				on := open(t, found, path)
				require.NoError(t, on.Seek(row.End, false))
				require.Equal(t, d.want[i+1:], accounts(rest(t, on)), "after row %d", i+1)
			}
		})
	}
}

func TestATarArchiveIsNamed(t *testing.T) {
	var b bytes.Buffer
	archive := tar.NewWriter(&b)
	require.NoError(t, archive.WriteHeader(&tar.Header{Name: "u.csv", Size: 11, Mode: 0o600}))
	_, err := archive.Write([]byte("user_id\nu1\n"))
	require.NoError(t, err)
	require.NoError(t, archive.Close())
	for file, content := range map[string]string{"u.csv": b.String(), "u.tar.gz": readertest.Gzip(t, b.String())} {
		_, err = reader.Open(t.Context(), []string{write(t, file, content)}, reader.Config{})
		require.ErrorContains(t, err, "is a tar archive")
	}
}
