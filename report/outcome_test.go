package report_test

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"imimport/report"
)

func opener(dir string) func(string) (report.File, error) {
	return func(name string) (report.File, error) {
		return os.OpenFile(filepath.Join(dir, name), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	}
}

func write(t require.TestingT, dir string, l report.Layout, from report.Written, rows ...*report.Settled) report.Written {
	files, err := report.OpenFiles(opener(dir), l, from)
	require.NoError(t, err)
	for _, row := range rows {
		require.NoError(t, files.Append(row))
	}
	written, err := files.Flush()
	require.NoError(t, err)
	require.NoError(t, files.Sync())
	require.NoError(t, files.Close())
	return written
}

func content(t require.TestingT, dir, name string) string {
	b, err := os.ReadFile(filepath.Join(dir, name))
	require.NoError(t, err)
	return string(b)
}

func TestAnOutcomeFileHasTheInputsOwnColumnsAndThenOurs(t *testing.T) {
	dir := t.TempDir()
	l := report.Layout{Columns: []string{"uid", "Nick", "note"}}
	write(t, dir, l, report.Written{},
		&report.Settled{Outcome: report.Succeeded, Row: 1, HasCode: true, Class: "success", Attempts: 1, Fields: []string{"u1", "安", `a "b", c`}},
		&report.Settled{Outcome: report.Failed, Row: 2, Class: "invalid", Reason: "users.csv:3: too many fields", Fields: []string{"u2", "", "", "more", "still"}},
		&report.Settled{Outcome: report.Failed, Row: 3, HasCode: true, Code: 70500, Class: "transient", Reason: "70500 internal", Attempts: 8, Fields: []string{"u3"}},
		&report.Settled{Outcome: report.QuotaExceeded, Row: 4, HasCode: true, Code: 70398, Class: "quota", Reason: "x", Attempts: 1, Fields: []string{"u4", "bad\xff", "two\nlines"}})
	header := "uid,Nick,note,_row,_code,_class,_reason,_attempts\n"
	assert.Equal(t, header+`u1,安,"a ""b"", c",1,0,success,,1`+"\n", content(t, dir, "succeeded.csv"))
	assert.Equal(t, header+`u2,,,2,,invalid,users.csv:3: too many fields,0,more,still`+"\n"+"u3,,,3,70500,transient,70500 internal,8\n", content(t, dir, "failed.csv"))
	assert.Equal(t, header+"u4,bad\uFFFD,\"two\nlines\",4,70398,quota,x,1\n", content(t, dir, "quota_exceeded.csv"))
}

func TestAnOutcomeFileOfObjectsHasTheInputsOwnObjectAndThenOurKeys(t *testing.T) {
	dir := t.TempDir()
	l := report.Layout{JSON: true, Sources: true}
	write(t, dir, l, report.Written{},
		&report.Settled{Row: 1, File: "a.jsonl", Line: 1, HasCode: true, Class: "success", Attempts: 1, Object: []byte(`{"UserID":"u1", "n":1.50, "deep":{"a":[1]} }`)},
		&report.Settled{Row: 2, File: "a.jsonl", Line: 2, HasCode: true, Class: "success", Attempts: 1, Object: []byte(`{}`)},
		&report.Settled{Outcome: report.Failed, Row: 3, File: "a.jsonl", Line: 3, Class: "invalid", Reason: `not "JSON"`, Object: []byte(`{"UserID":`)},
		&report.Settled{Outcome: report.Failed, Row: 4, File: "a.jsonl", Line: 4, Class: "invalid", Reason: "x", Object: []byte(`[1,2]}`)})
	assert.Equal(t, `{"UserID":"u1", "n":1.50, "deep":{"a":[1]},"_row":1,"_code":0,"_class":"success","_reason":"","_attempts":1,"_file":"a.jsonl","_line":1}`+"\n"+
		`{"_row":2,"_code":0,"_class":"success","_reason":"","_attempts":1,"_file":"a.jsonl","_line":2}`+"\n", content(t, dir, "succeeded.jsonl"))
	for line := range strings.Lines(content(t, dir, "failed.jsonl")) {
		assert.True(t, json.Valid([]byte(line)), line)
	}
	assert.Contains(t, content(t, dir, "failed.jsonl"), `{"_raw":"{\"UserID\":","_row":3,"_code":null,"_class":"invalid","_reason":"not \"JSON\""`)
	assert.Contains(t, content(t, dir, "failed.jsonl"), `{"_raw":"[1,2]}","_row":4`)
}

func TestASpreadsheetRunsNoCell(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, report.Layout{Columns: []string{"UserID", "=cmd"}, Excel: true}, report.Written{},
		&report.Settled{Row: 1, HasCode: true, Class: "success", Attempts: 1, Fields: []string{"-u1", "=1+1"}},
		&report.Settled{Row: 2, HasCode: true, Class: "success", Attempts: 1, Fields: []string{"'u2", "@x"}})
	assert.Equal(t, "\uFEFFUserID,'=cmd,_row,_code,_class,_reason,_attempts,_excel\n'-u1,'=1+1,1,0,success,,1,1\n''u2,'@x,2,0,success,,1,1\n", content(t, dir, "succeeded.csv"))
}

func TestTheMapStandsBehindOurColumns(t *testing.T) {
	dir := t.TempDir()
	l := report.Layout{Columns: []string{"id"}, Sources: true, Map: "Nick=&UserID=id", Excel: true}
	write(t, dir, l, report.Written{}, &report.Settled{Row: 1, File: "a.csv", Line: 2, HasCode: true, Class: "success", Attempts: 1, Fields: []string{"u1"}})
	assert.Equal(t, "\uFEFFid,_row,_code,_class,_reason,_attempts,_file,_line,_map,_excel\nu1,1,0,success,,1,a.csv,2,Nick=&UserID=id,1\n", content(t, dir, "succeeded.csv"))
	l.JSON = true
	write(t, dir, l, report.Written{}, &report.Settled{Row: 1, File: "a.jsonl", Line: 2, HasCode: true, Class: "success", Attempts: 1, Object: []byte(`{"id":1}`)})
	assert.Equal(t, `{"id":1,"_row":1,"_code":0,"_class":"success","_reason":"","_attempts":1,"_file":"a.jsonl","_line":2,"_map":"Nick=&UserID=id"}`+"\n", content(t, dir, "succeeded.jsonl"))
}

func TestEveryFieldIsReadAsItWasWritten(t *testing.T) {
	columns := []string{"UserID", "a", "b"}
	rapid.Check(t, func(rt *rapid.T) {
		fields := make([]string, len(columns))
		for i := range fields {
			fields[i] = strings.ReplaceAll(rapid.String().Draw(rt, "field"), "\r", "")
		}
		dir, err := os.MkdirTemp(t.TempDir(), "")
		require.NoError(rt, err)
		write(rt, dir, report.Layout{Columns: columns}, report.Written{}, &report.Settled{Row: 1, Class: "success", Fields: fields})
		records, err := csv.NewReader(strings.NewReader(content(rt, dir, "succeeded.csv"))).ReadAll()
		require.NoError(rt, err)
		require.Len(rt, records, 2)
		require.Equal(rt, fields, records[1][:3])
	})
}

func TestGoingOnCutsTheFilesToTheirLengths(t *testing.T) {
	dir := t.TempDir()
	l := report.Layout{Columns: []string{"UserID"}}
	row := func(n int64, id string) *report.Settled {
		return &report.Settled{Row: n, HasCode: true, Class: "success", Attempts: 1, Fields: []string{id}}
	}
	written := write(t, dir, l, report.Written{}, row(1, "u1"))
	write(t, dir, l, written, row(2, "lost"), row(3, "lost too"))
	written = write(t, dir, l, written, row(2, "u2"))
	assert.Equal(t, "UserID,_row,_code,_class,_reason,_attempts\nu1,1,0,success,,1\nu2,2,0,success,,1\n", content(t, dir, "succeeded.csv"))
	assert.EqualValues(t, written.Lengths[report.Succeeded], len(content(t, dir, "succeeded.csv")))
	assert.EqualValues(t, written.Lengths[report.Failed], len(content(t, dir, "failed.csv")))
	for o, sum := range written.Sums {
		assert.Equal(t, report.Sum(0, []byte(content(t, dir, l.Name(report.Outcome(o))))), sum)
	}
}

type brokenFile struct {
	report.File
	after int
}

func (f *brokenFile) Write(p []byte) (int, error) {
	if f.after--; f.after < 0 {
		return 0, errors.New("no space left on device")
	}
	return f.File.Write(p)
}

func TestAFailedWriteIsToldAndFinal(t *testing.T) {
	dir := t.TempDir()
	files, err := report.OpenFiles(func(name string) (report.File, error) {
		f, err := opener(dir)(name)
		return &brokenFile{f, 1}, err
	}, report.Layout{Columns: []string{"UserID"}}, report.Written{})
	require.NoError(t, err)
	good, err := files.Flush()
	require.NoError(t, err)
	require.NoError(t, files.Append(&report.Settled{Row: 1, Fields: []string{"u1"}}))
	_, err = files.Flush()
	require.ErrorContains(t, err, "write succeeded.csv: no space left")
	require.Error(t, files.Append(&report.Settled{Row: 2, Fields: []string{"u2"}}))
	require.NoError(t, files.Cut(good.Lengths))
	require.NoError(t, files.Close())
	assert.EqualValues(t, good.Lengths[0], len(content(t, dir, "succeeded.csv")))
}

func TestATallyCountsByOutcomeAndCodeAndGivesBackWhatIsRetried(t *testing.T) {
	var tally report.Tally
	for i := range int64(10) {
		tally.Add(&report.Settled{Outcome: report.Succeeded, Row: i})
		tally.Add(&report.Settled{Outcome: report.Failed, Row: i, Code: 70402, Class: "row", UserID: "u"})
	}
	tally.Add(&report.Settled{Outcome: report.QuotaExceeded, Code: 70398, Class: "quota"})
	before := tally.Clone()
	assert.EqualValues(t, 21, tally.Settled())

	text, err := json.Marshal(tally)
	require.NoError(t, err)
	var back report.Tally
	require.NoError(t, json.Unmarshal(text, &back))
	assert.Equal(t, tally.Clone(), back)

	codes := tally.ByCode(func(report.CodeKey) (string, string) { return "meaning", "remedy" })
	require.Len(t, codes, 2)
	assert.Equal(t, 70402, codes[0].Code)
	assert.EqualValues(t, 10, codes[0].Rows)
	assert.Len(t, codes[0].Examples, 5)

	assert.EqualValues(t, 10, tally.Take(report.Failed))
	assert.EqualValues(t, 11, tally.Settled())
	assert.EqualValues(t, 1, tally.Take(report.QuotaExceeded))
	assert.Empty(t, tally.Codes)
	assert.EqualValues(t, 21, before.Settled(), "a clone shares nothing")
	assert.Len(t, before.Codes, 2)
}

func BenchmarkAppend(b *testing.B) {
	files, err := report.OpenFiles(opener(b.TempDir()), report.Layout{Columns: []string{"UserID", "Nick", "FaceUrl"}}, report.Written{})
	require.NoError(b, err)
	row := &report.Settled{Row: 1000000, HasCode: true, Class: "success", Attempts: 1, Fields: []string{"u1000000", "安娜", "https://img.example.com/1.png"}}
	for b.Loop() {
		_ = files.Append(row)
	}
	_ = files.Close()
}
