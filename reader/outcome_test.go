package reader_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"imimport/reader"
)

func TestOutcomeFilesReadAsTheSameRows(t *testing.T) {
	r := open(t, reader.Config{}, write(t, "failed.csv", "user_id,nick,_row,_code,_class,_reason,_attempts\n"+
		"u1,Ann,7,70402,row,\"a, b\",2\n"+
		"u2,Bob,9,,invalid,more fields,0,surplus,\n"+
		"u3\n"))
	require.Equal(t, []string{"user_id", "nick"}, r.Columns())
	rows := rest(t, r)
	require.Equal(t, []string{"u1|Ann|", "!fields", "!short-row"}, accounts(rows))
	require.Equal(t, []string{"u2", "Bob", "surplus", ""}, rows[1].Fields)
	require.Equal(t, &reader.Prior{Row: 7, Code: 70402, HasCode: true, Class: "row", Reason: "a, b", Attempts: 2}, rows[0].Prior)
	require.Equal(t, &reader.Prior{Row: 9, Class: "invalid", Reason: "more fields"}, rows[1].Prior)
	require.Nil(t, rows[2].Prior)
}

// A comma that someone has typed into a nick pushes our columns away. Nothing of the row is lost.
func TestAnOutcomeRowThatWasPushedAsideKeepsAllItsCells(t *testing.T) {
	rows := rest(t, open(t, reader.Config{}, write(t, "failed.csv", "user_id,nick,_row,_code,_class,_reason,_attempts\nu1,Smith, John,5,,invalid,more,0\n")))
	require.Equal(t, []string{"!fields"}, accounts(rows))
	require.Equal(t, []string{"u1", "Smith", " John", "5", "", "invalid", "more", "0"}, rows[0].Fields)
}

func TestOutcomeFilesOfSpreadsheetsAndSeveralInputs(t *testing.T) {
	r := open(t, reader.Config{}, write(t, "failed.csv", "\uFEFFuser_id,'=nick,avatar,_row,_code,_class,_reason,_attempts,_file,_line,_excel\n"+
		"'-u1,'=1+1,'https,7,,invalid,'@x,0,'+a.csv,12,1\n"+
		"''u2,\"'\tx\",,8,,,,1,b.csv,13,1,'=surplus\n"))
	require.Equal(t, []string{"user_id", "=nick", "avatar"}, r.Columns())
	rows := rest(t, r)
	require.Equal(t, []string{"-u1", "=1+1", "'https"}, rows[0].Fields)
	require.Equal(t, []string{"'u2", "\tx", "", "=surplus"}, rows[1].Fields)
	require.Equal(t, &reader.Prior{Row: 7, Class: "invalid", Reason: "@x", File: "+a.csv", Line: 12}, rows[0].Prior)
}

// What verify has found stands behind the rest, and is none of the row's own.
func TestOutcomeFilesOfVerify(t *testing.T) {
	const added = ",_row,_code,_class,_reason,_attempts,_file,_line,_service_nick,_service_face_url,_map\n"
	r := open(t, reader.Config{}, write(t, "different.csv", "user_id,alias"+added+"u1,Ann,7,,different,x,1,a.csv,8,Bea,,Nick=alias&UserID=user_id,surplus\n"))
	require.Equal(t, []string{"user_id", "alias"}, r.Columns())
	require.True(t, r.Sources())
	rows := rest(t, r)
	require.Equal(t, []string{"u1", "Ann", "surplus"}, rows[0].Fields)
	require.Equal(t, "Ann", rows[0].Nick)
	require.Equal(t, &reader.Prior{Row: 7, Class: "different", Reason: "x", Attempts: 1, File: "a.csv", Line: 8}, rows[0].Prior)

	r = open(t, reader.Config{}, write(t, "different.jsonl", `{"user_id":"u1","alias":"Ann","_row":7,"_code":null,"_class":"different","_reason":"x","_attempts":1,`+
		`"_file":"a.jsonl","_line":8,"_service_nick":"Bea","_service_face_url":"","_map":"Nick=alias&UserID=user_id"}`))
	require.True(t, r.Sources())
	rows = rest(t, r)
	require.Equal(t, `{"user_id":"u1","alias":"Ann"}`, string(rows[0].Object))
	require.Equal(t, "Ann", rows[0].Nick)
	require.Equal(t, &reader.Prior{Row: 7, Class: "different", Reason: "x", Attempts: 1, File: "a.jsonl", Line: 8}, rows[0].Prior)
	require.False(t, open(t, reader.Config{}, write(t, "u.csv", "user_id,_file,_line\n")).Sources())
}

func TestOutcomeFilesHaveAHeaderAlways(t *testing.T) {
	r := open(t, reader.Config{NoHeader: true}, write(t, "failed.csv", "UserID,Nick,FaceUrl,_row,_code,_class,_reason,_attempts\nu1,Ann,,7,,,,0\n"))
	require.Equal(t, []string{"u1|Ann|"}, accounts(rest(t, r)))
}

func TestOutcomeObjects(t *testing.T) {
	r := open(t, reader.Config{}, write(t, "failed.jsonl",
		`{"user_id":"u1","a": {"_row":1}, "_row":7,"_code":70402,"_class":"row","_reason":"a \"b\"","_attempts":2}`+"\n"+
			`{"_raw":"{\"user_id\":\"u2\"","_row":8,"_code":null,"_class":"invalid","_reason":"x","_attempts":0,"_file":"a.jsonl","_line":9}`+"\n"+
			`{"_raw":"[1]","_row":9,"_code":null,"_class":"invalid","_reason":"x","_attempts":0}`+"\n"+
			`{"_row":10,"_code":null,"_class":"invalid","_reason":"x","_attempts":0}`+"\n"+
			`{"user_id":"u5","_row":10}`+"\n"))
	rows := rest(t, r)
	require.Equal(t, []string{"u1||", "!bad_json", "!not_object", "!no_userid", "u5||"}, accounts(rows))
	var objects []string
	for _, row := range rows {
		objects = append(objects, string(row.Object))
	}
	require.Equal(t, []string{`{"user_id":"u1","a": {"_row":1}}`, `{"user_id":"u2"`, `[1]`, `{}`, `{"user_id":"u5","_row":10}`}, objects)
	require.Equal(t, &reader.Prior{Row: 7, Code: 70402, HasCode: true, Class: "row", Reason: `a "b"`, Attempts: 2}, rows[0].Prior)
	require.Equal(t, &reader.Prior{Row: 8, Class: "invalid", Reason: "x", File: "a.jsonl", Line: 9}, rows[1].Prior)
	require.Nil(t, rows[4].Prior)
}

func TestOutcomeFileOfNothingButBrokenObjects(t *testing.T) {
	r, err := openAndScan(t, reader.Config{Map: map[string]string{"UserID": "uid"}}, write(t, "failed.jsonl",
		`{"_raw":"x","_row":8,"_code":null,"_class":"invalid","_reason":"x","_attempts":0}`))
	require.NoError(t, err)
	require.Equal(t, []string{"!not_object"}, accounts(rest(t, r)))
}

func TestOutcomeFilesSayWhatWasMapped(t *testing.T) {
	for _, input := range []struct {
		name, file, content string
		flags               map[string]string
		says                string
	}{
		{"names tell", "u.csv", "key,user_id,nick\nk1,u1,Ann\n", nil, ""},
		{"names would tell", "u.csv", "user_id,nick\nu1,Ann\n", map[string]string{"UserID": "user_id"}, ""},
		{"mapped", "u.csv", "user_id,alias,avatar\nu1,Ann,\n", map[string]string{"Nick": "alias"}, "FaceUrl=avatar&Nick=alias&UserID=user_id"},
		{"two known names", "u.csv", "uid,account,alias\nk1,u1,Ann\n", map[string]string{"UserID": "account", "Nick": ""}, "FaceUrl=&Nick=&UserID=account"},
		{"none of a known name", "u.csv", "user_id,nick\nu1,Ann\n", map[string]string{"Nick": ""}, "FaceUrl=&Nick=&UserID=user_id"},
		{"not of its own", "failed.csv", "user_id,alias,_row,_code,_class,_reason,_attempts,_map\nu1,Ann,7,,,,0,FaceUrl=&Nick=alias&UserID=user_id\n", nil, "FaceUrl=&Nick=alias&UserID=user_id"},
		{"of flags rather", "failed.csv", "user_id,alias,_row,_code,_class,_reason,_attempts,_map\nu1,Ann,7,,,,0,FaceUrl=&Nick=alias&UserID=user_id\n", map[string]string{"UserID": "alias", "Nick": ""}, "FaceUrl=&Nick=&UserID=alias"},
		{"damaged", "failed.csv", "user_id,nick,_row,_code,_class,_reason,_attempts,_map\nu1,Ann,7,,,,0,%%\n", nil, ""},
		{"nested", "u.jsonl", `{"user_id":"u1","profile":{"name":"Ann"}}`, map[string]string{"Nick": "profile.name"}, "FaceUrl=&Nick=profile.name&UserID=user_id"},
		{"none in objects", "u.jsonl", `{"user_id":"u1","nick":"Ann"}`, map[string]string{"Nick": ""}, "FaceUrl=&Nick=&UserID=user_id"},
		{"objects of its own", "failed.jsonl", `{"user_id":"u1","a":{"b":"Ann"},"_row":1,"_code":null,"_class":"","_reason":"","_attempts":0,"_map":"Nick=a.b&UserID=user_id"}`, nil, "FaceUrl=&Nick=a.b&UserID=user_id"},
	} {
		t.Run(input.name, func(t *testing.T) {
			r := open(t, reader.Config{Map: input.flags}, write(t, input.file, input.content))
			require.Equal(t, input.says, r.Map())
			require.Equal(t, r.Map(), open(t, r.Detected(), write(t, input.file, input.content)).Map(), "what was detected maps the same")
			rows := rest(t, r)
			require.Len(t, rows, 1)
			require.Nil(t, rows[0].Fault)
			if strings.Contains(input.says, "Nick=alias") || strings.Contains(input.says, ".") {
				require.Equal(t, "Ann", rows[0].Nick)
			} else if strings.Contains(input.says, "Nick=&") {
				require.Empty(t, rows[0].Nick)
			}
		})
	}
}

// A row that was cut badly stays a failed row when it is written with proper quotes.
func TestBadlyQuotedRowsHaveTheirTextBehindTheColumns(t *testing.T) {
	rows := rest(t, open(t, reader.Config{}, write(t, "u.csv", "user_id,nick\nu1,A\"nn\n")))
	require.Equal(t, []string{"u1", `A"nn`, `u1,A"nn`}, rows[0].Fields)
}
