package outcome_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/pkg/outcome"
	"imimport/report"
)

var settled = report.Settled{Row: 7, HasCode: true, Code: 70402, Class: "row", Reason: "=bad", Attempts: 2, File: "a.csv", Line: 9,
	ServiceNick: "Ann", ServiceFaceURL: "https://a.example", Fields: []string{"u1"}, Object: []byte(`{"uid":"u1"}`)}

// want are the cells of settled.
var want = map[outcome.Column]string{outcome.Row: "7", outcome.Code: "70402", outcome.Class: "row", outcome.Reason: "=bad", outcome.Attempts: "2",
	outcome.File: "a.csv", outcome.Line: "9", outcome.ServiceNick: "Ann", outcome.ServiceFaceURL: "https://a.example", outcome.Map: "UserID=uid", outcome.Excel: "1"}

// Every set of columns: the header is known again, and each cell stands under its column.
func TestWhatIsWrittenIsKnownAgain(t *testing.T) {
	for n := range 16 {
		added := outcome.Added{Sources: n&1 > 0, Service: n&2 > 0, Map: n&4 > 0, Excel: n&8 > 0}
		t.Run(fmt.Sprintf("%+v", added), func(t *testing.T) {
			layout := report.Layout{Columns: []string{"uid"}, Sources: added.Sources, Service: added.Service, Excel: added.Excel}
			if added.Map {
				layout.Map = want[outcome.Map]
			}
			file := string(layout.AppendRow(layout.AppendHeader(nil), &settled))
			records, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(file, "\uFEFF"))).ReadAll()
			require.NoError(t, err)
			own, found, ok := outcome.Cut(records[0])
			require.True(t, ok)
			assert.Equal(t, []string{"uid"}, own)
			assert.Equal(t, added, found)
			for i, column := range added.Columns() {
				cell := records[1][len(own)+i]
				if added.Excel {
					cell = outcome.Unguard(cell)
				}
				assert.Equal(t, want[column], cell, column)
			}
		})
	}
}

func TestKeysOfAnObjectAreKnownAgain(t *testing.T) {
	layout := report.Layout{JSON: true, Sources: true, Service: true, Map: want[outcome.Map]}
	for _, object := range []string{`{"uid":"u1"}`, "no object"} {
		s := settled
		if s.Object = []byte(object); object[0] != '{' {
			s.Class = "invalid"
		}
		var row map[string]any
		require.NoError(t, json.Unmarshal(layout.AppendRow(nil, &s), &row))
		known := 0
		for name, value := range row {
			column, ok := outcome.Key(name)
			if !ok {
				assert.Equal(t, "uid", name)
				continue
			}
			known++
			switch column {
			case outcome.Raw:
				assert.Equal(t, object, value)
			case outcome.Class:
				assert.Equal(t, s.Class, value)
			default:
				assert.Equal(t, want[column], fmt.Sprint(value), name)
			}
		}
		assert.GreaterOrEqual(t, known, 10)
	}
}

func TestAHeaderThatIsNoOutcomeFilesStaysWhole(t *testing.T) {
	for _, header := range []string{"", "uid", "_row", "_row,_code,_class,_reason", "uid,_row,_code,_class,_reason,_attempts,more", "_excel"} {
		columns := strings.Split(header, ",")
		own, added, ok := outcome.Cut(columns)
		assert.False(t, ok, header)
		assert.Equal(t, columns, own)
		assert.Zero(t, added)
	}
	_, ok := outcome.Key("_excel")
	assert.False(t, ok, "it is a user's own key in an object")
}

func TestGuard(t *testing.T) {
	for _, cell := range []string{"", "'", "a", "=1", "'=1", "''", "+1", "-", "@x", "\tx", "\rx", "a=b", "'a"} {
		guarded := outcome.Guard(cell)
		assert.Equal(t, cell, outcome.Unguard(guarded), "%q", cell)
		assert.NotContains(t, "=+-@\t\r", (guarded + " ")[:1])
	}
}

// Where ; separates, a spreadsheet finds more cells in a cell.
func TestWhatASpreadsheetTakesForACellIsMarkedToo(t *testing.T) {
	for cell, guarded := range map[string]string{
		"x;=cmd|' /C calc'!A0": "x;'=cmd|' /C calc'!A0", "＝1+1": "'＝1+1", "＋1": "'＋1", "－1": "'－1", "＠x": "'＠x", "x\t=1": "x\t'=1", "x\n=1": "x\n'=1",
		`"=1`: `'"=1`, `x;""@y`: `x;'""@y`, "x;'y": "x;''y", ";;=1": ";;'=1", "=a;=b": "'=a;'=b", "\t=1": "'\t'=1", "a;b": "a;b", "x; -5": "x; -5", "": "", ";": ";",
	} {
		assert.Equal(t, guarded, outcome.Guard(cell), "%q", cell)
		assert.Equal(t, cell, outcome.Unguard(guarded), "%q", cell)
	}
}

func FuzzGuard(f *testing.F) {
	for _, seed := range []string{"x;=1", "'", "''=", "\t\t'", "＝", "\xef\xbc", `"""=`, ";'\";'-"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, cell string) {
		guarded := outcome.Guard(cell)
		assert.Equal(t, cell, outcome.Unguard(guarded))
		for _, part := range strings.FieldsFunc(guarded, func(r rune) bool { return strings.ContainsRune(";\t\r\n", r) }) {
			assert.NotContains(t, "=+-@＝＋－＠", string([]rune(strings.TrimLeft(part, `"`) + " ")[0]))
		}
	})
}
