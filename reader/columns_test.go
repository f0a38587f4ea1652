package reader_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"imimport/pkg/fault"
	"imimport/reader"
)

func TestKnownNames(t *testing.T) {
	for header, want := range map[string]string{
		"user_id,nick,face_url":            "a|b|c",
		"UserID,Nick,FaceUrl":              "a|b|c",
		"USER ID,Nick_Name,Face-URL":       "a|b|c",
		"用户ID,昵称,头像":                       "a|b|c",
		"用户编号,用户昵称,头像地址":                   "a|b|c",
		"账号,姓名,头像链接":                       "a|b|c",
		"uid,nickname,avatar":              "a|b|c",
		"id,name,avatar_url":               "a|b|c",
		"id,user_id,name,nickname":         "b|d|",
		"identifier,username,head_img":     "a|b|c",
		"username,nickname,avatar":         "a|b|c",
		"avatar,avatar_url,uid":            "c||b",
		"uid,name,nick":                    "a|c|",
		" user_id ,\tnick,face_url\u00a0":  "a|b|c",
		"_id,user.id,x":                    "b||",
		"account,email,phone":              "a||",
		"uid,userid,identifier,account,id": "b||",
		"id,用户名,头像":                        "!",
		"id,username,nickname":             "!",
		"name,avatar":                      "!",
		"uid,uid":                          "!",
	} {
		t.Run(header, func(t *testing.T) {
			r, err := reader.Open(t.Context(), []string{write(t, "u.csv", header+"\n"+strings.Join([]string{"a", "b", "c", "d", "e"}[:strings.Count(header, ",")+1], ",")+"\n")}, reader.Config{})
			if want == "!" {
				require.Error(t, err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, []string{want}, accounts(rest(t, r)))
			require.NoError(t, r.Close())
		})
	}
}

func TestMap(t *testing.T) {
	path := write(t, "u.csv", "user_id,nickname,No Name,a|b\nu1,Ann,Bob,Eve\n")
	for name, shape := range map[string]struct {
		m    map[string]string
		want string
	}{
		"another":          {map[string]string{"Nick": "No Name"}, "u1|Bob|"},
		"case":             {map[string]string{"nick": "no name "}, "u1|Bob|"},
		"none":             {map[string]string{"Nick": ""}, "u1||"},
		"alternatives":     {map[string]string{"Nick": "x|No Name|nickname"}, "u1|Bob|"},
		"bar in the name":  {map[string]string{"Nick": "a|b"}, "u1|Eve|"},
		"taken from other": {map[string]string{"UserID": "nickname"}, "Ann||"},
		"two for one":      {map[string]string{"Nick": "nickname", "FaceUrl": "nickname"}, "u1|Ann|Ann"},
	} {
		t.Run(name, func(t *testing.T) {
			r := open(t, reader.Config{Map: shape.m}, path)
			require.Equal(t, []string{shape.want}, accounts(rest(t, r)))
			again := open(t, r.Detected(), path)
			require.Equal(t, []string{shape.want}, accounts(rest(t, again)))
		})
	}
}

// A column that the mapping names for one field is none for another: an account_no is no UserID, and a username is no
// UserID where it was said to be the nick.
func TestAMappedColumnIsNoOtherField(t *testing.T) {
	for _, content := range []string{"account_no,username\n1001,Ann\n", `{"account_no":1001,"username":"Ann"}`} {
		name := "u.csv"
		if content[0] == '{' {
			name = "u.jsonl"
		}
		_, err := reader.Open(t.Context(), []string{write(t, name, content)}, reader.Config{Map: map[string]string{"Nick": "username"}})
		require.ErrorContains(t, err, "is known to be UserID")
	}
	r := open(t, reader.Config{Map: map[string]string{"FaceUrl": "nickname"}}, write(t, "u.csv", "user_id,nickname\nu1,https://x.example\n"))
	require.Equal(t, []string{"u1||https://x.example"}, accounts(rest(t, r)))
}

// Files that call a field by other names are read alike by a run, by what it detected, and out of one file that holds the
// rows of all.
func TestSeveralNamesOfAFieldAreReadAlikeEverywhere(t *testing.T) {
	for name, contents := range map[string][]string{
		"lesser name first": {"UID,nick\nu1,Ann\n", "userid,uid,nick\nu2,4711,Bob\n"},
		"better name first": {"userid,nick\nu1,Ann\n", "uid,nick\nu2,Bob\n"},
		"objects":           {`{"uid":"u1","nick":"Ann"}` + "\n", `{"userid":"u2","uid":"4711","nickname":"Bob"}` + "\n"},
		"objects, beyond the head": {`{"uid":"u1","nick":"Ann"}` + "\n" + strings.Repeat(`{"uid":"x","note":"`+strings.Repeat("x", 900_000)+`"}`+"\n", 3) + `{"uid":"4712","userid":"u3"}` + "\n",
			`{"userid":"u2","uid":"4711","nickname":"Bob"}` + "\n"},
	} {
		t.Run(name, func(t *testing.T) {
			inputs := files(t, contents...)
			if contents[0][0] == '{' {
				for i, path := range inputs {
					inputs[i] = strings.TrimSuffix(path, ".csv") + ".jsonl"
					require.NoError(t, os.Rename(path, inputs[i]))
				}
			}
			first := open(t, reader.Config{}, inputs...)
			rows := rest(t, first)
			require.Equal(t, rows, rest(t, open(t, first.Detected(), inputs...)))
			got := accounts(rows)
			require.Equal(t, "u1|Ann|", got[0])
			require.Equal(t, "u2|Bob|", got[len(got)-1])

			// As a retry, a sync and an outcome file have them.
			var merged strings.Builder
			if contents[0][0] == '{' {
				for _, row := range rows {
					merged.WriteString(string(row.Object) + "\n")
				}
			} else {
				merged.WriteString(strings.Join(first.Columns(), ",") + "\n")
				for _, row := range rows {
					merged.WriteString(strings.Join(row.Fields, ",") + "\n")
				}
			}
			cfg := first.Detected()
			require.Equal(t, got, accounts(rest(t, open(t, cfg, write(t, "merged", merged.String())))))
		})
	}
}

func TestSeveralFilesWithOtherColumns(t *testing.T) {
	inputs := files(t, "uid,nickname,city\nu1,Ann,Bonn\n", "头像,用户ID,age\nhttps://x.example/2.png,u2,30\nhttps://x.example/3.png,u3,31,surplus\n", "age,uid,city,nickname\n40,u4,Rome,Dan\n")
	r := open(t, reader.Config{}, inputs...)
	require.NoError(t, r.Scan(), "a file that has not all columns is looked at, too")
	require.Equal(t, []string{"uid", "nickname", "city", "头像", "age"}, r.Columns())
	rows := rest(t, r)
	require.Equal(t, []string{"u1|Ann|", "u2||https://x.example/2.png", "!fields", "u4|Dan|"}, accounts(rows))
	require.Equal(t, []string{"u1", "Ann", "Bonn", "", ""}, rows[0].Fields)
	require.Equal(t, []string{"u2", "", "", "https://x.example/2.png", "30"}, rows[1].Fields)
	require.Equal(t, []string{"u3", "", "", "https://x.example/3.png", "31", "surplus"}, rows[2].Fields)
	require.Equal(t, []string{"u4", "Dan", "Rome", "", "40"}, rows[3].Fields)
	require.Equal(t, map[string]string{"UserID": "用户ID|uid", "Nick": "nickname", "FaceUrl": "头像"}, r.Detected().Map)
	require.Equal(t, rows, rest(t, open(t, r.Detected(), inputs...)))

	// Their outcome file has one UserID, and reads with what was detected and with nothing.
	outcome := write(t, "failed.csv", strings.Join(r.Columns(), ",")+",_row,_code,_class,_reason,_attempts\nu2,,,https://x.example/2.png,30,2,,,,0\n")
	for _, cfg := range []reader.Config{{}, r.Detected()} {
		require.Equal(t, []string{"u2||https://x.example/2.png"}, accounts(rest(t, open(t, cfg, outcome))))
	}
}

func TestSeveralFilesThatDoNotFitTogether(t *testing.T) {
	for name, contents := range map[string][]string{
		"the UserID of one is a column of another": {"id,nick\n1,Ann\n", "user_id,id,nick\nu1,1,Ann\n"},
		"one has no UserID":                        {"id,nick\n1,Ann\n", "key,nick\n1,Ann\n"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := reader.Open(t.Context(), files(t, contents...), reader.Config{})
			var input *fault.Error
			require.ErrorAs(t, err, &input)
			require.Equal(t, fault.Usage, input.Kind)
			require.Contains(t, input.Place.File, "b.csv")
			require.Contains(t, input.Hint.String(), "map")
		})
	}
}

func TestNoHeaderHasNamesForMoreColumns(t *testing.T) {
	path := write(t, "u.csv", "u1,Ann,,x,y\nu2,,,,\n")
	_, err := reader.Open(t.Context(), []string{path}, reader.Config{NoHeader: true})
	require.ErrorContains(t, err, "has 5 columns and no header")
	r := open(t, reader.Config{NoHeader: true, Map: map[string]string{"UserID": "#1", "Nick": "#4"}}, path)
	require.Equal(t, []string{"column1", "column2", "column3", "column4", "column5"}, r.Columns())
	require.Equal(t, []string{"u1|x|", "u2||"}, accounts(rest(t, r)))
	require.Equal(t, map[string]string{"UserID": "column1", "Nick": "column4"}, r.Detected().Map)
	older := open(t, reader.Config{NoHeader: true, Map: map[string]string{"UserID": "UserID", "Nick": "Nick", "FaceUrl": "FaceUrl"}}, path)
	require.Equal(t, []string{"u1|Ann|", "u2||"}, accounts(rest(t, older)), "a job of an earlier version goes on")
	r = open(t, reader.Config{NoHeader: true}, write(t, "u.csv", ""))
	require.Empty(t, rest(t, r))
}

func TestJSONKeys(t *testing.T) {
	for content, want := range map[string]string{
		`{"id":1,"name":"Ann","avatar":null}`:                            "1|Ann|",
		`{"id":1,"user_id":"u1","name":"Ann","nick":"A"}`:                "u1|A|",
		`{"用户ID":"u1","昵称":"张","\u5934\u50cf":"https://x.example"}`:      "u1|张|https://x.example",
		`{"user_id":"u1","profile":{"nick":"x"}}`:                        "u1||",
		`{"user_id":"u1","nick":123456789012345678901234567890.50}`:      "u1|123456789012345678901234567890.50|",
		`{ "user_id" : "a\/b" , "nick" : "\ud83d\ude00" , "x" : [ ] }  `: "a/b|😀|",
	} {
		require.Equal(t, []string{want}, accounts(rest(t, open(t, reader.Config{}, write(t, "u.jsonl", content)))), content)
	}
	r := open(t, reader.Config{Map: map[string]string{"UserID": "a.b|uid", "Nick": "p.q.r", "FaceUrl": "x.y"}},
		write(t, "u.jsonl", `{"p":{"q":{"r":"Ann"}},"a":{"b":"u1"},"x.y":"https://x.example","x":{"y":"z"}}`+"\n"+`{"a":{"b":"u2"},"p":[],"x":{"y":"https://y.example"}}`))
	require.Equal(t, []string{"u1|Ann|https://x.example", "u2||https://y.example"}, accounts(rest(t, r)))
	require.Equal(t, map[string]string{"UserID": "a.b|uid", "Nick": "p.q.r", "FaceUrl": "x.y"}, r.Detected().Map)
}
