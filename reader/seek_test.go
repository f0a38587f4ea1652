package reader_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"imimport/pkg/fault"
	"imimport/reader"
	"imimport/reader/readertest"
)

// files makes files of these contents, a.csv first.
func files(t *testing.T, contents ...string) []string {
	dir := t.TempDir()
	var paths []string
	for i, content := range contents {
		path := filepath.Join(dir, string(rune('a'+i))+".csv")
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		paths = append(paths, path)
	}
	return paths
}

func TestPositionsAreExact(t *testing.T) {
	contents := []string{"user_id,nick\nu1,\"A\nb\"\n\nu2,", "\uFEFFuser_id,nick\r\n", "user_id,nick\nu3,x\n\n\n"}
	r := open(t, reader.Config{Accept: []string{reader.KindLineBreak, reader.KindShortRow}}, files(t, contents...)...)
	require.Equal(t, reader.Position{}, r.Position())
	rows := rest(t, r)
	require.Equal(t, []string{"u1|A\nb|", "u2||", "u3|x|"}, accounts(rows))
	require.Equal(t, []int64{2, 5, 2}, []int64{rows[0].Line, rows[1].Line, rows[2].Line})
	for i, want := range []struct {
		file int
		upTo string
		line int64
		tail reader.Tail
	}{{0, "user_id,nick\nu1,\"A\nb\"\n", 3, reader.TailNone}, {0, contents[0], 4, reader.TailOpen}, {2, "user_id,nick\nu3,x\n", 2, reader.TailNone}} {
		p := rows[i].End
		require.Equal(t, []any{want.file, int64(len(want.upTo)), want.line, int64(i + 1), want.tail}, []any{p.File, p.Offset, p.Line, p.Row, p.Tail})
		require.Equal(t, int64(i+1), rows[i].Number)
		require.Equal(t, want.file, rows[i].File)
	}
	require.Equal(t, int64(len(contents[2])), r.Position().Offset)

	kept, err := json.Marshal(rows[2].End)
	require.NoError(t, err)
	var back reader.Position
	require.NoError(t, json.Unmarshal(kept, &back))
	require.Equal(t, rows[2].End, back)
}

func TestSeekNoticesWhatChanged(t *testing.T) {
	const a, b, c = "user_id,nick\nu1,Ann\nu2,Bob\n", "user_id,nick\nu3,Eve\nu4,Dan", "user_id,nick\nu5,Kim\nu6,Lee\n"
	at := func(row int, contents ...string) reader.Position {
		return rest(t, open(t, reader.Config{}, files(t, contents...)...))[row-1].End
	}
	for _, shape := range []struct {
		name  string
		row   int // of the files as they were
		now   []string
		says  string   // "" is no change
		trust string   // what is said of it without a look at the content
		rows  []string // what comes then
	}{
		{name: "nothing", row: 3, now: []string{a, b, c}, rows: []string{"u4|Dan|", "u5|Kim|", "u6|Lee|"}},
		{name: "at the end", row: 6, now: []string{a, b, c}, rows: []string{}},
		{name: "the last has grown", row: 6, now: []string{a, b, c + "u7,Max\n"}, rows: []string{"u7|Max|"}},
		{name: "behind the place", row: 1, now: []string{a[:len(a)-4] + "Rob\n", b, c}, rows: []string{"u2|Rob|", "u3|Eve|", "u4|Dan|", "u5|Kim|", "u6|Lee|"}},
		{name: "shorter", row: 5, now: []string{a, b, c[:15]}, says: "c.csv: changed since it was read: 20 bytes of it were read, and now it has 15", trust: "now it has 15"},
		{name: "other content", row: 5, now: []string{a, b, strings.ReplaceAll(c, "Kim", "Tim")}, says: "c.csv: changed since it was read: its first 20 bytes, up to line 2, are not what was read"},
		{name: "an earlier one has other content", row: 5, now: []string{strings.ReplaceAll(a, "Ann", "Ben"), b, c}, says: "a.csv: changed since it was read: it has the same length and other content"},
		{name: "an earlier one has grown", row: 5, now: []string{a + "x\n", b, c}, says: "a.csv: changed since it was read: it had 27 bytes and has grown to 29; only the last input may grow", trust: "has grown to 29"},
		{name: "an earlier one is shorter", row: 5, now: []string{a, b[:20], c}, says: "b.csv: changed since it was read: it had 26 bytes and now has 20", trust: "now has 20"},
		{name: "fewer files", row: 5, now: []string{a, b}, says: "there were at least 3 inputs, and now there are 2", trust: "now there are 2"},
	} {
		for _, trust := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, trust %v", shape.name, trust), func(t *testing.T) {
				r := open(t, reader.Config{}, files(t, shape.now...)...)
				err := r.Seek(at(shape.row, a, b, c), trust)
				says := shape.says
				if trust {
					says = shape.trust
				}
				if says == "" {
					require.NoError(t, err)
					if shape.says == "" {
						require.Equal(t, shape.rows, accounts(rest(t, r)))
					}
					return
				}
				var changed *fault.Error
				require.ErrorAs(t, err, &changed)
				require.Equal(t, fault.Changed, changed.Kind)
				require.Contains(t, err.Error(), says)
				require.ErrorIs(t, r.Read(new(reader.Row)), err, "it is final")
			})
		}
	}
}

func TestLastLineWithoutNewline(t *testing.T) {
	for file, was := range map[string]string{"u.csv": "user_id\nu1\nu2", "u.jsonl": `{"user_id":"u1"}` + "\n" + `{"user_id":"u2"}`} {
		end := rest(t, open(t, reader.Config{}, write(t, file, was)))[1].End
		next := strings.ReplaceAll(strings.TrimPrefix(was[strings.LastIndex(was, "\n"):], "\n"), "u2", "u3")
		for grown, want := range map[string]string{"": "", "\n": "", "\r\n": "", "\n\n" + next: "u3||", "\r\n" + next: "u3||", "x": "changed", "\rx": "changed", " \n" + next: "changed"} {
			for _, trust := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s grown by %q", file, grown), func(t *testing.T) {
					r := open(t, reader.Config{}, write(t, file, was+grown))
					err := r.Seek(end, trust)
					if want == "changed" {
						var changed *fault.Error
						require.ErrorAs(t, err, &changed)
						require.Equal(t, fault.Changed, changed.Kind)
						require.Contains(t, err.Error(), "which was its last, has become longer")
						return
					}
					require.NoError(t, err)
					require.Equal(t, want, strings.Join(accounts(rest(t, r)), " "))
					end := r.Position()
					require.NoError(t, r.Seek(end, false))
					require.Empty(t, rest(t, r))
				})
			}
		}
	}
}

func TestSeekToStandardInput(t *testing.T) {
	content := readertest.CSV(readertest.Header, readertest.Table("x"), ",", "\n")
	rows := rest(t, open(t, reader.Config{Stdin: strings.NewReader(content)}, "-"))
	on := open(t, reader.Config{Stdin: strings.NewReader(content)}, "-")
	require.NoError(t, on.Seek(rows[9].End, false))
	require.Equal(t, rows[10:], rest(t, on))
	on = open(t, reader.Config{Stdin: strings.NewReader(strings.Replace(content, "x 3", "y 3", 1))}, "-")
	var changed *fault.Error
	require.ErrorAs(t, on.Seek(rows[9].End, false), &changed)
	require.Equal(t, fault.Changed, changed.Kind)
	on = open(t, reader.Config{Stdin: strings.NewReader(content)}, "-")
	require.Len(t, rest(t, on), 300)
	require.ErrorContains(t, on.Seek(rows[9].End, false), "only once")
}

func TestSeekTwiceAndBack(t *testing.T) {
	r := open(t, reader.Config{}, files(t, "user_id\nu1\nu2\n", "user_id\nu3\n")...)
	rows := rest(t, r)
	for _, i := range []int{2, 0, 1} {
		require.NoError(t, r.Seek(rows[i].End, false))
		require.Equal(t, append([]reader.Row{}, rows[i+1:]...), append([]reader.Row{}, rest(t, r)...))
	}
	require.NoError(t, r.Seek(reader.Position{}, false))
	require.Equal(t, rows, rest(t, r))
}

func TestDamagedPosition(t *testing.T) {
	r := open(t, reader.Config{}, files(t, "user_id\nu1\n", "user_id\nu2\n")...)
	for _, p := range []reader.Position{{File: 1, Offset: 8}, {File: 1, Offset: 8, Before: "x"}, {File: -1}} {
		require.Error(t, r.Seek(p, true))
	}
}

func TestFileThatIsAnotherWhenItsTurnComes(t *testing.T) {
	inputs := files(t, "user_id,nick\nu1,Ann\n", "user_id,nick\nu2,Bob\n")
	r := open(t, reader.Config{}, inputs...)
	require.NoError(t, os.WriteFile(inputs[1], []byte("nick,user_id\nBob,u2\n"), 0o600))
	rows, err := readAll(r)
	require.Len(t, rows, 1)
	var changed *fault.Error
	require.ErrorAs(t, err, &changed)
	require.Equal(t, fault.Changed, changed.Kind)
}

func TestProgress(t *testing.T) {
	content := readertest.Header + ",text\n" + strings.Repeat("u1,Ann,https://img.example.com/1.png,"+strings.Repeat("x", 1000)+"\n", 18_000)
	path := write(t, "u.csv", content)
	var calls int
	var last int64
	cfg := reader.Config{Progress: func(done, total int64) {
		calls++
		require.Greater(t, done, last)
		require.LessOrEqual(t, done, total)
		require.EqualValues(t, len(content), total)
		last = done
	}}
	r := open(t, cfg, path)
	require.NoError(t, r.Scan())
	require.Equal(t, 2, calls)
	require.Len(t, rest(t, r), 18_000)
	end := r.Position()
	calls, last = 0, 0
	require.NoError(t, open(t, cfg, path).Seek(end, false))
	require.Equal(t, 2, calls)
}
