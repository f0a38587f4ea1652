package reader_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"imimport/pkg/fault"
	"imimport/reader"
)

// suspicious are files that have a suspicion, and files that only resemble them.
var suspicious = []struct {
	kind, name, file, content string
	cfg                       reader.Config
	input                     bool   // the input is refused, and not a row
	says, hint                string // of an input
}{
	{kind: reader.KindShortRow, name: "one of many", content: "user_id,nick\n" + strings.Repeat("u,x\n", 100) + "u1\n"},
	{kind: reader.KindShortRow, name: "more than one in a hundred", content: "user_id,nick\nu1,Ann\nu2\n", input: true, says: ":3: short-row: fewer fields than columns in 1 of 2 rows", hint: "accept short-row"},
	{kind: reader.KindLineBreak, name: "a Nick", content: "user_id,nick\nu1,\"Foo\nBar\"\n"},
	{kind: reader.KindLineBreak, name: "a CR", content: "user_id,nick,n\nu1,Foo\rBar,x\r\n"},
	{kind: reader.KindLineBreak, name: "a UserID", content: "user_id,nick\n\"user\n1\",x\n"},
	{kind: reader.KindLineBreak, name: "JSON", file: "u.jsonl", content: `{"id":"u1","nick":"a\nb"}`},
	{kind: reader.KindLineBreak, name: "beside escapes", content: "user_id,nick\nu1,\"a\nb\"\nu2,\\\\x\n", cfg: reader.Config{Backslash: true}},
	{kind: reader.KindSwallowed, name: "exporters that never double quotes", content: "user_id,nick,city\nu1,Ann,x\nu2,\"Bob the,\nu3,Cy,\nu4,Al\",\n", input: true, says: ":3: swallowed-rows: a quoted field has several lines here, and line 4 looks like a row", hint: "quote none; or let it pass: accept swallowed-rows"},
	{kind: reader.KindSwallowed, name: "over one line break", content: "user_id,nick,city\nu1,Ann,x\nu2,\"Bob,x\nu3\",Cy,y\n", input: true, says: "line 4", hint: "quote none"},
	{kind: reader.KindSwallowed, name: "tabs", file: "u.tsv", content: "user_id\tnick\nu2\t\"Bob\nu3\tCy\nu4\tAl\"\n", input: true, says: "line 3", hint: "quote none"},
	{kind: reader.KindSwallowed, name: "before a good quote", content: "user_id,nick,city\nu2,\"Bob,x\nu3,\"Smith, Al\",y\n", input: true, says: "line 3", hint: "quote none"},
	{kind: reader.KindSwallowed, name: "one column", content: "user_id\nu1\n\"u2\nu3\nu4\"\n", input: true, says: "line 4", hint: "quote none"},
	{kind: reader.KindSwallowed, name: "longer UserIDs than at first", content: "user_id,nick\n" + strings.Repeat("u1,x\n", 300) + "u99999998,\"x\nu99999999,y\nu100000000,z\"\n", input: true, says: "line 303", hint: "quote none"},
	{kind: reader.KindNullText, name: "NULL", content: "user_id,nick\nNULL,x\n"},
	{kind: reader.KindNullText, name: "#REF!", content: "user_id,nick\n#REF!,x\n"},
	{kind: reader.KindNullText, name: "nan", content: "user_id,nick\nnan,x\n"},
	{kind: reader.KindNullText, name: "JSON", file: "u.jsonl", content: `{"id":"None"}`},
	{kind: reader.KindBackslashN, name: "a Nick", content: "user_id,nick\nu1,x\nu2,\\N\n", input: true, says: `:3: backslash-n: nick is \N`, hint: "escape backslash; or let it pass: accept backslash-n"},
	{kind: reader.KindSpreadsheet, name: "one of many", content: "user_id,nick\n1,x\n2,x\n1.38001E+10,x\n"},
	{kind: reader.KindSpreadsheet, name: "a decimal comma", content: "user_id,nick\n1,x\n2,x\n\"1,38E+11\",x\n"},
	{kind: reader.KindSpreadsheet, name: "most", content: "user_id,nick\n10001.0,x\n10002.0,x\n3,x\n", input: true, says: ":2: spreadsheet-number: the UserIDs of 2 of 3 rows are numbers", hint: "export the UserIDs as text"},
	{kind: reader.KindSpreadsheet, name: "JSON", file: "u.jsonl", content: `{"id":1}` + "\n" + `{"id":1e5}`},
	{kind: reader.KindNonASCII, name: "Chinese", content: "user_id,nick\n张,x\n"},
	{kind: reader.KindNonASCII, name: "a tab", content: "user_id,nick\na\tb,x\n"},

	{name: "columns that are empty", content: "user_id,nick\nu1,\n"},
	{name: "a line break elsewhere", content: "user_id,nick,note\nu1,x,\"a\nb\"\n"},
	{name: "CRLF", content: "user_id,nick,note\r\nu1,x,\"a\r\nb\"\r\n"},
	{name: "an escaped line break", content: "user_id,nick\nu1,a\\nb\n", cfg: reader.Config{Backslash: true}},
	{name: "an address of several lines", content: "user_id,nick,address\nu1,Ann,\"12 Main St, Flat 3\nSpringfield, IL\n12345, USA\"\nu2,Bo,x\n"},
	{name: "lines with as many commas", content: "user_id,nick,bio\nu1,Ann,\"likes \"\"tea\"\",\nred, green, blue\nand you, me, u3\"\n"},
	{name: "lines with other names", content: "user_id,nick,bio\nu1,Ann,\"x\nann,bob,cy\"\n"},
	{name: "names that are no words for nothing", content: "user_id,nick\nnull1,NULL\nnanny,None\nnone-of-it,#N/A\n"},
	{name: "other backslashes", content: "user_id,nick,note\nu1,\\n,\\N\nu2,\\N x,\n"},
	{name: "numbers that are whole", content: "user_id,nick\n1e5,1.0\n10001,1.5E+10\nv1.0,x\n1.5,x\n"},
	{name: "JSON numbers", file: "u.jsonl", content: `{"id":100000,"nick":1.5}` + "\n" + `{"id":"1e5","nick":"a\tb"}`},
	{name: "printable ASCII", content: "user_id,nick\na@b.example,张\n"},
}

func TestASuspicionIsRefusedUntilItIsAccepted(t *testing.T) {
	for _, c := range suspicious {
		t.Run(c.kind+" "+c.name, func(t *testing.T) {
			if c.file == "" {
				c.file = "u.csv"
			}
			path := write(t, c.file, c.content)
			r, err := openAndScan(t, c.cfg, path)
			piped := c.cfg
			piped.Stdin, piped.Format = strings.NewReader(c.content), map[bool]string{true: "jsonl"}[c.file == "u.jsonl"]
			if c.file == "u.tsv" {
				piped.Delimiter = '\t'
			}
			_, pipeErr := openAndScan(t, piped, "-")
			if c.input {
				require.ErrorContains(t, err, c.says)
				require.Equal(t, fault.Usage, fault.KindOf(err))
				require.Contains(t, fault.HintOf(err).String(), c.hint)
				require.ErrorContains(t, pipeErr, c.kind+": ")
			} else {
				require.NoError(t, err)
				require.NoError(t, pipeErr)
				require.Equal(t, c.kind, strings.Join(kinds(rest(t, r)), " "))
			}
			if c.kind == "" {
				return
			}
			c.cfg.Accept = []string{c.kind}
			if c.kind == reader.KindSwallowed {
				c.cfg.Accept = append(c.cfg.Accept, reader.KindLineBreak)
			}
			r, err = openAndScan(t, c.cfg, path)
			require.NoError(t, err)
			for _, row := range rest(t, r) {
				require.False(t, row.Fault != nil && row.Fault.Kind == c.kind)
			}
		})
	}
}

// kinds are those of the faults, which tell their kind first.
func kinds(rows []reader.Row) (list []string) {
	for _, row := range rows {
		if row.Fault != nil {
			list = append(list, row.Fault.Kind)
			if !strings.HasPrefix(row.Fault.Error(), row.Fault.Kind+": ") {
				list = append(list, "and its reason does not say so")
			}
		}
	}
	return list
}
