package reader_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/pkg/profile"
	"imimport/reader"
)

// profiles reads rows, and gives the profile of each as NAME=value, or its fault.
func profiles(t *testing.T, cfg reader.Config, files map[string]string, names ...string) (rows [][]string, r *reader.Reader) {
	t.Helper()
	dir := t.TempDir()
	paths := []string{}
	for _, name := range names {
		paths = append(paths, filepath.Join(dir, name))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(files[name]), 0o600))
	}
	r, err := reader.Open(t.Context(), paths, cfg)
	require.NoError(t, err)
	t.Cleanup(func() { _ = r.Close() })
	require.NoError(t, r.Scan())
	for row, err := range r.Rows() {
		require.NoError(t, err)
		texts := []string{row.UserID}
		for _, v := range row.Profile {
			texts = append(texts, v.Name+"="+v.Text)
		}
		if row.Fault != nil {
			texts = append(texts, row.Fault.Kind+": "+row.Fault.Msg)
		}
		rows = append(rows, texts)
	}
	return rows, r
}

var sexAndBorn = map[string]string{"Gender": "sex", "BirthDay": "born", "Custom.Dept": "dept"}

func TestProfileColumnsAreReadByTheRulesOfTheirFields(t *testing.T) {
	words := profile.Words{"Gender": {"1": "Male", "2": "女"}}
	for name, text := range map[string]string{
		"u.csv": "uid,sex,name,born,dept,left\nu1,1,Ann,2001/2/28,R&D,x\nu2,,Ben,,,x\nu3,3,,,,x\nu4,F,,2001-02-29,,x\nu5,2,,20010228,,x\n",
		"u.jsonl": `{"uid":"u1","sex":1,"name":"Ann","born":"2001/2/28","dept":"R\u0026D","left":"x"}` + "\n" +
			`{"uid":"u2","sex":null,"name":"Ben","dept":""}` + "\n" + `{"uid":"u3","sex":3}` + "\n" + `{"uid":"u4","sex":"F","born":"2001-02-29"}` + "\n" +
			`{"born":20010228,"uid":"u5","sex":"2"}` + "\n",
	} {
		rows, r := profiles(t, reader.Config{Map: sexAndBorn, Words: words}, map[string]string{name: text}, name)
		assert.Equal(t, [][]string{
			{"u1", "BirthDay=20010228", "Custom.Dept=R&D", "Gender=Gender_Type_Male"},
			{"u2"},
			{"u3", "profile_value: Gender is not Female, Male, Unknown, 女, 男, F or M"},
			{"u4", "profile_value: BirthDay is not a date that exists, as 2001-02-28, 2001/2/28 or 20010228"},
			{"u5", "BirthDay=20010228", "Gender=Gender_Type_Female"},
		}, rows, name)
		assert.Equal(t, []string{"left"}, r.Unsent(), name)
		assert.Contains(t, r.Reads(), `Gender is `)
		assert.Equal(t, "sex", r.Detected().Map["Gender"])
	}
}

func TestAnOutcomeFileSaysWhichColumnsAreTheProfiles(t *testing.T) {
	cfg := reader.Config{Map: map[string]string{"Gender": "sex|gender"}, Words: profile.Words{"Gender": {"1": "Male"}}}
	files := map[string]string{"a.csv": "UserID,sex\nu1,1\n", "b.csv": "UserID,gender\nu2,F\n"}
	rows, r := profiles(t, cfg, files, "a.csv", "b.csv")
	want := [][]string{{"u1", "Gender=Gender_Type_Male"}, {"u2", "Gender=Gender_Type_Female"}}
	assert.Equal(t, want, rows)
	assert.Equal(t, []string{"UserID", "sex"}, r.Columns(), "one column, whatever the files call it")

	outcome := "UserID,sex,_row,_code,_class,_reason,_attempts,_map\nu1,1,1,,,,1," + r.Map() + "\nu2,F,2,,,,1," + r.Map() + "\n"
	rows, again := profiles(t, reader.Config{}, map[string]string{"failed.csv": outcome}, "failed.csv")
	assert.Equal(t, want, rows, "without a mapping of ours")
	assert.Equal(t, "sex", again.Detected().Map["Gender"])
}

func TestWordsAndColumnsThatAreNotThereAreRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "u.csv")
	require.NoError(t, os.WriteFile(path, []byte("UserID,sex\nu1,1\n"), 0o600))
	for fault, cfg := range map[string]reader.Config{
		`has no column "gender", which is to be Gender`:                {Map: map[string]string{"Gender": "gender"}},
		"value Gender: no column is mapped to Gender":                  {Words: profile.Words{"Gender": {"1": "Male"}}},
		`map "Custom.Department": is none of the fields of an account`: {Map: map[string]string{"Custom.Department": "sex"}},
	} {
		_, err := reader.Open(t.Context(), []string{path}, cfg)
		assert.ErrorContains(t, err, fault)
	}
}
