package readertest

import (
	"archive/zip"
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Parts are the parts of a workbook by their names.
type Parts map[string]string

// Workbook makes a workbook of one sheet, Sheet1, of the text within its sheetData. Other parts come to it, or replace its own.
func Workbook(t testing.TB, rows string, others Parts) string {
	t.Helper()
	parts := Parts{
		"_rels/.rels":                `<Relationships><Relationship Id="r1" Type="http://x/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml":            `<workbook xmlns:r="x"><sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": rels("worksheet", "worksheets/sheet1.xml", "sharedStrings", "/xl/sharedStrings.xml", "styles", "styles.xml"),
		"xl/sharedStrings.xml":       `<sst/>`,
		"xl/styles.xml": `<styleSheet><numFmts><numFmt numFmtId="164" formatCode="0000000"/><numFmt numFmtId="165" formatCode="yyyy&quot;年&quot;m&quot;月&quot;"/></numFmts>` +
			`<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="2"/></cellXfs></styleSheet>`,
		"xl/worksheets/sheet1.xml": Sheet(rows),
	}
	for name, text := range others {
		parts[name] = text
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range parts {
		w, err := z.Create(name)
		require.NoError(t, err)
		_, err = w.Write([]byte(text))
		require.NoError(t, err)
	}
	require.NoError(t, z.Close())
	return b.String()
}

// Sheet is the part of a sheet with these rows.
func Sheet(rows string) string {
	return `<?xml version="1.0" encoding="UTF-8"?><worksheet><dimension ref="A1"/><sheetData>` + rows + `</sheetData><pageMargins left="1"/></worksheet>`
}

// Sheets are the parts that make more sheets of a workbook: their names, and the text within their sheetData.
func Sheets(namesAndRows ...string) Parts {
	parts, list, to := Parts{}, "", []string{"sharedStrings", "sharedStrings.xml", "styles", "styles.xml"}
	for i := 0; i < len(namesAndRows); i += 2 {
		file := fmt.Sprintf("worksheets/s%d.xml", i)
		list += fmt.Sprintf(`<sheet name="%s" r:id="rId%d"/>`, namesAndRows[i], len(to)/2+1)
		to = append(to, "worksheet", file)
		parts["xl/"+file] = Sheet(namesAndRows[i+1])
	}
	parts["xl/workbook.xml"] = `<workbook xmlns:r="x"><sheets>` + list + `</sheets></workbook>`
	parts["xl/_rels/workbook.xml.rels"] = rels(to...)
	return parts
}

func rels(kindsAndTargets ...string) string {
	var b strings.Builder
	for i := 0; i < len(kindsAndTargets); i += 2 {
		fmt.Fprintf(&b, `<Relationship Id="rId%d" Type="http://x/%s" Target="%s"/>`, i/2+1, kindsAndTargets[i], kindsAndTargets[i+1])
	}
	return "<Relationships>" + b.String() + "</Relationships>"
}

// Rows are rows of inline text, the cells of a row with | between them.
func Rows(rows ...string) string {
	var b strings.Builder
	for _, row := range rows {
		b.WriteString("<row>")
		for _, cell := range strings.Split(row, "|") {
			b.WriteString(`<c t="inlineStr"><is><t>` + cell + `</t></is></c>`)
		}
		b.WriteString("</row>")
	}
	return b.String()
}
