package reader_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"imimport/reader"
)

// write makes a file and returns its path.
func write(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

func open(t *testing.T, cfg reader.Config, inputs ...string) *reader.Reader {
	t.Helper()
	r, err := reader.Open(context.Background(), inputs, cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, r.Close()) })
	return r
}

// rest reads all rows that are left.
func rest(t *testing.T, r *reader.Reader) []reader.Row {
	t.Helper()
	rows, err := readAll(r)
	require.NoError(t, err)
	return rows
}

func readAll(r *reader.Reader) (rows []reader.Row, err error) {
	for {
		var row reader.Row
		err := r.Read(&row)
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return rows, err
		}
		rows = append(rows, row)
	}
}

// accounts are the rows as "UserID|Nick|FaceUrl", with the kind of their fault behind an exclamation mark.
func accounts(rows []reader.Row) []string {
	list := []string{}
	for _, row := range rows {
		s := strings.Join([]string{row.UserID, row.Nick, row.FaceURL}, "|")
		if row.Fault != nil {
			s = "!" + row.Fault.Kind
		}
		list = append(list, s)
	}
	return list
}

func TestReadsCSV(t *testing.T) {
	r := open(t, reader.Config{Accept: []string{reader.KindLineBreak}}, write(t, "users.csv", "user_id,nickname,avatar,age\nu1,Ann,https://x.example/1.png,3\n\nu2,\"B \"\"x\"\"\nb\",,4\r\nu3,,,"))
	require.Equal(t, []string{"user_id", "nickname", "avatar", "age"}, r.Columns())
	rows := rest(t, r)
	require.Equal(t, []string{"u1|Ann|https://x.example/1.png", "u2|B \"x\"\nb|", "u3||"}, accounts(rows))
	require.Equal(t, []int64{2, 4, 6}, []int64{rows[0].Line, rows[1].Line, rows[2].Line})
	require.Equal(t, []string{"u2", "B \"x\"\nb", "", "4"}, rows[1].Fields)
}

func TestReadsJSONLines(t *testing.T) {
	r := open(t, reader.Config{}, write(t, "users.jsonl", `{"user_id":12345678901234567890,"nick":"A\u0041"}`+"\n\n"+`{"user_id":"u2","avatar":"https://x.example/","x":{"a":[1,"}"]}}`))
	rows := rest(t, r)
	require.Equal(t, []string{"12345678901234567890|AA|", "u2||https://x.example/"}, accounts(rows))
	require.Equal(t, `{"user_id":"u2","avatar":"https://x.example/","x":{"a":[1,"}"]}}`, string(rows[1].Object))
}
