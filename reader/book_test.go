package reader_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/klauspost/compress/gzip"
	"github.com/stretchr/testify/require"

	"imimport/pkg/fault"
	"imimport/reader"
	"imimport/reader/readertest"
)

func TestAWorkbookIsReadAsItsSheet(t *testing.T) {
	content, err := os.ReadFile("workbook/testdata/users.xlsx")
	require.NoError(t, err)
	name := write(t, "用户.xlsx", string(content))
	r, err := openAndScan(t, reader.Config{Accept: []string{reader.KindLineBreak}}, name)
	require.NoError(t, err)
	rows := rest(t, r)
	require.Equal(t, []string{"13800138000|张伟|https://img.example.com/1.png", "00042|Ann & Lee|", "u4|first\nsecond|", "!spreadsheet-number", "!spreadsheet-number", "!null-text",
		"1|hidden\trow \\N|", "u11|merged|"}, accounts(rows))
	var lines []int64
	for _, row := range rows {
		lines = append(lines, row.Line)
	}
	require.Equal(t, []int64{2, 3, 4, 5, 6, 7, 10, 11}, lines)
	require.Equal(t, []string{"用户ID", "昵称", "头像", "入职"}, r.Columns())
	require.Equal(t, "1999-12-31 18:30:00", rows[1].Fields[3])
	require.Equal(t, "spreadsheet-number: "+name+": 用户: row 5: the UserID is a number of more than 15 digits, or one whose zeros are only its format", rows[3].Fault.Error())
	done, total := r.Bytes()
	require.Equal(t, []int64{int64(len(content)), int64(len(content))}, []int64{done, total})
	require.True(t, r.Workbook())
	require.Equal(t, []string{"用户"}, r.Sheets())

	found := r.Detected()
	require.Equal(t, []string{"xlsx", "用户", ""}, []string{found.Format, found.Sheet, found.Encoding})
	for i, row := range rows { // resumed behind any row
		again, err := reader.Open(t.Context(), []string{name}, found)
		require.NoError(t, err)
		require.NoError(t, again.Seek(row.End, false))
		require.Equal(t, accounts(rows[i+1:]), accounts(rest(t, again)))
		require.NoError(t, again.Close())
	}
}

// A number that may not be what was meant is refused until it is accepted, also when it comes back from an outcome file.
func TestNumbersOfAWorkbookThatMayHaveLostDigits(t *testing.T) {
	rows := readertest.Rows("user_id|nick") + `<row><c><v>1234567890123456789</v></c></row><row><c s="2"><v>42</v></c></row>` + readertest.Rows("u1|a", "u2|b", "u3|c", "u4|d")
	name := write(t, "u.xlsx", readertest.Workbook(t, rows, nil))
	r, err := openAndScan(t, reader.Config{}, name)
	require.NoError(t, err)
	bad := rest(t, r)[:2]
	require.Equal(t, []string{"!spreadsheet-number", "!spreadsheet-number"}, accounts(bad))
	require.Equal(t, [][]string{{"1234567890123456789.0", ""}, {"42.0", ""}}, [][]string{bad[0].Fields, bad[1].Fields})

	failed := "user_id,nick,_row,_code,_class,_reason,_attempts\n"
	for i, row := range bad {
		failed += fmt.Sprintf("%s,,%d,,invalid,%q,0\n", row.Fields[0], i+1, row.Fault.Msg)
	}
	for _, shape := range []struct {
		content string
		accept  []string
		want    []string
	}{
		{failed, nil, []string{"!spreadsheet-number", "!spreadsheet-number"}},
		{failed, []string{reader.KindSpreadsheet}, []string{"1234567890123456789||", "42||"}},
		{strings.ReplaceAll(failed, "42.0", "0000042"), nil, []string{"!spreadsheet-number", "0000042||"}},
	} {
		require.Equal(t, shape.want, accounts(rest(t, open(t, reader.Config{Accept: shape.accept}, write(t, "failed.csv", shape.content)))))
	}
	r, err = openAndScan(t, reader.Config{Accept: []string{reader.KindSpreadsheet}}, name)
	require.NoError(t, err)
	require.Equal(t, []string{"1234567890123456789||", "42||"}, accounts(rest(t, r)[:2]))
}

func TestSheetsOfAWorkbook(t *testing.T) {
	people, others := readertest.Rows("user_id|nick", "u1|Ann"), readertest.Rows("user_id|nick", "u2|Bob")
	two := readertest.Workbook(t, "", readertest.Sheets("People", people, "Empty", "", "R&amp;D", others))
	one := readertest.Workbook(t, "", readertest.Sheets("Empty", `<row r="7"><c s="1"/></row>`, "People", people))
	for _, shape := range []struct {
		content, sheet string
		want           string
		says, hint     string
	}{
		{content: two, says: `has 2 sheets with rows: "People", "R&D"`, hint: "sheet People"},
		{content: two, sheet: "R&D", want: "u2|Bob|"},
		{content: two, sheet: "People", want: "u1|Ann|"},
		{content: two, sheet: "people", says: `has no sheet "people"`, hint: `"People", "Empty", "R&D"`},
		{content: two, sheet: "Empty", says: "is empty"},
		{content: one, want: "u1|Ann|"},
	} {
		r, err := openAndScan(t, reader.Config{Sheet: shape.sheet}, write(t, "u.xlsx", shape.content))
		if shape.says != "" {
			require.ErrorContains(t, err, shape.says)
			require.Contains(t, fault.HintOf(err).String(), shape.hint)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, []string{shape.want}, accounts(rest(t, r)))
	}
}

// compound is the start of a file as Excel wrote it before 2007, and still does for an encrypted one.
func compound(stream string) string {
	b := make([]byte, 1024)
	copy(b, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
	b[0x1e] = 9
	for i, u := range utf16.Encode([]rune(stream)) {
		binary.LittleEndian.PutUint16(b[512+2*i:], u)
	}
	return string(b)
}

func TestWorkbooksThatAreRefused(t *testing.T) {
	good := readertest.Workbook(t, readertest.Rows("user_id|nick", "u1|Ann"), nil)
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write([]byte(good))
	require.NoError(t, z.Close())
	mangled := func(rows string) string {
		return readertest.Workbook(t, readertest.Rows("user_id|nick", "u1|Ann")+rows, nil)
	}
	for _, shape := range []struct {
		name, file, content string
		cfg                 reader.Config
		says, hint          string
	}{
		{"packed once more", "u.xlsx.gz", packed.String(), reader.Config{}, "is a zip file or a workbook", "save or unpack it first"},
		{"old", "u.xls", compound("Workbook"), reader.Config{}, "is an old Excel workbook (.xls)", "save it as .xlsx"},
		{"encrypted", "u.xlsx", compound("EncryptedPackage"), reader.Config{}, "is an encrypted workbook", "without a password"},
		{"a table with its name", "u.xlsx", "user_id\nu1\n", reader.Config{}, "is no workbook, and is to be read as one", "format csv"},
		{"a table", "u.csv", "user_id\nu1\n", reader.Config{Format: "xlsx"}, "is no workbook", "format csv"},
		{"a page with its name", "u.xlsx", "<html><table>", reader.Config{}, "is an HTML page", "CSV"},
		{"a table with a sheet", "u.csv", "user_id\nu1\n", reader.Config{Sheet: "A"}, "is no workbook, and sheet is for workbooks", "leave sheet out"},
		{"another format", "u.xlsx", good, reader.Config{Format: "jsonl"}, "is a workbook, and not jsonl", "leave format out"},
		{"delimiter", "u.xlsx", good, reader.Config{Delimiter: ';'}, "is a workbook, and delimiter is for CSV", "leave delimiter out"},
		{"encoding", "u.xlsx", good, reader.Config{Encoding: "gbk"}, "is a workbook, and encoding is for CSV", "leave encoding out"},
		{"OpenDocument", "u.ods", "PK\x03\x04\x14\x00\x00\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00.\x00\x00\x00.\x00\x00\x00\x08\x00\x00\x00mimetypeapplication/vnd.oasis.opendocument.spreadsheet", reader.Config{}, "is an OpenDocument workbook", ".xlsx"},
		{"Numbers", "u.numbers", readertest.Workbook(t, "", readertest.Parts{"_rels/.rels": "<x/>"}), reader.Config{}, "is a workbook of Numbers", "export it"},
		{"zip", "u.zip", readertest.Workbook(t, "", readertest.Parts{"_rels/.rels": "<x/>"}), reader.Config{}, "is a zip file, and no workbook is in it", "unpacked"},
		{"cut", "u.xlsx", good[:len(good)-30], reader.Config{}, "is damaged or not whole", "whole file"},
		{"damaged in a row", "u.xlsx", mangled("<row><c><v>x</v></c></row>"), reader.Config{}, "u.xlsx: Sheet1: row 3: the workbook is damaged: a number is not written as one", "undamaged file in its place and run again"},
		{"cut in a row", "u.xlsx", mangled("<row><c>"), reader.Config{}, "u.xlsx: Sheet1: row 3: the workbook is damaged: an element does not end where it should", "undamaged"},
		{"not computed", "u.xlsx", mangled("<row/><row><c><f>A1</f></c></row>"), reader.Config{}, "u.xlsx: Sheet1: row 4: a formula has no value", "open it in a spreadsheet"},
		{"no value of a database", "u.xlsx", mangled(readertest.Rows(`u2|\N`)), reader.Config{}, `u.xlsx: Sheet1: row 3: backslash-n: nick is \N`, `null \N`},
		{"no header", "u.xlsx", readertest.Workbook(t, readertest.Rows("u1|Ann"), nil), reader.Config{}, "u.xlsx: Sheet1: row 1: the first line is no header", "no-header"},
	} {
		t.Run(shape.name, func(t *testing.T) {
			_, err := openAndScan(t, shape.cfg, write(t, shape.file, shape.content))
			require.Equal(t, fault.Usage, fault.KindOf(err), "%v", err)
			require.ErrorContains(t, err, shape.says)
			require.Contains(t, fault.HintOf(err).String(), shape.hint)
		})
	}
	_, err := openAndScan(t, reader.Config{Stdin: strings.NewReader(good)}, "-")
	require.ErrorContains(t, err, "standard input: is a zip file or a workbook")
}

// A workbook is read as the file that was opened, or not to its end.
func TestAWorkbookThatChangesWhileItIsRead(t *testing.T) {
	rows := []string{"user_id|note"}
	for i := range 500 {
		rows = append(rows, fmt.Sprintf("u%d|%d%s", i, i*7919%10007, strings.Repeat("x", 8<<10))) // more than is read ahead
	}
	text := readertest.Workbook(t, readertest.Rows(rows...), nil)
	for _, c := range changes {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "u.xlsx")
			require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
			r, err := openAndScan(t, reader.Config{}, path)
			require.NoError(t, err)
			row := new(reader.Row)
			require.NoError(t, r.Read(row))
			c.to(t, path, text)
			n := 1
			for err = r.Read(row); err == nil; err = r.Read(row) {
				require.Equal(t, fmt.Sprintf("u%d", n), row.UserID)
				n++
			}
			if c.changed {
				require.Equal(t, fault.Changed, fault.KindOf(err), "%v", err)
				return
			}
			require.ErrorContains(t, err, "EOF")
			require.Equal(t, len(rows)-1, n)
		})
	}
}

// Several inputs may be workbooks and tables.
func TestWorkbooksAmongTables(t *testing.T) {
	book := write(t, "u.xlsx", readertest.Workbook(t, readertest.Rows("user_id|nick", "u1|Ann"), nil))
	table := write(t, "u.csv", "nick,user_id\n\"Bob\tLee\",u2\n")
	r, err := openAndScan(t, reader.Config{}, book, table)
	require.NoError(t, err)
	found := r.Detected()
	require.Empty(t, found.Format)
	require.Equal(t, []string{"u1|Ann|", "u2|Bob\tLee|"}, accounts(rest(t, r)))
	r, err = openAndScan(t, found, book, table)
	require.NoError(t, err)
	require.Len(t, rest(t, r), 2)
}
