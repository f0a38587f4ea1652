package main

import (
	"context"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"imimport/pkg/im"
	"imimport/pkg/importer"
	"imimport/pkg/job"
	"imimport/pkg/option"
	"imimport/pkg/sandbox"
	"imimport/pkg/sandbox/sandboxtest"
	"imimport/reader/readertest"
)

const (
	uuid1, uuid2 = "1f0c3a52-7a1e-4c5b-9a3f-0d2b6c7e8f90", "2f0c3a52-7a1e-4c5b-9a3f-0d2b6c7e8f91"
	hex1, hex2   = "1f0c3a527a1e4c5b9a3f0d2b6c7e8f90", "2f0c3a527a1e4c5b9a3f0d2b6c7e8f91"
	oid1, oid2   = "64b7f0c2a1b2c3d4e5f60718", "64b7f0c2a1b2c3d4e5f60719"
)

// exported are small files of each system, and the Nicks by UserID that they hold. The people are invented.
func exported(t *testing.T) map[string]struct {
	files map[string]string
	want  map[string]string
} {
	one := func(file, content string, want map[string]string) struct{ files, want map[string]string } {
		return struct{ files, want map[string]string }{map[string]string{file: content}, want}
	}
	two := map[string]string{"u1": "Ann, Lee", "u2": "张伟"}
	gbk, err := simplifiedchinese.GB18030.NewEncoder().String("用户ID,昵称\r\nu1,\"Ann, Lee\"\r\nu2,张伟\r\n")
	require.NoError(t, err)
	utf16, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String("用户ID\t昵称\r\nu1\t\"Ann, Lee\"\r\nu2\t张伟\r\n")
	require.NoError(t, err)
	list := map[string]struct{ files, want map[string]string }{
		"Excel, as it is":               one("users.xlsx", readertest.Workbook(t, readertest.Rows("用户ID|昵称", "u1|Ann, Lee", "u2|张伟"), nil), two),
		"Excel, \"CSV UTF-8\"":          one("users.csv", "\uFEFFUserID,Nick\r\nu1,\"Ann, Lee\"\r\nu2,张伟\r\n", two),
		"Excel, CSV in China":           one("users.csv", gbk, two),
		"Excel, CSV in Europe":          one("users.csv", "\uFEFFUserID;Nick\r\nu1;Ann, Lee\r\nu2;张伟\r\n", two),
		"Excel, \"Unicode text\"":       one("users.txt", utf16, two),
		"Google Sheets":                 one("users.csv", "user id,name,avatar\r\nu1,\"Ann, Lee\",\r\nu2,张伟,https://img.example.com/2.png", two),
		"MySQL, --batch":                one("users.tsv", "user_id\tnickname\nu1\tAnn\\nLee\\\\\nu2\tNULL\n", map[string]string{"u1": "Ann\nLee\\", "u2": ""}),
		"MySQL, INTO OUTFILE":           one("users.tsv", "u1\tAnn\\\tLee\nu2\t\\N\n", map[string]string{"u1": "Ann\tLee", "u2": ""}),
		"PostgreSQL, COPY":              one("users.tsv", "u1\tAnn\\tLee\t\\N\nu2\t\\N\t\\N\n", map[string]string{"u1": "Ann\tLee", "u2": ""}),
		"PostgreSQL, COPY … CSV HEADER": one("users.csv", "user_id,nick\nu1,\"Ann, Lee\"\nu2,张伟\n", two),
		"psql --csv":                    one("users.csv", "uid,nickname\nu1,\"Ann, Lee\"\nu2,张伟\n", two),
		"mongoexport": one("users.json", `{"_id":{"$oid":"`+oid1+`"},"name":"Ann","createdAt":{"$date":"2024-01-01T00:00:00Z"}}`+"\n"+`{"_id":{"$oid":"`+oid2+`"},"name":"Bo"}`+"\n",
			map[string]string{oid1: "Ann", oid2: "Bo"}),
		"mongoexport --type=csv": one("users.csv", "_id,name\n"+oid1+",Ann\n"+oid2+",Bo\n", map[string]string{oid1: "Ann", oid2: "Bo"}),
		"BigQuery":               {map[string]string{"users-000000000000.json": `{"user_id":"u1","name":"Ann, Lee"}` + "\n", "users-000000000001.json": `{"user_id":"u2","name":"张伟"}` + "\n"}, two},
		"Spark":                  {map[string]string{"part-00000": "", "part-00001": "user_id,name\nu1,\"Ann, Lee\"\n", "part-00002": "user_id,name\nu2,张伟\n"}, two},
		"Hive, beeline tsv2": one("users.tsv", "users.user_id\tusers.name\tusers.age\nu1\tAnn\t33\nu2\tNULL\t44\n",
			map[string]string{"u1": "Ann", "u2": ""}),
		"DynamoDB": one("data.json", `{"Item":{"user_id":{"S":"u1"},"name":{"S":"Ann, Lee"},"age":{"N":"33"}}}`+"\n"+`{"Item":{"user_id":{"S":"u2"},"name":{"S":"张伟"}}}`+"\n", two),
		"Firebase, CSV": one("users.csv", "u1,ann@mail.example,true,aGFzaA==,c2FsdA==,\"Ann, Lee\",https://img.example.com/1.png,,,,,,,,,,,,,,,,,1700000000000,1700000000000,,\n"+
			"u2,zhang@mail.example,false,aGFzaA==,c2FsdA==,张伟,,,,,,,,,,,,,,,,,,1700000000000,,,\n", two),
		"Firebase, JSON": one("users.json", `{"users":[`+"\n"+`{"localId":"u1","email":"ann@mail.example","displayName":"Ann, Lee","photoUrl":"https://img.example.com/1.png"},`+"\n"+`{"localId":"u2","displayName":"张伟"}]}`, two),
		"Auth0, users export": one("users.json", `{"user_id":"auth0|`+oid1+`","email":"ann@mail.example","name":"ann@mail.example","nickname":"ann","picture":"https://img.example.com/1.png"}`+"\n",
			map[string]string{"auth0|" + oid1: "ann"}),
		"Auth0, database dump": one("users.json", `{"_id":{"$oid":"`+oid1+`"},"email":"ann@mail.example","nickname":"Ann"}`+"\n", map[string]string{oid1: "Ann"}),
		"Cognito, list-users": one("users.json", `{"Users":[{"Username":"`+uuid1+`","Attributes":[{"Name":"sub","Value":"`+uuid1+`"}],"Enabled":true},{"Username":"`+uuid2+`","Attributes":[]}]}`,
			map[string]string{hex1: "", hex2: ""}),
		"Cognito, CSV": one("users.csv", "cognito:username,name,email,picture,phone_number\nu1,\"Ann, Lee\",ann@mail.example,,\nu2,张伟,,,+8613800138000\n", two),
		"Keycloak": one("realm.json", `{"id":"demo","realm":"demo","users":[{"id":"`+uuid1+`","username":"ann","firstName":"Ann"},{"id":"`+uuid2+`","username":"bo","firstName":"Bo"}],"roles":{"realm":[{"id":"x"}]}}`,
			map[string]string{hex1: "Ann", hex2: "Bo"}),
		"Okta": one("users.json", `[{"id":"00u1ab","status":"ACTIVE","profile":{"login":"ann@mail.example","displayName":"Ann"}},{"id":"00u1ac","profile":{"displayName":"Bo"}}]`,
			map[string]string{"00u1ab": "Ann", "00u1ac": "Bo"}),
		"Supabase":                one("users.csv", "id,email,display_name,created_at\n"+uuid1+",ann@mail.example,Ann,2024-01-01\n"+uuid2+",bo@mail.example,Bo,2024-01-02\n", map[string]string{hex1: "Ann", hex2: "Bo"}),
		"Clerk":                   one("users.csv", "id,first_name,last_name,username,primary_email_address\nuser_2ab,Ann,Lee,ann,ann@mail.example\n", map[string]string{"user_2ab": "Ann"}),
		"WordPress, wp user list": one("users.csv", "ID,user_login,display_name,user_email,user_registered,roles\n1,ann,Ann Lee,ann@mail.example,\"2024-01-01 00:00:00\",administrator\n", map[string]string{"1": "Ann Lee"}),
		"Discourse":               one("users.csv", "id,name,username,email,title\n7,Ann Lee,ann,ann@mail.example,\n", map[string]string{"ann": "Ann Lee"}),
		"LeanCloud":               one("users.json", `{"results":[{"objectId":"`+oid1+`","username":"ann","nickname":"Ann","avatar":{"__type":"File","url":"https://img.example.com/1.png"}}]}`, map[string]string{oid1: "Ann"}),
		"Easemob":                 one("users.json", `{"action":"get","count":1,"entities":[{"uuid":"`+uuid1+`","type":"user","username":"ann","nickname":"Ann","activated":true}],"path":"/users"}`, map[string]string{"ann": "Ann"}),
		"RongCloud":               one("users.json", `{"code":200,"users":[{"userId":"u1","name":"Ann, Lee","portraitUri":"https://img.example.com/1.png"},{"userId":"u2","name":"张伟"}]}`, two),
		"NetEase":                 one("users.json", `{"code":200,"uinfos":[{"accid":"u1","name":"Ann, Lee","icon":"https://img.example.com/1.png"},{"accid":"u2","name":"张伟"}]}`, two),
	}
	typed := map[string]struct {
		files map[string]string
		want  map[string]string
	}{}
	for system, e := range list {
		typed[system] = e
	}
	return typed
}

// Each line of help exports, as it stands there, imports a file of that system.
func TestHelpExportsReadsAFileOfEachSystem(t *testing.T) {
	files := exported(t)
	require.Len(t, files, len(exports))
	unlimited := map[string]int{"account_import": sandbox.None}
	service, err := sandbox.New(sandbox.Config{SecretKey: strings.Repeat("0123456789abcdef", 4), Rules: sandbox.Rules{Limits: unlimited}})
	require.NoError(t, err)
	defer service.Close()
	for _, e := range exports {
		t.Run(e.system, func(t *testing.T) {
			is, ok := files[e.system]
			require.True(t, ok)
			dir := t.TempDir()
			for name, content := range is.files {
				require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600))
			}
			words := strings.Fields(strings.ReplaceAll(e.args, "'", ""))
			o := job.Options{Rate: -1, Target: job.Target{Endpoint: "https://sandbox.example.com", SDKAppID: sandbox.DefaultSDKAppID, Identifier: sandbox.DefaultIdentifier}}
			setFlags(t, &o, words[1:])
			require.NoError(t, service.Reset())
			s, err := job.Run(t.Context(), []string{filepath.Join(dir, words[0])}, filepath.Join(dir, "job"), o, job.Host{
				Voice: voice{}, Log: slog.New(slog.DiscardHandler), Stdin: strings.NewReader(""),
				Connect: func(_ context.Context, o job.Options, _ int) (importer.Client, job.Target, error) {
					c, err := im.New(im.Config{Endpoint: o.Target.Endpoint, SDKAppID: o.Target.SDKAppID, Identifier: o.Target.Identifier,
						SecretKey: strings.Repeat("0123456789abcdef", 4), Transport: sandboxtest.Transport{Handler: service}})
					return c, o.Target, err
				}})
			require.NoError(t, err)
			require.Equal(t, 0, s.ExitCode)
			nicks := map[string]string{}
			for _, a := range service.Accounts() {
				nicks[a.UserID] = a.Nick
			}
			require.Equal(t, is.want, nicks)
		})
	}
	var b strings.Builder
	require.NoError(t, writeExports(&b))
	for _, system := range slices.Sorted(maps.Keys(files)) {
		require.Contains(t, b.String(), "  "+system)
	}
}

// setFlags sets options as the command line has them.
func setFlags(t *testing.T, o *job.Options, words []string) {
	t.Helper()
	for len(words) > 0 {
		i := slices.IndexFunc(job.Table(), func(r option.Row[job.Options]) bool { return "--"+r.Key == words[0] })
		require.GreaterOrEqual(t, i, 0, words[0])
		row, value := job.Table()[i], "true"
		if words = words[1:]; !row.Switch {
			value, words = words[0], words[1:]
		}
		require.NoError(t, row.Set(o, value))
	}
}
