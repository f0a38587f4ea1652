package syncrun

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/reader"
)

// An invalid row keeps the account that it is about from being gone; one that may be about any account is told apart.
func TestInvalidRowTellsItsAccountOrThatItMayBeAny(t *testing.T) {
	for _, c := range []struct{ name, table, account string }{
		{"space before", "UserID,Nick\n s4,n\n", "s4"},
		{"space after", "UserID,Nick\ns4 ,n\n", "s4"},
		{"a space of another alphabet", "UserID,Nick\n\u3000s4\u00a0,n\n", "s4"},
		{"nick too long", "UserID,Nick\ns4," + strings.Repeat("n", 501) + "\n", "s4"},
		{"space before, and a nick that is no UTF-8", "UserID,Nick\n s4,\xff\n", "s4"},
		{"bytes that are no UTF-8", "UserID,Nick\nd\xff6,n\n", ""},
		{"a lost character", "UserID,Nick\nd\uFFFD6,n\n", ""},
		{"a byte order mark", "UserID,Nick\n\uFEFFd6,n\n", ""},
		{"too long", "UserID,Nick\n" + strings.Repeat("d", 33) + ",n\n", ""},
		{"another alphabet", "UserID,Nick\nд6,n\n", ""},
		{"none", "UserID,Nick\n,n\n", ""},
		{"only space", "UserID,Nick\n  ,n\n", ""},
		{"too many fields, which may have moved it", "Nick,UserID\na nick, with a comma,d6\n", ""},
		{"too many fields and bytes that are no UTF-8", "Nick,UserID\na \xffnick, with a comma,d6\n", ""},
		{"a quote in a wrong place", "UserID,Nick\nd6,a \"nick\"\n", ""},
		{"JSON: a list", `{"UserID":"good"}` + "\n" + `{"UserID":["d6"]}` + "\n", ""},
		{"JSON: space after", `{"UserID":"good"}` + "\n" + `{"UserID":"d6\n"}` + "\n", "d6"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "users")
			// Files that are mostly damaged are refused as a whole.
			table := c.table
			if strings.HasPrefix(table, "{") {
				path += ".jsonl"
			} else {
				path += ".csv"
				header, _, _ := strings.Cut(table, "\n")
				good := map[string]string{"UserID,Nick": "good,ü\n", "Nick,UserID": "ü,good\n"}[header]
				table += strings.Repeat(good, 9)
			}
			require.NoError(t, os.WriteFile(path, []byte(table), 0o600))
			r, err := reader.Open(t.Context(), []string{path}, reader.Config{})
			require.NoError(t, err)
			defer r.Close()
			var invalid []string
			for row := new(reader.Row); ; {
				err := r.Read(row)
				if errors.Is(err, io.EOF) {
					break
				}
				require.NoError(t, err)
				if row.Fault != nil {
					invalid = append(invalid, accountOf(row, len(r.Columns())))
				}
			}
			assert.Equal(t, []string{c.account}, invalid)
		})
	}
}
