package reader_test

import (
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"imimport/pkg/fault"
	"imimport/reader"
)

const wrapped = `{"action":"get","meta":{"users":[1],"x":"]}\""},` + "\n" + `"users":[{"id":"u1","nick":"A"},` + "\n" + `{"id":"u2"}],"more":[{"id":"x"}]}` + "\n" +
	`{"users":[]} {"users":[ {"id":"u3","a":{"users":[]}} ] }` + "\n"

func TestRecordsAreTheElementsOfAnArrayInAnObject(t *testing.T) {
	for name, c := range map[string]struct {
		content, records string
		want             []string
	}{
		"one after the other":                  {wrapped, "users", []string{"u1|A|", "u2||", "u3||"}},
		"deeper":                               {`{"a":1,"data":{"n":[{"id":"x"}],"items":[{"id":"u1"},5,{"id":"u2"}]},"z":{}}`, "data.items", []string{"u1||", "!not_object", "u2||"}},
		"an escaped key":                       {`{"d\u0061ta":[{"id":"u1"}]}`, "data", []string{"u1||"}},
		"an array that the head does not show": {`{"x":"` + strings.Repeat("x", 3<<20) + `","users":[{"id":"u1"}],"y":"` + strings.Repeat("y", 3<<20) + `"}`, "users", []string{"u1||"}},
	} {
		t.Run(name, func(t *testing.T) {
			path := write(t, "u.json", c.content)
			cfg := reader.Config{Records: c.records}
			r, err := openAndScan(t, cfg, path)
			require.NoError(t, err)
			rows := rest(t, r)
			require.Equal(t, c.want, accounts(rows))
			for i, row := range rows {
				on := open(t, r.Detected(), path)
				require.NoError(t, on.Seek(row.End, false))
				require.Equal(t, c.want[i+1:], accounts(rest(t, on)))
			}
			on := open(t, r.Detected(), write(t, "u.json", c.content+c.content))
			require.NoError(t, on.Seek(r.Position(), false))
			require.Equal(t, c.want, accounts(rest(t, on)), "a file that has grown by a wrapper")
			cfg.Stdin, cfg.Format = iotest.HalfReader(strings.NewReader(c.content)), "jsonl"
			require.Equal(t, c.want, accounts(rest(t, open(t, cfg, "-"))))
		})
	}
}

func TestAWrapperIsRefusedWithTheArrayThatItHas(t *testing.T) {
	for name, c := range map[string]struct{ content, records, says, hint string }{
		"one line":           {`{"action":"get","users":[{"id":"u1"}]}`, "", "is a JSON object around rows", "records users"},
		"a row a line":       {`{"action":"get","users":[` + "\n" + `{"id":"u1"},` + "\n" + `{"id":"u2"}` + "\n" + `]}`, "", "is a JSON object around rows", "records users"},
		"deeper":             {`{"data":{"items":[{"id":"u1"}]}}`, "", "is a JSON object around rows", "records data.items"},
		"two arrays":         {`{"action":"get","a":[{"id":"u1"}],"b":[{"id":"u2"}]}`, "", "no key is known to be UserID", "map UserID=KEY"},
		"keyed by UserID":    {`{"u1":{"name":"A"},"u2":{"name":"B"}}`, "", "no key is known to be UserID", "map UserID=KEY"},
		"another array":      {`{"users":[{"id":"u1"}]}`, "items", `has no array "items" with rows`, "records users"},
		"no array":           {`{"users":{"u1":{"name":"A"}}}`, "users", `has no array "users" with rows`, "records PATH"},
		"no object":          {`[{"id":"u1"}]`, "users", `has no array "users" with rows`, "records PATH"},
		"one of two without": {`{"users":[{"id":"u1"}]}` + "\n" + `{"error":"x"}`, "users", `:2: has no array "users" with rows`, "records users"},
		"cut off":            {`{"users":[{"id":"u1"}]`, "users", "is not whole", "end of the file"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := openAndScan(t, reader.Config{Records: c.records}, write(t, "u.json", c.content))
			require.ErrorContains(t, err, c.says)
			require.Equal(t, fault.Usage, fault.KindOf(err))
			require.Contains(t, fault.HintOf(err).String(), c.hint)
		})
	}
	_, err := reader.Open(t.Context(), []string{write(t, "u.csv", "id\nu1\n")}, reader.Config{Records: "users"})
	require.ErrorContains(t, err, "is CSV, and records is for JSON")
}

func TestAValueOfTheWrongTypeIsLeftOutWithAWarning(t *testing.T) {
	for value, says := range map[string]string{
		`{"size":"big","url":"https://x.example/"}`:  ": map it to a path, such as avatar.size",
		`{"size":1,"imageUrl":"https://x.example/"}`: ": map it to a path, such as avatar.imageUrl",
		`[{"src":"https://x.example/"}]`:             ": map it to a path, such as avatar.0.src",
		`true`:                                       "",
		`[]`:                                         "",
	} {
		path := write(t, "u.jsonl", `{"id":"u1","avatar":`+value+`,"nick":"A"}`)
		rows := rest(t, open(t, reader.Config{}, path))
		require.Equal(t, []string{"u1|A|"}, accounts(rows))
		require.Equal(t, `FaceUrl is neither text nor a number at the key "avatar", and is left out`+says, rows[0].Warning)
		require.Equal(t, []string{"!type"}, accounts(rest(t, open(t, reader.Config{Strict: true}, path))))
	}
}

func TestAMappedKeyThatNoObjectHasIsRefused(t *testing.T) {
	path := write(t, "u.jsonl", `{"id":"u1","nickname":"A","p":{"q":"x"}}`+"\n")
	for key, near := range map[string]string{"nicknam": `"nickname", "id"`, "p.z": `"p.q", `} {
		_, err := openAndScan(t, reader.Config{Map: map[string]string{"Nick": key}}, path)
		require.ErrorContains(t, err, "no object has the key")
		require.Contains(t, fault.HintOf(err).String(), "the keys are "+near)
	}
}

func TestFurtherNamesOfColumnsAreKnown(t *testing.T) {
	for header, want := range map[string]string{
		"accid,icon": "accid icon", "localId,photoUrl": "localId photoUrl", "sub,userAvatar": "sub userAvatar", "uuid,imageUrl": "uuid imageUrl",
		"user_login,profilePictureUrl": "user_login profilePictureUrl", "cognito:username,profilePhoto": "cognito:username profilePhoto",
		"会员ID,portraitUri": "会员ID portraitUri", "手机号,头像": "手机号 头像", "objectId,手机号": "objectId ", "ID,user_login": "ID ", "email,sub,id": "id ",
	} {
		m := open(t, reader.Config{}, write(t, "u.csv", header+"\n")).Detected().Map
		require.Equal(t, want, m["UserID"]+" "+m["FaceUrl"])
	}
}
