package main

import (
	"fmt"
	"io"
	"strings"
)

// exportsTopic is what help knows besides the commands.
const exportsTopic = "exports"

// export is how the file of another system is read.
type export struct{ system, args, note string }

// exports are the lines of help exports. A test reads a small file of each.
var exports = []export{
	{"Excel, as it is", "users.xlsx", "better than as CSV: what is stored, and not what is shown; hidden rows too"},
	{"Excel, \"CSV UTF-8\"", "users.csv", ""},
	{"Excel, CSV in China", "users.csv --encoding gb18030", ""},
	{"Excel, CSV in Europe", "users.csv --delimiter ';'", "not where the first line is sep=;"},
	{"Excel, \"Unicode text\"", "users.txt --delimiter tab", ""},
	{"Google Sheets", "users.csv", ""},
	{"MySQL, --batch", "users.tsv --escape backslash --null NULL", "and --quote none, where values begin with quotes"},
	{"MySQL, INTO OUTFILE", "users.tsv --no-header --escape backslash", ""},
	{"PostgreSQL, COPY", "users.tsv --no-header --escape backslash", ""},
	{"PostgreSQL, COPY … CSV HEADER", "users.csv", ""},
	{"psql --csv", "users.csv", ""},
	{"mongoexport", "users.json --map UserID='_id.$oid'", ""},
	{"mongoexport --type=csv", "users.csv --map UserID=_id", ""},
	{"BigQuery", "users-*.json", ""},
	{"Spark", "part-*", ""},
	{"Hive, beeline tsv2", "users.tsv --null NULL --map UserID=users.user_id --map Nick=users.name", ""},
	{"DynamoDB", "data.json --map UserID=Item.user_id.S --map Nick=Item.name.S", ""},
	{"Firebase, CSV", "users.csv --no-header --map UserID='#1' --map Nick='#6' --map FaceUrl='#7'", ""},
	{"Firebase, JSON", "users.json --records users", ""},
	{"Auth0, users export", "users.json", ""},
	{"Auth0, database dump", "users.json --map UserID='_id.$oid'", ""},
	{"Cognito, list-users", "users.json --records Users --uuid compact", ""},
	{"Cognito, CSV", "users.csv --map UserID=cognito:username", ""},
	{"Keycloak", "realm.json --records users --uuid compact --map UserID=id --map Nick=firstName", ""},
	{"Okta", "users.json --map UserID=id --map Nick=profile.displayName", ""},
	{"Supabase", "users.csv --uuid compact", ""},
	{"Clerk", "users.csv --map UserID=id --map Nick=first_name", ""},
	{"WordPress, wp user list", "users.csv", ""},
	{"Discourse", "users.csv --map UserID=username", ""},
	{"LeanCloud", "users.json --records results --map UserID=objectId", ""},
	{"Easemob", "users.json --records entities", ""},
	{"RongCloud", "users.json --records users", ""},
	{"NetEase", "users.json --records uinfos", ""},
}

const exportsIntro = `How the files of other systems are read, by run, check and sync alike: imimport check FILE shows which
column is what and the first row as it would be sent, and sends nothing. Where a file has other columns, --map says which.`

const exportsOutro = `Files may be packed (.gz, .zst), but for workbooks. A workbook takes up to 250 MB of memory; save .xls, .ods and .numbers
as .xlsx. What looks like a damaged export is refused with what it looks like and the flag that
lets it pass.`

// writeExports is help exports.
func writeExports(w io.Writer) error {
	var b strings.Builder
	b.WriteString(exportsIntro + "\n\n")
	for _, e := range exports {
		fmt.Fprintf(&b, "  %-30s imimport check %s\n", e.system, e.args)
		if e.note != "" {
			fmt.Fprintf(&b, "  %-30s     %s\n", "", e.note)
		}
	}
	b.WriteString("\n" + exportsOutro + "\n")
	_, err := io.WriteString(w, b.String())
	return err
}
