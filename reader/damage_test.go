package reader_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/simplifiedchinese"

	"imimport/reader"
)

// damages change the lines of a good file in one way each; line 0 is the header. known says that what it makes is not told
// from good rows: the row has as many fields, and each may be what it is.
var damages = []struct {
	name  string
	known bool
	do    func(random *rand.Rand, lines []string) []string
}{
	{"a quote", false, func(r *rand.Rand, lines []string) []string { return insert(r, lines, `"`) }},
	{"a line that is cut before its last field", false, func(r *rand.Rand, lines []string) []string {
		i := anyRow(r, lines)
		lines[i] = lines[i][:r.IntN(strings.LastIndexByte(lines[i], ','))+1]
		lines[i] = strings.TrimRight(lines[i], ",")
		return lines
	}},
	{"a line that is cut in its last field", true, func(r *rand.Rand, lines []string) []string {
		i := anyRow(r, lines)
		lines[i] = lines[i][:len(lines[i])-1-r.IntN(3)]
		return lines
	}},
	{"joined lines", false, func(r *rand.Rand, lines []string) []string {
		i := anyRow(r, lines[:len(lines)-1])
		lines[i] += lines[i+1]
		return slices.Delete(lines, i+1, i+2)
	}},
	{"a footer", false, func(r *rand.Rand, lines []string) []string {
		return append(lines, []string{fmt.Sprintf("(%d rows)", len(lines)-1), "Total: 2", "-- end --"}[r.IntN(3)])
	}},
	{"a doubled header", false, func(r *rand.Rand, lines []string) []string { return slices.Insert(lines, anyRow(r, lines), lines[0]) }},
	{"another encoding", false, func(r *rand.Rand, lines []string) []string {
		for range 1 + r.IntN(3) {
			i := anyRow(r, lines)
			if text, err := simplifiedchinese.GBK.NewEncoder().String(lines[i]); err == nil {
				lines[i] = text
			}
		}
		return lines
	}},
	{"swapped columns of a part", true, func(r *rand.Rand, lines []string) []string {
		for i := anyRow(r, lines); i < len(lines); i++ {
			f := strings.Split(lines[i], ",")
			f[0], f[1] = f[1], f[0]
			lines[i] = strings.Join(f, ",")
		}
		return lines
	}},
	{"a BOM in the middle", false, func(r *rand.Rand, lines []string) []string {
		i := anyRow(r, lines)
		lines[i] = "\uFEFF" + lines[i]
		return lines
	}},
	{"NULs", false, func(r *rand.Rand, lines []string) []string { return insert(r, lines, "\x00") }},
	{"a line break", false, func(r *rand.Rand, lines []string) []string {
		i := anyRow(r, lines)
		at := strings.IndexByte(lines[i], ',') + 1
		rest := insert(r, []string{"", lines[i][at:]}, "\n")
		lines[i] = lines[i][:at] + rest[1]
		return lines
	}},
	{"a line break in a UserID", true, func(r *rand.Rand, lines []string) []string {
		i := anyRow(r, lines)
		at := 1 + r.IntN(strings.IndexByte(lines[i], ',')-1)
		lines[i] = lines[i][:at] + "\n" + lines[i][at:]
		return lines
	}},
	{"a lost comma", false, func(r *rand.Rand, lines []string) []string {
		i := anyRow(r, lines)
		lines[i] = strings.Replace(lines[i], ",", "", 1)
		return lines
	}},
}

func anyRow(r *rand.Rand, lines []string) int { return 1 + r.IntN(len(lines)-1) }

func insert(r *rand.Rand, lines []string, what string) []string {
	i := anyRow(r, lines)
	at := r.IntN(len(lines[i]))
	for at > 0 && lines[i][at]&0xC0 == 0x80 { // not within a character
		at--
	}
	lines[i] = lines[i][:at] + what + lines[i][at:]
	return lines
}

// What damage makes of a file is refused, or its rows fail: there is no account that was not in the good file.
func TestDamageMakesNoAccounts(t *testing.T) {
	files := filesOr(10 * len(damages))
	path := write(t, "u.csv", "")
	made := map[string]int{}
	for seed := range uint64(files) {
		random := rand.New(rand.NewPCG(seed, 2))
		damage := damages[seed%uint64(len(damages))]
		lines := []string{"user_id,nick,avatar,city"}
		good := map[string]bool{}
		for i := range 3 + random.IntN(300) {
			nick := []string{"Ann", "张伟", "Bob Lee", "李娜"}[random.IntN(4)]
			id, face := fmt.Sprint("u", 1000+i), fmt.Sprintf("https://img.example.com/%d.png", i)
			lines = append(lines, strings.Join([]string{id, nick, face, "x" + fmt.Sprint(100+i)}, ","))
			good[strings.Join([]string{id, nick, face}, "|")] = true
		}
		lines = damage.do(random, lines)
		require.NoError(t, os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600))
		for _, account := range acceptedOf(t, path) {
			if !good[account] {
				made[damage.name]++
				require.True(t, damage.known, "seed %d, %s: account %q", seed, damage.name, account)
				break
			}
		}
	}
	for _, d := range damages {
		if made[d.name] > 0 {
			t.Logf("%s: %d of %d files have other accounts", d.name, made[d.name], files/len(damages))
		}
	}
}

// acceptedOf are the accounts that an import of a file would make.
func acceptedOf(t *testing.T, path string) (list []string) {
	r, err := reader.Open(t.Context(), []string{path}, reader.Config{})
	if err != nil {
		return nil
	}
	defer r.Close()
	if r.Scan() != nil {
		return nil
	}
	rows, err := readAll(r)
	require.False(t, err != nil && errors.Is(err, os.ErrInvalid))
	for _, account := range accounts(rows) {
		if account[0] != '!' {
			list = append(list, account)
		}
	}
	return list
}
