package reader_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"imimport/pkg/fault"
	"imimport/reader"
)

const samples = "../testdata"

func TestTheFirstSamplesHaveGoodRowsOnly(t *testing.T) {
	for _, name := range []string{"users.csv", "users.jsonl"} {
		rows, kinds := sample(t, name)
		require.Equal(t, 320, rows, name)
		require.Empty(t, kinds, name)
	}
}

// Each kind of fault that a row can have comes in the faulty samples, but for those that make a file unreadable to people
// or large.
func TestTheFaultySamplesHaveEachKindOfBadRow(t *testing.T) {
	csvRows, csvKinds := sample(t, "faulty.csv")
	jsonRows, jsonKinds := sample(t, "faulty.jsonl")
	require.Equal(t, []int{200, 100}, []int{csvRows, jsonRows})
	require.Equal(t, []string{
		reader.KindFields, reader.KindHeader, reader.KindLineBreak, reader.KindLost, reader.KindNoUserID, reader.KindNonASCII,
		reader.KindNullText, reader.KindQuote, reader.KindShortRow, reader.KindSpreadsheet, reader.KindTooLong,
		reader.KindUserIDChars, reader.KindReserved, reader.KindSpace,
	}, csvKinds)
	require.Equal(t, []string{
		reader.KindBadJSON, reader.KindDuplicateKey, reader.KindNoUserID, reader.KindNonASCII, reader.KindNotObject,
		reader.KindTooLong, reader.KindType, reader.KindReserved, reader.KindSpace,
	}, jsonKinds)
}

// sample counts the rows of a sample, and names the kinds of its faults and warnings in their order.
func sample(t *testing.T, name string) (rows int, kinds []string) {
	read := rest(t, open(t, reader.Config{}, filepath.Join(samples, name)))
	for _, row := range read {
		if row.Fault != nil {
			kinds = append(kinds, row.Fault.Kind)
		}
		if row.Warning != "" {
			kinds = append(kinds, row.WarningKind)
		}
	}
	slices.Sort(kinds)
	return len(read), slices.Compact(kinds)
}

// A folder has a file for each thing by which a whole input is refused, with what it is told.
func TestEachOfTheRefusedSamplesIsRefusedForItsOwnReason(t *testing.T) {
	says := map[string]string{
		"backslash-n.csv":         reader.KindBackslashN,
		"empty.csv":               "is empty",
		"gb18030.csv":             "is not UTF-8",
		"json.csv":                "looks like JSON",
		"keyed-by-id.json":        "no key is known to be UserID",
		"no-header.csv":           "no header that is known",
		"object-around-rows.json": "is a JSON object around rows",
		"old-mac.csv":             "CR alone",
		"open-array.json":         "the array is not closed",
		"open-quote.csv":          "not closed before the end of the file",
		"page.csv":                "is an HTML page",
		"semicolons.csv":          "has one column, and semicolons",
		"short-rows.csv":          reader.KindShortRow,
		"spreadsheet-numbers.csv": reader.KindSpreadsheet,
		"swallowed-rows.csv":      reader.KindSwallowed,
		"table.jsonl":             "no line of it is a JSON object",
		"title-lines.csv":         "names no UserID",
		"two-userids.csv":         "could both be UserID",
		"unknown-columns.csv":     `the columns are "key", "label", "image"`,
		"utf-16.csv":              "UTF-16 without a byte order mark",
	}
	folder := filepath.Join(samples, "refused")
	files, err := os.ReadDir(folder)
	require.NoError(t, err)
	require.Len(t, files, len(says))
	for _, file := range files {
		_, err := openAndScan(t, reader.Config{}, filepath.Join(folder, file.Name()))
		require.ErrorContains(t, err, says[file.Name()], file.Name())
		require.NotEmpty(t, says[file.Name()], file.Name())
		require.Equal(t, fault.Usage, fault.KindOf(err), file.Name())
	}
}
