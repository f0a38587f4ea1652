package check_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"imimport/pkg/check"
	"imimport/pkg/fault"
	"imimport/reader"
)

func write(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

func run(t *testing.T, cfg check.Config) *check.Result {
	t.Helper()
	if cfg.TempDir == "" {
		cfg.TempDir = t.TempDir()
	}
	res, err := check.Run(t.Context(), cfg)
	require.NoError(t, err)
	return res
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(content)
}

const mixed = `uid,nickname,avatar,note
u1,One,https://img.example.com/1.png,plain
u2,Two,,"a ""quoted""
note"
,nobody,,
u1,One again,,
u3,` + "\x01" + `,ftp://x,
u4,Four,,,surplus
@TLS#x,Reserved,,
u2,Two again,,
ü,Umlaut,,
`

func TestCountsEveryKindWithItsFirstLines(t *testing.T) {
	path := write(t, "users.csv", mixed)
	res := run(t, check.Config{Inputs: []string{path}, PerSecond: 2})
	assert.EqualValues(t, 9, res.Rows)
	assert.EqualValues(t, 6, res.Valid)
	assert.EqualValues(t, 3, res.Invalid)
	require.Len(t, res.Faults, 3)
	places := map[string]int64{}
	for _, k := range res.Faults {
		assert.EqualValues(t, 1, k.Rows)
		assert.Equal(t, path, k.First[0].File)
		places[k.Kind] = k.First[0].Line
	}
	assert.Equal(t, map[string]int64{"no_userid": 5, "fields": 8, "non-ascii-id": 11}, places)

	assert.EqualValues(t, 2, res.Warned)
	kinds := []string{res.Warnings[0].Kind, res.Warnings[1].Kind}
	assert.ElementsMatch(t, []string{"userid_reserved", "face_url"}, kinds)

	assert.Equal(t, check.Duplicates{Rule: "last", Rows: 2, UserIDs: 2, First: []check.Duplicate{
		{File: path, Line: 6, Row: 4, FirstFile: path, FirstLine: 2, FirstRow: 1},
		{File: path, Line: 10, Row: 8, FirstFile: path, FirstLine: 3, FirstRow: 2},
	}}, res.Duplicates)
	assert.InDelta(t, 3, res.EstimatedSeconds, 0.001)
	assert.Equal(t, "uid", res.Map["UserID"])
}

func TestStrictRefusesWhatIsWarnedOf(t *testing.T) {
	res := run(t, check.Config{Inputs: []string{write(t, "users.csv", mixed)}, Reader: reader.Config{Strict: true}})
	assert.EqualValues(t, 5, res.Invalid)
	assert.Zero(t, res.Warned)
}

func TestWritesValidAndInvalidRowsInTheInputsColumns(t *testing.T) {
	for _, reject := range []bool{false, true} {
		t.Run(fmt.Sprint("reject ", reject), func(t *testing.T) {
			dir := t.TempDir()
			valid, invalid := filepath.Join(dir, "valid.csv"), filepath.Join(dir, "invalid.csv")
			path := write(t, "users.csv", mixed)
			res := run(t, check.Config{Inputs: []string{path}, RejectDuplicates: reject, WriteValid: valid, WriteInvalid: invalid})

			records, err := csv.NewReader(strings.NewReader(read(t, valid))).ReadAll()
			require.NoError(t, err)
			assert.Equal(t, []string{"uid", "nickname", "avatar", "note"}, records[0])
			assert.Equal(t, []string{"u2", "Two", "", "a \"quoted\"\nnote"}, records[2])
			assert.Len(t, records, int(res.Valid)+1)

			refused := read(t, invalid)
			assert.Contains(t, refused, "uid,nickname,avatar,note,_row,_code,_class,_reason,_attempts\n")
			assert.Contains(t, refused, "u4,Four,,,6,,invalid,")
			if reject {
				assert.EqualValues(t, 5, res.Invalid)
				assert.Contains(t, refused, "u1,One again,,,4,,duplicate,the same UserID as row 1,0\n")
				assert.Len(t, res.Duplicates.First, 2)
			} else {
				assert.NotContains(t, refused, "duplicate")
			}

			again := run(t, check.Config{Inputs: []string{valid}, RejectDuplicates: reject})
			assert.Equal(t, res.Valid, again.Rows)
			assert.Zero(t, again.Invalid)
			again = run(t, check.Config{Inputs: []string{invalid}})
			assert.Equal(t, res.Invalid, again.Rows, "it is an input itself")
			entries, err := os.ReadDir(dir)
			require.NoError(t, err)
			assert.Len(t, entries, 2, "no temporary file is left")
		})
	}
}

func TestWritesJSONAsItWas(t *testing.T) {
	path := write(t, "users.jsonl", `{"UserID":"a","Nick":"A","x":[1,2]}`+"\n"+`{"UserID":""}`+"\n"+`no json`+"\n"+`{"UserID":7}`)
	dir := t.TempDir()
	valid, invalid := filepath.Join(dir, "valid.jsonl"), filepath.Join(dir, "invalid.jsonl")
	res := run(t, check.Config{Inputs: []string{path}, WriteValid: valid, WriteInvalid: invalid})
	assert.EqualValues(t, 2, res.Invalid)
	assert.Equal(t, `{"UserID":"a","Nick":"A","x":[1,2]}`+"\n"+`{"UserID":7}`+"\n", read(t, valid))
	var row map[string]any
	require.NoError(t, json.Unmarshal([]byte(strings.Split(read(t, invalid), "\n")[1]), &row))
	assert.Equal(t, "no json", row["_raw"])
	assert.Equal(t, "invalid", row["_class"])
}

func TestTrimmedUserIDsAreWrittenTrimmed(t *testing.T) {
	path := write(t, "users.csv", "Nick,UserID\nn, a \nm,b\n")
	valid := filepath.Join(t.TempDir(), "valid.csv")
	run(t, check.Config{Inputs: []string{path}, Reader: reader.Config{Trim: true}, WriteValid: valid})
	assert.Equal(t, "Nick,UserID\nn,a\nm,b\n", read(t, valid))
}

func TestAFailureLeavesTheOutputsAsTheyWere(t *testing.T) {
	content := `[{"UserID":"a"},` + strings.Repeat(`{"UserID":"a"},`, 200_000) + `{"UserID":`
	valid := write(t, "valid.jsonl", "precious")
	_, err := check.Run(t.Context(), check.Config{Inputs: []string{"-"}, Reader: reader.Config{Stdin: strings.NewReader(content)}, WriteValid: valid, TempDir: t.TempDir()})
	require.Equal(t, fault.Input, fault.KindOf(err))
	assert.Equal(t, "precious", read(t, valid))
	entries, err := os.ReadDir(filepath.Dir(valid))
	require.NoError(t, err)
	assert.Len(t, entries, 1)
}

func TestOutputsThatCannotBeAreRefused(t *testing.T) {
	path := write(t, "users.csv", "UserID\na\n")
	for name, cfg := range map[string]check.Config{
		"is an input":                           {Inputs: []string{path}, WriteValid: path},
		"would be written twice":                {Inputs: []string{path}, WriteValid: "x", WriteInvalid: "x"},
		"cannot be read twice":                  {Inputs: []string{"-"}, WriteValid: "x", RejectDuplicates: true},
		fmt.Sprintf("%q cannot be", os.DevNull): {Inputs: []string{os.DevNull}, WriteValid: "x", RejectDuplicates: true},
		"name says otherwise":                   {Inputs: []string{path}, WriteInvalid: "x.tsv"},
		"the rows are CSV":                      {Inputs: []string{path}, WriteValid: "x.JSONL"},
		"written uncompressed":                  {Inputs: []string{path}, WriteValid: "x.csv.gz"},
		"is a directory":                        {Inputs: []string{path}, WriteInvalid: t.TempDir()},
		"no such file or director":              {Inputs: []string{path}, WriteInvalid: filepath.Join(t.TempDir(), "missing", "x")},
	} {
		_, err := check.Run(t.Context(), cfg)
		require.Equal(t, fault.Usage, fault.KindOf(err), name)
		assert.ErrorContains(t, err, name)
	}
	assert.Equal(t, "UserID\na\n", read(t, path))
}

func TestAFullDiskIsNamed(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		return // only Linux has it
	}
	path := write(t, "users.csv", "UserID\na\n ,\n")
	for _, cfg := range []check.Config{{WriteValid: "/dev/full"}, {WriteInvalid: "/dev/full"}} {
		cfg.Inputs = []string{path}
		_, err := check.Run(t.Context(), cfg)
		require.Equal(t, fault.Disk, fault.KindOf(err))
		assert.ErrorContains(t, err, `write "/dev/full"`)
		assert.NotContains(t, err.Error(), "failed.csv")
	}
}

func TestADiskThatTakesNoPartitionsEndsTheCheck(t *testing.T) {
	var content strings.Builder
	content.WriteString("UserID\n")
	for i := range 50_000 {
		fmt.Fprintf(&content, "u%d\n", i)
	}
	_, err := check.Run(t.Context(), check.Config{Inputs: []string{write(t, "users.csv", content.String())}, Budget: 1,
		TempDir: filepath.Join(t.TempDir(), "missing")})
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestAnEndedContextEndsTheCheck(t *testing.T) {
	path := write(t, "users.csv", "UserID\n"+strings.Repeat("a\n", 5000))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := check.Run(ctx, check.Config{Inputs: []string{path}, TempDir: t.TempDir()})
	require.ErrorIs(t, err, context.Canceled)
}

// Rows of several lines among the others, in two files: places and duplicates are those of a map.
func TestDuplicatesAndTheirLinesAreThoseOfAMap(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		kinds := rapid.IntRange(1, 900).Draw(t, "kinds")
		type found struct {
			file string
			line int64
			row  int64
		}
		firsts, repeated := map[string]found{}, map[string]bool{}
		want := check.Duplicates{Rule: "last", First: []check.Duplicate{}}
		row := int64(0)
		var inputs []string
		for n := range 2 {
			path := filepath.Join(dir, fmt.Sprint(n, ".csv"))
			inputs = append(inputs, path)
			text, line := strings.Builder{}, int64(2)
			text.WriteString("UserID,Nick,note\n")
			for range rapid.IntRange(0, 500).Draw(t, "rows") {
				id := fmt.Sprint("u", random.IntN(kinds))
				row++
				if first, ok := firsts[id]; ok {
					want.Rows++
					repeated[id] = true
					if len(want.First) < 5 {
						want.First = append(want.First, check.Duplicate{File: path, Line: line, Row: row,
							FirstFile: first.file, FirstLine: first.line, FirstRow: first.row})
					}
				} else {
					firsts[id] = found{path, line, row}
				}
				if random.IntN(50) == 0 {
					text.WriteString(id + ",two,\"two\nlines\"\n\n")
					line += 3
				} else {
					text.WriteString(id + ",one,\n")
					line++
				}
			}
			require.NoError(t, os.WriteFile(path, []byte(text.String()), 0o600))
		}
		want.UserIDs = int64(len(repeated))
		res, err := check.Run(context.Background(), check.Config{Inputs: inputs, TempDir: dir, Budget: 1})
		require.NoError(t, err)
		require.Equal(t, row, res.Rows)
		require.Equal(t, want, res.Duplicates)
	})
}
