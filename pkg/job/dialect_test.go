package job_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"imimport/pkg/fault/faulttest"
	"imimport/pkg/job"
	"imimport/pkg/sandbox"
	"imimport/reader/readertest"
	"imimport/report"
)

// Each outcome file of a job, given to another one without a flag, makes the same accounts: what the flags did to a value
// is done, and what they would do to it is said in the file.
func TestOutcomeFilesNeedNoFlagsOfTheDialect(t *testing.T) {
	t.Parallel()
	const id, hex = "f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "f81d4fae7dec11d0a76500a0c91e6bf6"
	for _, c := range []struct {
		file, content string
		options       job.Options
		accounts      map[string]string // UserID to Nick
	}{
		{"u.tsv", "Users\nid\tname\nu1\tAnn\\tLee\nu2\t\\N\nu3\t-\nu4\t\"x\n", job.Options{SkipLines: 1, Escape: "backslash", Quote: "none", Null: []string{"-"}},
			map[string]string{"u1": "Ann\tLee", "u2": "", "u3": "", "u4": `"x`}},
		{"u.csv", "key;name\n" + id + "; Ann \nu2;-\n", job.Options{Delimiter: ";", UUID: "compact", Trim: true, Null: []string{"-"}, Map: map[string]string{"UserID": "#1"}},
			map[string]string{hex: "Ann", "u2": ""}},
		{"u.jsonl", `{"id":"` + id + `","name":"-"}` + "\n" + `{"id":" u2 ","name":[" Bo "]}` + "\n", job.Options{UUID: "compact", Trim: true, Null: []string{"-"}, Map: map[string]string{"Nick": "name.0|name"}},
			nil},
		{"u.xlsx", readertest.Workbook(t, readertest.Rows("id|name", id+"| Ann", "u2|=1+1", "u3|a\tb\\")+`<row><c><v>1.38E10</v></c></row>`, nil), job.Options{UUID: "compact", Trim: true},
			map[string]string{hex: "Ann", "u2": "=1+1", "u3": "a\tb\\", "13800000000": ""}},
	} {
		w := newWorld(t, 0)
		for _, code := range []int{70402, 70398, 0} {
			require.NoError(t, w.sandbox.Reset())
			w.setScenario("steps: []")
			if code != 0 {
				w.setScenario("steps: [{userid: \"*\", answer: " + strconv.Itoa(code) + "}]")
			}
			dir := t.TempDir()
			w.input, w.dir = filepath.Join(dir, c.file), filepath.Join(dir, "job")
			require.NoError(t, os.WriteFile(w.input, []byte(c.content), 0o600))
			o := c.options
			o.Rate, o.Workers, o.Target, o.OnQuota = -1, 8, w.options.Target, "continue"
			_, err := w.run(o)
			require.NoError(t, err)
			w.setScenario("steps: []")
			if code == 70402 {
				s, err := w.retry("failed")
				require.NoError(t, err)
				require.Equal(t, 0, s.ExitCode)
			}
			first := accountsOf(w.sandbox)
			name := map[int]string{0: "succeeded", 70402: "succeeded", 70398: "quota_exceeded"}[code]
			w.input, w.dir = filepath.Join(w.dir, name+map[bool]string{true: ".jsonl", false: ".csv"}[strings.HasSuffix(c.file, "jsonl")]), filepath.Join(dir, "again")
			require.NoError(t, w.sandbox.Reset())
			s, err := w.run(w.options)
			require.NoError(t, err)
			require.EqualValues(t, s.Rows.Read, s.Rows.Succeeded)
			if code != 70398 {
				require.Equal(t, first, accountsOf(w.sandbox))
			}
			if c.accounts != nil {
				require.Equal(t, c.accounts, accountsOf(w.sandbox), "%s, %d", c.file, code)
			}
			require.Contains(t, accountsOf(w.sandbox), "u2")
		}
	}
}

// accountsOf are the Nicks by UserID.
func accountsOf(s *sandbox.Sandbox) map[string]string {
	nicks := map[string]string{}
	for _, a := range s.Accounts() {
		nicks[a.UserID] = a.Nick
	}
	return nicks
}

// Of standard input the first 2 MiB are looked at before. What is met behind them stops the run there: nothing behind it is
// sent, and a resume that accepts it goes on, as every later one does.
func TestALateSuspicionOnStandardInputStopsTheRunThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	const rows = 3000
	text := "UserID,Nick,note\n" + strings.Repeat("u1,Ann,"+strings.Repeat("x", 1000)+"\n", rows) + "u2,\\N,\nu3,x,\nu4,\\N,\nNULL,x,\n"
	w.input = "-"
	give := func() { w.host.Stdin = strings.NewReader(text) }
	give()
	s, err := w.run(w.options)
	faulttest.Require(t, err, 6)
	require.ErrorContains(t, err, "standard input:3002: backslash-n: ")
	require.Equal(t, report.Rows{Read: rows, Succeeded: rows}, s.Rows)
	w.requireSums(s)

	give()
	_, err = w.resume(nil)
	faulttest.Require(t, err, 6)
	give()
	s, err = w.resume(func(o *job.Options) { o.Accept, o.Limit = []string{"backslash-n"}, 1 })
	require.NoError(t, err)
	require.Equal(t, 7, s.ExitCode)
	require.EqualValues(t, rows+1, s.Rows.Succeeded)
	give()
	s, err = w.resume(nil)
	require.NoError(t, err)
	require.Equal(t, report.Rows{Read: rows + 4, Succeeded: rows + 3, Failed: 1}, s.Rows)
	require.Equal(t, `\N`, accountsOf(w.sandbox)["u4"])
}

func TestAJobOfAWorkbookStopsAndGoesOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	w.input = filepath.Join(t.TempDir(), "用户.xlsx")
	rows := readertest.Rows("用户ID|昵称", "u1|Ann", "u2|") + `<row r="42"><c s="2"><v>7</v></c></row>` + readertest.Rows("u3|张伟")
	require.NoError(t, os.WriteFile(w.input, []byte(readertest.Workbook(t, "", readertest.Sheets("空", "", "名单", rows, "其他", readertest.Rows("x")))), 0o600))
	o := w.options
	o.Sheet, o.Limit = "名单", 1
	s, err := w.run(o)
	require.NoError(t, err)
	require.Equal(t, 7, s.ExitCode)
	s, err = w.resume(nil)
	require.NoError(t, err)
	require.Equal(t, report.Rows{Read: 4, Succeeded: 3, Failed: 1}, s.Rows)
	require.Contains(t, s.ByCode[0].Meaning, "用户.xlsx: 名单: row 42")
	require.Equal(t, map[string]string{"u1": "Ann", "u2": "", "u3": "张伟"}, accountsOf(w.sandbox))
	failed, err := os.ReadFile(filepath.Join(w.dir, "failed.csv"))
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(string(failed), "\ufeff用户ID,昵称,_row,"), "%s", failed)
	require.Contains(t, string(failed), "\n7.0,,3,")
}
