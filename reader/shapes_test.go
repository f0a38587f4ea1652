package reader_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"imimport/pkg/fault"
	"imimport/reader"
	"imimport/reader/readertest"
)

func TestEveryShapeGivesTheSameRows(t *testing.T) {
	for _, shape := range readertest.Shapes(t) {
		t.Run(shape.Name, func(t *testing.T) {
			path := write(t, shape.File, shape.Content)
			r := open(t, shape.Config, path)
			require.NoError(t, r.Scan())
			rows := rest(t, r)
			want := []string{}
			for _, row := range readertest.Table(shape.Nick) {
				want = append(want, strings.Join(row[:], "|"))
			}
			require.Equal(t, want, accounts(rows))
			done, total := r.Bytes()
			require.Equal(t, int64(len(shape.Content)), total)
			require.Equal(t, total, done)

			again := open(t, r.Detected(), path)
			require.Equal(t, want, accounts(rest(t, again)), "what was detected reads the same")

			in := shape.Config
			in.Stdin = strings.NewReader(shape.Content)
			if in.Format == "" && strings.Contains(shape.File, ".tsv") {
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

func TestURLFaults(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	for name, url := range map[string]string{
		"404": server.URL + "/u.csv?signature=secret", "http": "http://files.example.com/u.csv?signature=secret", "ftp": "ftp://x.example/u.csv",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := reader.Open(t.Context(), []string{url}, reader.Config{HTTP: server.Client()})
			var input *fault.Error
			require.ErrorAs(t, err, &input)
			require.Equal(t, fault.Usage, input.Kind)
			require.NotContains(t, err.Error()+input.Hint.String(), "secret")
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
			var input *fault.Error
			require.ErrorAs(t, err, &input)
			require.Equal(t, fault.Usage, input.Kind)
			require.NotEmpty(t, input.Hint.String())
		})
	}
}
