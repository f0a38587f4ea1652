package reader_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/htmlindex"

	"imimport/pkg/fault"
	"imimport/reader"
)

// Each target has seeds in testdata/fuzz: what came up while it was written, and what fuzzing has found.
func TestFuzzTargetsHaveSeeds(t *testing.T) {
	for _, target := range []string{"FuzzCSV", "FuzzJSONL", "FuzzArray", "FuzzEncodings", "FuzzHeader", "FuzzOutcomes", "FuzzPlainIsValid"} {
		seeds, err := filepath.Glob(filepath.Join("testdata", "fuzz", target, "*"))
		require.NoError(t, err)
		require.NotEmpty(t, seeds, "seeds of %s", target)
	}
}

// sameInPieces reads an input from pieces of all sizes and from each of its places on, and wants the same rows.
func sameInPieces(t *testing.T, cfg reader.Config, content []byte, rows []reader.Row, end error) {
	for _, pieces := range []func(io.Reader) io.Reader{iotest.OneByteReader, iotest.HalfReader, iotest.DataErrReader} {
		cfg.Stdin = pieces(bytes.NewReader(content))
		r, err := reader.Open(t.Context(), []string{"-"}, cfg)
		require.NoError(t, err)
		again, err := readAll(r)
		require.Equal(t, end, err)
		require.Equal(t, rows, again)
		require.NoError(t, r.Close())
	}
	for i := 0; i < len(rows); i += 1 + len(rows)/4 {
		cfg.Stdin = bytes.NewReader(content)
		r, err := reader.Open(t.Context(), []string{"-"}, cfg)
		require.NoError(t, err)
		require.NoError(t, r.Seek(rows[i].End, false))
		again, err := readAll(r)
		require.Equal(t, end, err)
		require.Equal(t, append([]reader.Row{}, rows[i+1:]...), append([]reader.Row{}, again...))
		require.NoError(t, r.Close())
	}
}

func FuzzCSV(f *testing.F) {
	f.Add([]byte("u1,Ann\r\nu2,\"B\n\"\"b\"\"\"\n\n\"u3\""))
	f.Fuzz(func(t *testing.T, data []byte) {
		content := append([]byte("user_id,nick\n"), data...)
		r, err := reader.Open(t.Context(), []string{"-"}, reader.Config{Stdin: bytes.NewReader(content)})
		if err != nil {
			require.ErrorContains(t, err, "UTF-16 without")
			return
		}
		rows, end := readAll(r)
		require.NoError(t, r.Close())

		theirs := csv.NewReader(bytes.NewReader(content))
		theirs.FieldsPerRecord = -1
		_, err = theirs.Read()
		require.NoError(t, err)
		for i := 0; ; i++ {
			record, err := theirs.Read()
			var parse *csv.ParseError
			switch {
			case errors.Is(err, io.EOF):
				require.NoError(t, end)
				require.Len(t, rows, i)
				sameInPieces(t, reader.Config{}, content, rows, end)
				return
			case errors.As(err, &parse) && i < len(rows):
				require.Equal(t, reader.KindQuote, rows[i].Fault.Kind, "row %d: %v", i+1, err)
				require.EqualValues(t, parse.StartLine, rows[i].Line)
				continue
			case err != nil: // quotes that never close: they say where the input ends, we say where they open
				require.Error(t, end)
				require.Len(t, rows, i)
				return
			}
			require.Less(t, i, len(rows))
			line, _ := theirs.FieldPos(0)
			require.EqualValues(t, line, rows[i].Line)
			for len(record) < 2 {
				record = append(record, "")
			}
			if len(record) <= 64 {
				require.Equal(t, record, rows[i].Fields)
			}
			if len(record) > 2 {
				require.NotNil(t, rows[i].Fault)
			}
			if rows[i].Fault == nil {
				require.True(t, utf8.ValidString(strings.Join(record, "")))
				require.Equal(t, record[0], rows[i].UserID)
				require.Equal(t, record[1], rows[i].Nick)
			}
		}
	})
}

func FuzzJSONL(f *testing.F) {
	f.Add([]byte(`{"user_id":"u1","nick":"\u0041"}` + "\n" + `{"user_id":12345678901234567890}` + "\r\n\n{"))
	f.Fuzz(func(t *testing.T, data []byte) {
		content := append([]byte(`{"user_id":"u0","nick":"x"}`+"\n"), data...)
		r, err := reader.Open(t.Context(), []string{"-"}, reader.Config{Format: "jsonl", Stdin: bytes.NewReader(content)})
		if err != nil {
			return // a second name for one of the fields
		}
		rows, end := readAll(r)
		require.NoError(t, end)
		cfg := r.Detected()
		require.NoError(t, r.Close())
		i := 0
		for _, line := range bytes.Split(content, []byte("\n")) {
			if line = bytes.Trim(line, " \t\r"); len(line) == 0 {
				continue
			}
			row := rows[i]
			i++
			account, valid := theirAccount(line)
			if !valid {
				require.NotNil(t, row.Fault, "%q", line)
			}
			if row.Prior == nil {
				require.Equal(t, string(line), string(row.Object))
			}
			if row.Fault == nil && row.Prior == nil {
				require.True(t, valid, "%q", line)
				require.Equal(t, account, [2]string{row.UserID, row.Nick}, "%q", line)
			}
		}
		require.Len(t, rows, i)
		sameInPieces(t, cfg, content, rows, nil)
	})
}

// theirAccount is what encoding/json makes of a line.
func theirAccount(line []byte) (account [2]string, valid bool) {
	d := json.NewDecoder(bytes.NewReader(line))
	d.UseNumber()
	var object map[string]any
	if d.Decode(&object) != nil || !json.Valid(line) || object == nil {
		return account, false
	}
	for i, key := range []string{"user_id", "nick"} {
		switch v := object[key].(type) {
		case string:
			account[i] = v
		case json.Number:
			account[i] = v.String()
		}
	}
	return account, true
}

func FuzzArray(f *testing.F) {
	f.Add([]byte(` , {"user_id" : "a]\"", "x":[{},[1]]}` + "\n,\n 1 ] "))
	f.Fuzz(func(t *testing.T, data []byte) {
		content := append([]byte(` [{"user_id":"u0"}`), data...)
		r, err := reader.Open(t.Context(), []string{"-"}, reader.Config{Format: "jsonl", Stdin: bytes.NewReader(content)})
		if err != nil {
			return
		}
		rows, end := readAll(r)
		cfg := r.Detected()
		require.NoError(t, r.Close())
		var elements []json.RawMessage
		if json.Unmarshal(content, &elements) == nil {
			require.NoError(t, end)
			require.Len(t, rows, len(elements))
			for i, element := range elements {
				var want, got bytes.Buffer
				require.NoError(t, json.Compact(&want, element))
				if rows[i].Prior == nil && utf8.Valid(element) {
					require.NoError(t, json.Compact(&got, rows[i].Object))
					require.Equal(t, want.String(), got.String())
					require.NotContains(t, string(rows[i].Object), "\n")
				}
			}
		}
		if end == nil {
			sameInPieces(t, cfg, content, rows, nil)
		}
	})
}

func FuzzEncodings(f *testing.F) {
	f.Add("张伟", "https://x.example/|", uint8(0))
	encodings := []string{"gb18030", "gbk", "big5", "shift_jis", "euc-kr", "euc-jp", "windows-1252", "utf-16le", "utf-16be", "iso-2022-jp"}
	f.Fuzz(func(t *testing.T, nick, face string, which uint8) {
		name := encodings[int(which)%len(encodings)]
		e, err := htmlindex.Get(name)
		require.NoError(t, err)
		encoded := func(s string) (string, bool) {
			out, err := e.NewEncoder().String(s)
			if err != nil {
				return "", false
			}
			back, err := e.NewDecoder().String(out)
			return out, err == nil && back == s
		}
		if strings.ContainsAny(nick+face, "\r\n\x00\uFFFD\uFEFF") {
			return
		}
		quote := func(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
		for _, comma := range []rune{',', ';', '|', '\t', '5'} {
			text := strings.Join([]string{"user_id", "nick", "avatar"}, string(comma)) + "\n" + strings.Join([]string{"u1", quote(nick), quote(face)}, string(comma)) + "\n"
			content, ok := encoded(text)
			if !ok {
				return
			}
			r, err := reader.Open(t.Context(), []string{"-"}, reader.Config{Format: "csv", Encoding: name, Delimiter: comma, Stdin: strings.NewReader(content)})
			if err != nil {
				continue // it looks like something else
			}
			rows, err := readAll(r)
			require.NoError(t, err)
			require.Len(t, rows, 1)
			require.Equal(t, []string{"u1", nick, face}, rows[0].Fields)
			require.NoError(t, r.Close())
		}
		object, _ := json.Marshal(map[string]string{"user_id": "u1", "nick": nick})
		if content, ok := encoded(string(object)); ok {
			r, err := reader.Open(t.Context(), []string{"-"}, reader.Config{Format: "jsonl", Encoding: name, Stdin: strings.NewReader(content)})
			if err == nil {
				require.Equal(t, nick, rest(t, r)[0].Nick)
			}
		}
	})
}

// FuzzOutcomes reads outcome files that somebody has had in a hand.
func FuzzOutcomes(f *testing.F) {
	f.Add([]byte("u1,Ann,UserID=user_id;Nick=nick,a.csv,7,1,70402,row,why,2\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		content := append([]byte("user_id,nick,_map,_file,_line,_row,_code,_class,_reason,_attempts\n"), data...)
		r, err := reader.Open(t.Context(), []string{"-"}, reader.Config{Format: "csv", Stdin: bytes.NewReader(content)})
		if err != nil {
			return
		}
		rows, end := readAll(r)
		cfg := r.Detected()
		require.NoError(t, r.Close())
		for _, row := range rows {
			require.True(t, row.Prior == nil || row.Prior.Row > 0)
		}
		sameInPieces(t, cfg, content, rows, end)
	})
}

func FuzzHeader(f *testing.F) {
	f.Add("user_id,昵称,头像,_row", "nick", "")
	f.Fuzz(func(t *testing.T, header, nick, face string) {
		path := filepath.Join(t.TempDir(), "u.csv")
		require.NoError(t, os.WriteFile(path, []byte(header+"\na,b,c,d,e,f,g\n"), 0o600))
		m := map[string]string{}
		if nick != "" {
			m["Nick"] = nick
		}
		if face != "" {
			m["FaceUrl"] = face
		}
		r, err := reader.Open(t.Context(), []string{path}, reader.Config{Map: m, Format: "csv"})
		if err != nil {
			var input *fault.Error
			require.ErrorAs(t, err, &input)
			require.Equal(t, fault.Usage, input.Kind)
			return
		}
		defer r.Close()
		rows, err := readAll(r)
		again, openErr := reader.Open(t.Context(), []string{path}, r.Detected())
		require.NoError(t, openErr)
		defer again.Close()
		same, sameErr := readAll(again)
		require.Equal(t, rows, same, "what was detected reads the same")
		require.Equal(t, fmt.Sprint(err), fmt.Sprint(sameErr))
		require.Equal(t, r.Columns(), again.Columns())
		for role, column := range r.Detected().Map {
			require.True(t, column == "" || slices.Contains(r.Columns(), column), "%s: %s", role, strconv.Quote(column))
		}
	})
}
