package reader_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"imimport/reader"
)

// filesOr is how many files are made at random: IMIMPORT_FILES, or as many as go test has the time for.
func filesOr(few int) int {
	if n, err := strconv.Atoi(os.Getenv("IMIMPORT_FILES")); err == nil {
		return n
	}
	return few
}

// table is a file with texts of several lines, as profiles have them, and rows without quotes among them.
type table struct {
	random  *rand.Rand
	columns int
	ids     int // a kind of UserIDs
}

var prose = strings.Fields(`I like tea, coffee, and "good" books. Born 1987 in Springfield, IL 62704 Flat 3, 12 Main St, London SW1A
	1AA call me: Bob; or not, see you! red, green, blue; x=1, y=2 - hello world foo,bar a,b,c 10,20 me,too ok`)

func (t *table) id(i int) string {
	switch t.ids {
	case 0:
		return fmt.Sprint("u", 1000+i)
	case 1:
		return fmt.Sprint(100_000 + 7*i)
	case 2:
		return fmt.Sprintf("%08x-%04x", t.random.Uint32(), i)
	case 3:
		return strings.Repeat(string(rune('a'+i%26)), 2) + strconv.FormatInt(int64(i+1000), 26)
	}
	name := []string{"ann", "bob", "christa", "dave", "emma", "frederik"}[t.random.IntN(6)]
	return name + []string{"lee", "smith", "ono", "hill"}[t.random.IntN(4)] + string(rune('a'+i%26))
}

// text is one of several lines, quoted as it should be.
func (t *table) text() string {
	var b strings.Builder
	for range 2 + t.random.IntN(5) {
		for range 1 + t.random.IntN(8) {
			b.WriteString(prose[t.random.IntN(len(prose))] + " ")
		}
		b.WriteByte('\n')
	}
	return `"` + strings.ReplaceAll(b.String(), `"`, `""`) + `"`
}

// lines are the rows of the table; those that quoted tells have a text of several lines in their last column.
func (t *table) lines(n int, quoted func(i int) bool) (rows []string) {
	for i := range n {
		fields := []string{t.id(i)}
		for c := 1; c < t.columns; c++ {
			fields = append(fields, strings.Trim(prose[t.random.IntN(len(prose))], `",`))
			fields[c] = strings.NewReplacer(",", "", `"`, "").Replace(fields[c])
		}
		if t.columns > 2 {
			fields[2] = ""
		}
		if quoted(i) {
			fields[t.columns-1] = t.text()
		}
		rows = append(rows, strings.Join(fields, ","))
	}
	return rows
}

func (t *table) write(dir string, rows []string) string {
	header := []string{"user_id", "nick", "avatar", "city", "bio", "note"}[:t.columns]
	if t.columns > 2 {
		header[t.columns-1] = "text"
	}
	path := filepath.Join(dir, "u.csv")
	if err := os.WriteFile(path, []byte(strings.Join(header, ",")+"\n"+strings.Join(rows, "\n")+"\n"), 0o600); err != nil {
		panic(err)
	}
	return path
}

// Texts of several lines with commas and quotes in them are no rows: of files of three columns and more at most one in a
// thousand is refused. Each pair of stray quotes is found.
func TestSwallowedRowsAreFoundAndTextsAreNot(t *testing.T) {
	files := filesOr(60)
	dir := t.TempDir()
	refused := map[int]int{} // by columns
	for seed := range uint64(files) {
		tab := &table{random: rand.New(rand.NewPCG(seed, 1)), columns: 2 + int(seed%5), ids: int(seed/5) % 5}
		n := 5 + tab.random.IntN(100)
		path := tab.write(dir, tab.lines(n, func(int) bool { return tab.columns > 3 || tab.columns == 2 || tab.random.IntN(2) == 0 }))
		_, err := openAndScan(t, reader.Config{Accept: []string{reader.KindLineBreak}}, path)
		if err != nil {
			require.ErrorContains(t, err, reader.KindSwallowed)
			refused[min(tab.columns, 3)]++
		}

		plain := tab.random.IntN(n - 3)
		end := plain + 1 + tab.random.IntN(min(5, n-plain-1))
		rows := tab.lines(n, func(i int) bool { return (i < plain || i > end) && tab.columns > 3 && i%3 == 0 })
		first := strings.Split(rows[plain], ",")
		opens := 1 + tab.random.IntN(tab.columns-1)
		first[opens] = `"` + first[opens]
		last := strings.Split(rows[end], ",")
		last[tab.random.IntN(tab.columns)] += `"`
		rows[plain], rows[end] = strings.Join(first, ","), strings.Join(last, ",")
		path = tab.write(dir, rows)
		_, err = openAndScan(t, reader.Config{}, path)
		require.ErrorContains(t, err, reader.KindSwallowed, "seed %d, from row %d", seed, plain+1)
	}
	t.Logf("refused of %d files without stray quotes: %d of two columns, %d of more", files, refused[2], refused[3])
	require.LessOrEqual(t, refused[3], files/1000)
}
