package main_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"imimport/pkg/sandbox"
)

// oddCells are rows of UserID, Nick, FaceUrl and a note that must come back as they were, by whatever way.
var oddCells = [][]string{
	{"u1", "=1+1", "https://img.example.com/1.png", "+86 138"},
	{"-u2", "@SUM(A1)", "", "-x"},
	{"@u3", "'quoted", "", "''"},
	{"row4", "张伟, \"伟\"", "", "two\nlines"},
	{"u5", "\ttab", "", "tab\tand\\N"},
	{"row6", " space ", "", " "},
	{"u7", "", "", `\.`},
	{"u8", "NULL", "", "1e5"},
	{"slow9", "a;b|c", "", "'=x"},
	{"u10", "surplus", "", "", "=more", "than"},
	{"bad userid ", "trailing", "", "space"},
	{"", "none", "", "missing"},
	{`u13"`, "x", "", "", `u13",x,,`},
	{"u14", "够了", "", "met the quota"},
	{"row15", "", "ftp://x.example", "007"},
}

// oddObjects are the same for JSON lines.
var oddObjects = []string{
	`{"user_id":"u1","profile":{"name":"=1+1"},"nickname":"other","n":1.50}`,
	`{"user_id":"u11","profile":{"name":"our keys"},"_row":7,"_code":"x","_class":null}`,
	`{"user_id":"row2","profile":{"name":"张伟","nickname":"x"},"text":"a\u0000b","_row":"mine"}`,
	`{ "user_id" : 12345678901234567890 , "profile" : {"name":"spaced"} }`,
	`{"user_id":"slow4","profile":{"name":"\ud83d\ude00"}}`,
	`{"user_id":"u5","user_id":"u6"}`,
	`{"user_id":"u6"`,
	`[1,2]`,
	`{"profile":{"name":"none"}}`,
	`{"user_id":"u9","profile":{"name":"quota"}}`,
	`{"user_id":"row10","profile":null}`,
}

// TestOutcomeFilesFedBackGiveTheSameRows makes jobs with rows of every outcome, imports each of their files once more
// without a flag, and compares rows and accounts with the table that it all began with.
func TestOutcomeFilesFedBackGiveTheSameRows(t *testing.T) {
	t.Parallel()
	bin := build(t)
	table := func(header string, from, to int) string {
		var b bytes.Buffer
		out := csv.NewWriter(&b)
		b.WriteString(header + "\n")
		for _, row := range oddCells[from:to] {
			if strings.HasPrefix(row[0], "u13") {
				b.WriteString(row[4] + "\n")
				continue
			}
			require.NoError(t, out.Write(row))
			out.Flush()
		}
		return b.String()
	}
	lines := strings.Join(oddObjects, "\n") + "\n"
	for _, job := range []struct {
		name  string
		files map[string]string
		args  []string
		nick  bool // the names alone tell the nick
	}{
		{"CSV", map[string]string{"u.csv": table("user_id,nickname,avatar,note", 0, len(oddCells))}, nil, true},
		{"for spreadsheets", map[string]string{"u.csv": table("user_id,nickname,avatar,=note", 0, len(oddCells))}, []string{"--excel"}, true},
		{"mapped", map[string]string{"u.csv": table("key,alias,avatar,昵称", 0, len(oddCells))}, []string{"--map", "UserID=key", "--map", "Nick=alias"}, true},
		{"mapped, for spreadsheets", map[string]string{"u.csv": table("=key,+alias,avatar,nickname", 0, len(oddCells))}, []string{"--excel", "--map", "UserID==key", "--map", "Nick=+alias"}, true},
		{"no header", map[string]string{"u.csv": strings.TrimPrefix(table("", 0, len(oddCells)), "\n")}, []string{"--no-header", "--map", "UserID=#1", "--map", "Nick=#2", "--map", "FaceUrl=#3"}, true},
		{"two files", map[string]string{"a.csv": table("user_id,nickname,avatar,note", 0, 6), "b.csv": table("uid,昵称,头像,note", 6, len(oddCells))}, nil, true},
		{"JSON lines", map[string]string{"u.jsonl": lines}, nil, false},
		{"JSON lines, mapped", map[string]string{"u.jsonl": lines}, []string{"--map", "Nick=profile.name"}, true},
	} {
		if !everything && !slices.Contains([]string{"CSV", "mapped, for spreadsheets", "JSON lines, mapped"}, job.name) {
			continue
		}
		t.Run(job.name, func(t *testing.T) {
			w := newTarget(t, `steps: [{userid: "row*", answer: 70402}, {userid: "slow*", answer: 70500}]`)
			require.NoError(t, w.sandbox.ChangeRules(func(r *sandbox.Rules) { r.Quota = 3 }))
			args := []string{bin, "run", "--job", "job", "--rate", "none", "--workers", "1", "--progress", "none", "--max-attempts", "1", "--on-quota", "continue"}
			for name, content := range job.files {
				args = append(args, w.write(t, name, content))
			}
			slices.Sort(args[len(args)-len(job.files):])
			code, _, stderr := w.run(t, nil, append(args, job.args...)...)
			require.Equal(t, 1, code, stderr)
			isJSON, rows := strings.Contains(job.name, "JSON"), 0
			for _, outcome := range []string{"succeeded", "failed", "quota_exceeded"} {
				fed := outcomeRows(t, w.dir+"/job", isJSON, outcome)
				require.NotEmpty(t, fed, outcome)
				rows += len(fed)
				copied := w.write(t, outcome+"-elsewhere"+map[bool]string{false: ".csv", true: ".jsonl"}[isJSON], readFile(t, w.dir+"/job/"+outcome+"."))
				require.NoError(t, w.sandbox.Reset())
				require.NoError(t, w.sandbox.SetScenario(sandbox.Scenario{}))
				require.NoError(t, w.sandbox.ChangeRules(func(r *sandbox.Rules) { r.Quota = sandbox.None }))
				code, _, stderr := w.run(t, nil, bin, "run", copied, "--job", outcome, "--rate", "none", "--progress", "none")
				require.Contains(t, []int{0, 1}, code, stderr)
				if outcome == "succeeded" {
					require.Zero(t, code, "what was accepted is accepted again\n%s", stderr)
				}

				again := outcomeRows(t, filepath.Join(w.dir, outcome), isJSON, "succeeded", "failed", "quota_exceeded")
				require.Len(t, again, len(fed))
				slices.SortFunc(again, func(a, b outcomeRow) int { return a.number - b.number })
				for i, row := range again {
					require.Equal(t, i+1, row.number)
					requireRow(t, fed[i].number, row.own, isJSON)
				}
				for _, a := range w.sandbox.Accounts() {
					requireAccount(t, a, isJSON, job.nick)
				}
			}
			require.Equal(t, map[bool]int{false: len(oddCells), true: len(oddObjects)}[isJSON], rows)
		})
	}
}

// TestVerifysFilesFedBackGiveTheSameRows imports what verify finds missing or different, without a flag, where the
// names of the columns tell of other accounts than --map.
func TestVerifysFilesFedBackGiveTheSameRows(t *testing.T) {
	t.Parallel()
	bin := build(t)
	for _, table := range []struct {
		name  string
		files map[string]string
		args  []string
	}{
		{"CSV", map[string]string{"a.csv": "uid,display,UserID,Nick\nu1,Ann,x1,wrong\nu2,\"Ben, Z\",x2,wrong\nu3,Cy,,\n"}, []string{"--map", "UserID=uid", "--map", "Nick=display"}},
		{"two files", map[string]string{"a.csv": "uid,display,UserID\nu1,Ann,x1\n", "b.csv": "display,uid,more\nBen,u2,\n"}, []string{"--map", "UserID=uid", "--map", "Nick=display"}},
		{"no header", map[string]string{"a.csv": "u1,Ann,https://a.example/x,more\nu2,Ben,,\n"}, []string{"--no-header", "--map", "UserID=#1", "--map", "Nick=#2", "--map", "FaceUrl=#3"}},
		{"other dialect", map[string]string{"a.csv": "uid;display;UserID\nu1;\xb0\xb2;x1\n"}, []string{"--delimiter", ";", "--encoding", "gbk", "--map", "UserID=uid", "--map", "Nick=display"}},
		{"for spreadsheets", map[string]string{"a.csv": "uid,=display,UserID\nu1,=1+1,x1\n"}, []string{"--map", "UserID=uid", "--map", "Nick==display"}},
		{"JSON lines", map[string]string{"a.jsonl": `{"uid":"u1","profile":{"name":"Ann"},"UserID":"x1","nick":"wrong"}` + "\n" + `{"uid":"u2","profile":{"name":"Ben"}}` + "\n"}, []string{"--map", "UserID=uid", "--map", "Nick=profile.name"}},
		{"two files of JSON lines", map[string]string{"a.jsonl": `{"uid":"u1","profile":{"name":"Ann"},"UserID":"x1","nick":"wrong"}` + "\n", "b.jsonl": `{"uid":"u2","profile":{"name":"Ben"}}` + "\n"}, []string{"--map", "UserID=uid", "--map", "Nick=profile.name"}},
	} {
		if !everything && !slices.Contains([]string{"CSV", "two files of JSON lines"}, table.name) {
			continue
		}
		t.Run(table.name, func(t *testing.T) {
			w := newTarget(t, "")
			w.env = append(w.env, "IMIMPORT_PROGRESS=none")
			exits := func(want int, args ...string) {
				t.Helper()
				code, _, stderr := w.run(t, nil, append([]string{bin}, args...)...)
				require.Equal(t, want, code, stderr)
			}
			var inputs []string
			for name, content := range table.files {
				inputs = append(inputs, w.write(t, name, content))
			}
			slices.Sort(inputs)
			asked := append(inputs, table.args...)
			job := w.dir + "/job"
			run := append([]string{"run", "--job", job}, asked...)
			if table.name == "for spreadsheets" {
				run = append(run, "--excel")
			}
			exits(0, run...)
			want := w.sandbox.Accounts()
			require.NotEmpty(t, want)
			same := func(file string) {
				t.Helper()
				exits(0, "run", fileOf(t, file), "--job", t.TempDir())
				got := w.sandbox.Accounts()
				require.Len(t, got, len(want))
				for i, a := range got {
					require.Equal(t, []string{want[i].UserID, want[i].Nick, want[i].FaceURL}, []string{a.UserID, a.Nick, a.FaceURL})
				}
			}
			for _, verify := range [][]string{{job}, asked} {
				out := t.TempDir()
				verify = append([]string{"verify", "--profiles", "--out", out}, verify...)
				require.NoError(t, w.sandbox.Reset())
				exits(1, verify...)
				same(out + "/missing.")
				exits(0, verify...)

				require.NoError(t, w.sandbox.Reset())
				others := "UserID,Nick,FaceUrl\n"
				for _, a := range want {
					others += a.UserID + ",other,https://other.example/x\n"
				}
				exits(0, "run", w.write(t, "other.csv", others), "--job", t.TempDir())
				exits(1, verify...)
				again := t.TempDir()
				exits(1, "verify", fileOf(t, out+"/different."), "--profiles", "--out", again)
				require.Equal(t, readFile(t, out+"/different."), readFile(t, again+"/different."), "its columns are taken for what they are")
				require.Contains(t, readFile(t, again+"/different."), "https://other.example/x")
				exits(0, "run", fileOf(t, out+"/different."), "--job", t.TempDir())
				for _, a := range w.sandbox.Accounts() {
					i := slices.IndexFunc(want, func(b sandbox.Account) bool { return a.UserID == b.UserID })
					require.Equal(t, want[i].Nick, a.Nick)
				}
			}
		})
	}
}

func requireRow(t *testing.T, number int, got string, isJSON bool) {
	if isJSON {
		want := oddObjects[number-1]
		if inner, ok := strings.CutSuffix(want, "}"); ok {
			require.True(t, strings.HasPrefix(got, strings.TrimRight(inner, " ")+`,"_row"`), "%s, and not %s", got, want)
			return
		}
		var row struct {
			Raw string `json:"_raw"`
		}
		require.NoError(t, json.Unmarshal([]byte(got), &row))
		require.Equal(t, want, row.Raw)
		return
	}
	require.Equal(t, strings.Join(oddCells[number-1], "¦"), got)
}

func requireAccount(t *testing.T, a sandbox.Account, isJSON, nick bool) {
	if isJSON {
		i := slices.IndexFunc(oddObjects, func(o string) bool {
			return strings.Contains(o, `"`+a.UserID+`"`) || strings.Contains(o, " "+a.UserID+" ")
		})
		var row struct {
			Nickname string
			Profile  struct{ Name string }
		}
		require.NoError(t, json.Unmarshal([]byte(oddObjects[i]), &row))
		want := row.Nickname
		if nick {
			want = row.Profile.Name
		}
		require.Equal(t, want, a.Nick)
		return
	}
	i := slices.IndexFunc(oddCells, func(row []string) bool { return row[0] == a.UserID })
	require.Equal(t, oddCells[i][:3], []string{a.UserID, a.Nick, a.FaceURL})
}

// outcomeRow is a line of an outcome file.
type outcomeRow struct {
	number int    // _row
	own    string // the whole line of JSON, the input's own cells of CSV
}

// outcomeRows are the rows of outcome files, as they stand there.
func outcomeRows(t *testing.T, job string, isJSON bool, outcomes ...string) (rows []outcomeRow) {
	for _, outcome := range outcomes {
		content := readFile(t, filepath.Join(job, outcome)+".")
		if isJSON {
			for line := range strings.Lines(content) {
				var row struct {
					Row json.RawMessage `json:"_row"`
				}
				require.NoError(t, json.Unmarshal([]byte(line), &row))
				number, err := strconv.Atoi(string(row.Row))
				require.NoError(t, err, line)
				rows = append(rows, outcomeRow{number, line})
			}
			continue
		}
		in := csv.NewReader(strings.NewReader(strings.TrimPrefix(content, "\uFEFF")))
		in.FieldsPerRecord = -1
		records, err := in.ReadAll()
		require.NoError(t, err)
		header, own := records[0], 4
		require.Equal(t, "_row", header[own])
		for _, record := range records[1:] {
			number, err := strconv.Atoi(record[own])
			require.NoError(t, err)
			rows = append(rows, outcomeRow{number, strings.Join(slices.Concat(record[:own], record[len(header):]), "¦")})
		}
	}
	return rows
}

// fileOf is the file whose name begins so.
func fileOf(t *testing.T, begin string) string {
	names, err := filepath.Glob(begin + "*")
	require.NoError(t, err)
	require.Len(t, names, 1)
	return names[0]
}

func readFile(t *testing.T, begin string) string {
	content, err := os.ReadFile(fileOf(t, begin))
	require.NoError(t, err)
	return string(content)
}
