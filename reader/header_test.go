package reader_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"imimport/pkg/fault"
	"imimport/reader"
)

// A first line that is no header for sure is refused: a guess would make accounts of it, or lose a person. What is said of
// it shows no value, and names no column that cannot be what the hint says.
func TestAFirstLineIsAHeaderOnlyIfItSaysSo(t *testing.T) {
	byName := func(column string) reader.Config { return reader.Config{Map: map[string]string{"UserID": column}} }
	const asRow = "if it is a row already: no-header"
	const byNumber = asRow + " map UserID=#N, and likewise for Nick and FaceUrl, with the numbers of their columns"
	for name, c := range map[string]struct {
		file, content string
		cfg           reader.Config
		says, hint    string // "" is read
	}{
		"a number beside a known name":   {"u.csv", "1001,user\n1002,ann\n", reader.Config{}, "no header for sure: field 1 is a number", "if it names the columns all the same: map UserID=user; " + asRow},
		"an export of seven columns":     {"u.csv", "x1,ann@x.example,true,h4sh,s4lt,Ann Lee,https://x.example/1\nx2,bo@x.example,true,h,s,Bo,\n", reader.Config{}, "no header that is known", "map UserID=COLUMN; " + byNumber},
		"e-mail addresses as Nicks":      {"u.csv", "x1,ann@x.example\nx2,bo@x.example\n", reader.Config{}, "no header that is known", byNumber},
		"telephone numbers as Nicks":     {"u.csv", "x1,+86 138 0013 8000\n", reader.Config{}, "no header that is known", byNumber},
		"a header of unknown names":      {"u.csv", "kontonummer,email\n1,a@x.example\n2,b@x.example\n", reader.Config{}, `the columns are "kontonummer", "email"`, "map UserID=COLUMN"},
		"a column that may be it":        {"u.csv", "email,member_key,dept_id\na@x.example,7,1\nb@x.example,8,1\n", reader.Config{}, `the columns are "email", "member_key", "dept_id"`, "map UserID=member_key;"},
		"two columns that may be it":     {"u.csv", "member_key,other_key,nick\n1,2,x\n3,4,y\n", reader.Config{}, "no column is known", "map UserID=COLUMN;"},
		"a mapping that names a column":  {"u.csv", "2023,konto\n1,x1\n", byName("konto"), "", ""},
		"a mapping of another column":    {"u.csv", "konto,2023\nx1,5\n", reader.Config{Map: map[string]string{"UserID": "konto", "Nick": "2023"}}, "", ""},
		"a mapping that is mistyped":     {"u.csv", "email,kind,mebmer,state\n1,2,3,4\n", byName("member"), `no column "member"`, `its columns are "mebmer", "email"`},
		"a mapping of a row":             {"u.csv", "x1,Ann Lee\n", byName("konto"), "no header that is known", "no-header"},
		"a number names no header":       {"u.csv", "x1,Ann\n", byName("#1"), "no header that is known", asRow},
		"a number that is too high":      {"u.csv", "user_id,Ann\nx1,Ann\n", byName("#3"), `no column "#3"`, "it has 2 columns"},
		"a title":                        {"u.csv", "Our users\n\nuser_id,nick\nx1,Ann\n", reader.Config{}, "the first line is no header", "stand in line 3: skip-lines 2"},
		"tabs":                           {"u.csv", "user_id\tnick\nx1\tAnn, Lee\n", reader.Config{}, "has one column, and tabs between", "delimiter tab"},
		"JSON without a UserID":          {"u.jsonl", `{"action":"get","data":{"n":1}}` + "\n" + `{"action":"get"}`, reader.Config{}, "no key is known", "map UserID=KEY"},
		"JSON with one that may be it":   {"u.jsonl", `{"email":"a@x.example","member":{"key":"7"}}` + "\n" + `{"email":"b@x.example","member":{"key":"8"}}`, reader.Config{}, "no key is known", "map UserID=member.key"},
		"lines to skip, in JSON":         {"u.jsonl", `{"id":1}`, reader.Config{SkipLines: 1}, "is JSON, and skip-lines is for CSV", "leave skip-lines out"},
		"more than three without header": {"u.csv", "x1,a@x.example,Ann,y\n", reader.Config{NoHeader: true}, "has 4 columns and no header", "map UserID=#N"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := reader.Open(context.Background(), []string{write(t, c.file, c.content)}, c.cfg)
			if c.says == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, c.says)
			var refused *fault.Error
			require.ErrorAs(t, err, &refused)
			hint := refused.Hint.String()
			require.Contains(t, hint, c.hint)
			for _, value := range []string{"x1", "Ann", "x.example", "h4sh", "s4lt", "138", "get"} {
				require.NotContains(t, refused.Err.Error()+hint, value, "a value of a row is shown")
			}
		})
	}
}

func TestAnEmptyPartIsNoRowsAndANotice(t *testing.T) {
	const csv, jsonl = "user_id,nick\nu1,Ann\n", `{"id":"u1","nick":"Ann"}` + "\n"
	for _, full := range []string{csv, jsonl} {
		for _, empty := range []string{"", "\uFEFF", "\n\r\n"} {
			parts := []string{write(t, "part-0", empty), write(t, "part-1", full), write(t, "part-2", empty)}
			r := open(t, reader.Config{}, parts...)
			require.NoError(t, r.Scan())
			require.Len(t, r.Notices(), 2)
			require.Equal(t, "is empty: it has no rows", r.Notices()[0].Msg)
			require.Equal(t, []string{"u1|Ann|"}, accounts(rest(t, r)))
			on := open(t, r.Detected(), parts...)
			require.NoError(t, on.Seek(r.Position(), false))
			require.Empty(t, rest(t, on))
		}
	}
}

func TestReadsSaysWhichColumnIsWhat(t *testing.T) {
	r := open(t, reader.Config{}, write(t, "u.csv", "uid,name,dept,phone\nu1,Ann,x,1\n"))
	require.Equal(t, `UserID is column "uid", Nick is column "name", no FaceUrl; not sent: "dept", "phone"`, r.Reads())
	r = open(t, reader.Config{Map: map[string]string{"Nick": "p.n"}}, write(t, "u.jsonl", `{"id":1,"p":{"n":"x"},"q":{"z":1}}`))
	require.Equal(t, `UserID is key "id", Nick is key "p.n", no FaceUrl; not sent: "q"`, r.Reads())
	require.Equal(t, []string{"q"}, r.Unsent())
}
