package workbook_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"imimport/reader/readertest"
	"imimport/reader/workbook"
)

// text is the text of a workbook's first sheet, and the error that ended it.
func text(content string) (string, error) {
	b, err := workbook.Open(strings.NewReader(content), int64(len(content)))
	if err != nil {
		return "", err
	}
	if len(b.Sheets()) == 0 {
		return "", errors.New("no sheet")
	}
	t, err := b.Text(b.Sheets()[0])
	if err != nil {
		return "", err
	}
	out, err := io.ReadAll(t)
	if closing := t.Close(); err == nil {
		err = closing
	}
	return string(out), err
}

func TestCellsHaveTheValuesThatAreStored(t *testing.T) {
	const lossy = workbook.Lossy
	for _, shape := range []struct{ name, rows, want string }{
		{"numbers", `<row><c><v>13800138000</v></c><c><v>1.38001E10</v></c><c><v>10001.0</v></c><c><v>36.600000000000001</v></c><c><v>-0</v></c><c><v>-5</v></c><c><v>1E-7</v></c></row>`,
			"13800138000\t13800100000\t10001\t36.6\t0\t-5\t0.0000001\n"},
		{"fifteen digits and sixteen", `<row><c><v>123456789012345</v></c><c><v>1234567890123456</v></c><c><v>1.2345678901234567E+19</v></c></row>`,
			"123456789012345\t" + lossy + "1234567890123456\t" + lossy + "12345678901234567000\n"},
		{"zeros of the format", `<row><c s="2"><v>42</v></c><c s="2"><v>1234567</v></c><c s="4"><v>1</v></c><c s="2" t="inlineStr"><is><t>0042</t></is></c></row>`,
			lossy + "42\t1234567\t1\t0042\n"},
		{"dates", `<row><c s="1"><v>36950</v></c><c s="1"><v>36950.75</v></c><c s="3"><v>1</v></c><c s="3"><v>60.999999</v></c><c s="1"><v>0.5</v></c><c t="d"><v>2001-02-28T00:00:00</v></c><c t="d"><v>2001-02-28T13:00:00Z</v></c><c s="1"><v>-1</v></c></row>`,
			"2001-02-28\t2001-02-28 18:00:00\t1900-01-01\t1900-03-01\t12:00:00\t2001-02-28\t2001-02-28 13:00:00\t-1\n"},
		{"others", `<row><c t="b"><v>1</v></c><c t="b"><v>0</v></c><c t="e"><v>#N/A</v></c><c t="str"><f>A1</f><v>x</v></c><c t="str"><f>A1</f><v></v></c><c><f>1+1</f><v>2</v></c></row>`,
			"TRUE\tFALSE\t#N/A\tx\t\t2\n"},
		{"shared texts", `<row><c t="s"><v>9</v></c><c t="s"><v>0</v></c><c t="s"><v>1</v></c><c t="s"><v> 2 </v></c></row>`, "t9\tAnn & Lee\t山田\ttwo  \\nlines\n"},
		{"characters of their own", `<row><c t="inlineStr"><is><t>a&#9;b\c&lt;_x000D_
_x005F_x0041__x0001_</t></is></c><c t="str"><v><![CDATA[<&]]></v></c></row>`, `a\tb\\c<\r\n_x0041__x0001_` + "\t<&\n"},
		{"what is left out", `<row r="3"><c r="B3"><v>1</v></c><c r="E3" s="1"/></row><row r="4" hidden="1"/><row><c r="a5"><v>2</v></c><c><v>3</v></c></row><row r="1048576"/>`, "\n\n\t1\n\n2\t3\n"},
		{"prefixes", `<x:row r="1" ><x:c r='A1' t="n"><x:v>7</x:v></x:c></x:row ><!-- <row> --><?pi <c>?>`, "7\n"},
		{"no rows", "", ""},
	} {
		t.Run(shape.name, func(t *testing.T) {
			strs := `<si><t>Ann</t><r><rPr><b/></rPr><t xml:space="preserve"> &amp; Lee</t></r></si><si><r><t>山田</t></r><rPh sb="0"><t>やまだ</t></rPh></si><si><t>two  ` + "\r\n" + `lines</t></si>`
			for i := 3; i < 30; i++ {
				strs += fmt.Sprintf("<si><t>t%d</t></si>", i)
			}
			got, err := text(readertest.Workbook(t, shape.rows, readertest.Parts{"xl/sharedStrings.xml": "\ufeff<sst>" + strs + "</sst>"}))
			require.NoError(t, err)
			require.Equal(t, shape.want, got)
		})
	}
}

func TestDatesOfWorkbooksThatBeginWith1904(t *testing.T) {
	parts := readertest.Sheets("S", `<row><c s="1"><v>35488</v></c><c s="1"><v>0</v></c></row>`)
	parts["xl/workbook.xml"] = strings.Replace(parts["xl/workbook.xml"], "<sheets>", `<workbookPr date1904="1"/><sheets>`, 1)
	got, err := text(readertest.Workbook(t, "", parts))
	require.NoError(t, err)
	require.Equal(t, "2001-02-28\t1904-01-01\n", got)
}

// The workbook was made by LibreOffice 7.4 from users.fods.
func TestAWorkbookOfASpreadsheetProgram(t *testing.T) {
	content, err := os.ReadFile("testdata/users.xlsx")
	require.NoError(t, err)
	got, err := text(string(content))
	require.NoError(t, err)
	require.Equal(t, strings.Join([]string{"用户ID\t昵称\t头像\t入职", "13800138000\t张伟\thttps://img.example.com/1.png\t2001-02-28", "00042\tAnn & Lee\t\t1999-12-31 18:30:00",
		`u4` + "\t" + `first\nsecond`, "\x0142\tzeros", "\x0112345678901234600\tdigits", "#N/A\terror", "", "", `1` + "\t" + `hidden\trow \\N`, "u11\tmerged\t\t0.1", ""}, "\n"), got)
}

func TestDamageEndsTheReading(t *testing.T) {
	const a1 = `<row><c r="A1"><v>1</v></c></row>`
	for _, shape := range []struct {
		name, rows string
		parts      readertest.Parts
		says       string
		row        int
	}{
		{"text for a number", `<row><c><v>x</v></c></row>`, nil, "a number is not written as one", 1},
		{"an infinite number", `<row><c><v>1E999</v></c></row>`, nil, "a number is not written as one", 1},
		{"a row twice", a1 + `<row r="1"/>`, nil, "row 1 comes after row 1", 1},
		{"too many rows", `<row r="1048577"/>`, nil, "more than 1048576 rows", 0},
		{"too many columns", `<row><c r="XFE1"/></row>`, nil, "more than 16384 columns", 1},
		{"endless column", `<row><c r="ZZZZZZZZZZZZZZZZZZ1"/></row>`, nil, "not in its row", 1},
		{"cells in another order", `<row><c r="B1"/><c r="A1"/></row>`, nil, "not in their order", 1},
		{"a cell of another row", `<row r="2"><c r="B1"/></row>`, nil, "not in its row", 2},
		{"a text that is not there", `<row><c t="s"><v>0</v></c></row>`, nil, "does not have", 1},
		{"no texts", `<row><c t="s"><v>-1</v></c></row>`, nil, "does not have", 1},
		{"a formula without a value", a1 + `<row><c><f>1+1</f><v></v></c></row>`, nil, "has not computed it", 2},
		{"an element that does not end", a1, readertest.Parts{"xl/worksheets/sheet1.xml": "<worksheet><sheetData>" + a1 + "<row>"}, "unexpected EOF", 2},
		{"elements across", a1 + "<row></c>", nil, "does not end where it should", 2},
		{"an entity", `<row><c t="str"><v>&big;</v></c></row>`, nil, "an entity", 1},
		{"a control character", `<row><c t="str"><v>&#1;</v></c></row>`, nil, "an entity", 1},
		{"a raw control character", "<row><c t=\"str\"><v>\x01</v></c></row>", nil, "control character", 1},
		{"a tag", `<row =""/>`, nil, "not well formed", 0},
		{"a document type", "", readertest.Parts{"xl/worksheets/sheet1.xml": "<!DOCTYPE x [<!ENTITY big 'x'>]><worksheet/>"}, "document type", 0},
		{"another encoding", "", readertest.Parts{"xl/worksheets/sheet1.xml": `<?xml version="1.0" encoding="GBK"?><worksheet/>`}, `"GBK"`, 0},
		{"no rows at all", "", readertest.Parts{"xl/worksheets/sheet1.xml": "<chartsheet/>"}, "has no rows", 0},
		{"no part", "", readertest.Parts{"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="rId1" Type="x/worksheet" Target="nowhere.xml"/></Relationships>`}, "xl/nowhere.xml is missing", 0},
		{"no workbook", "", readertest.Parts{"_rels/.rels": "<Relationships/>"}, workbook.ErrNoWorkbook.Error(), 0},
		{"a long text", `<row><c t="inlineStr"><is><t>` + strings.Repeat("x", 2<<20) + `</t></is></c></row>`, nil, "more than 1048576 bytes", 1},
		{"a long text in pieces", `<row><c t="inlineStr"><is>` + strings.Repeat("<t>"+strings.Repeat("x", 1<<10)+"</t>", 2<<10) + `</is></c></row>`, nil, "more than 1048576 bytes", 1},
		{"deep elements", strings.Repeat("<x>", 300), nil, "deep", 0},
	} {
		t.Run(shape.name, func(t *testing.T) {
			_, err := text(readertest.Workbook(t, shape.rows, shape.parts))
			require.ErrorContains(t, err, shape.says)
			var at *workbook.RowError
			if shape.row > 0 {
				require.ErrorAs(t, err, &at)
				require.Equal(t, shape.row, at.Row)
			}
		})
	}
}

// A file that is cut anywhere, or of which a byte is another, is never a shorter table: libraries take an error for the end.
func TestNoDamageMakesAShorterTable(t *testing.T) {
	content, err := os.ReadFile("testdata/users.xlsx")
	require.NoError(t, err)
	want, err := text(string(content))
	require.NoError(t, err)
	for at := 0; at < len(content); at += 7 {
		_, err := text(string(content[:at]))
		require.Error(t, err, "cut at %d", at)
		damaged := bytes.Clone(content)
		damaged[at] ^= 0x55
		if got, err := text(string(damaged)); err == nil {
			require.Equal(t, want, got, "changed at %d", at)
		}
	}
}

// Texts beyond those that memory holds come back from the temporary file, in whatever order they are asked for.
func TestTextsThatMemoryDoesNotHold(t *testing.T) {
	const n = 3000
	var texts, rows strings.Builder
	for i := range n {
		fmt.Fprintf(&texts, "<si><t>%d:%s</t></si>", i, strings.Repeat("x", 9000+i))
	}
	want := ""
	for i := n - 1; i >= 0; i -= 97 {
		for _, at := range []int{i, (i * 31) % n} {
			fmt.Fprintf(&rows, `<row><c t="s"><v>%d</v></c></row>`, at)
			want += fmt.Sprintf("%d:%s\n", at, strings.Repeat("x", 9000+at))
		}
	}
	t.Setenv("TMPDIR", t.TempDir())
	got, err := text(readertest.Workbook(t, rows.String(), readertest.Parts{"xl/sharedStrings.xml": "<sst>" + texts.String() + "</sst>"}))
	require.NoError(t, err)
	require.True(t, want == got)
	left, err := os.ReadDir(os.TempDir())
	require.NoError(t, err)
	require.Empty(t, left)

	t.Setenv("TMPDIR", "/nowhere")
	_, err = text(readertest.Workbook(t, rows.String(), readertest.Parts{"xl/sharedStrings.xml": "<sst>" + texts.String() + "</sst>"}))
	require.ErrorIs(t, err, workbook.ErrStore)
}
