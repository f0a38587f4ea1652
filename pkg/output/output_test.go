package output_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/pkg/fault"
	"imimport/pkg/output"
	"imimport/report"
)

func write(t *testing.T, path, content string) string {
	t.Helper()
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(content)
}

func link(t *testing.T, target, path string) string {
	t.Helper()
	require.NoError(t, os.Symlink(target, path))
	return path
}

// names are the files of a directory.
func names(t *testing.T, dir string) (list []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

func create(t *testing.T, path, content string) *output.File {
	t.Helper()
	f, err := output.Create(path)
	require.NoError(t, err)
	_, err = f.Write([]byte(content))
	require.NoError(t, err)
	return f
}

func TestAFileHasItsNameOnlyWhenItIsWhole(t *testing.T) {
	dir := t.TempDir()
	path := write(t, filepath.Join(dir, "x.csv"), "old")
	f := create(t, path, "new")
	assert.Equal(t, "old", read(t, path))
	assert.Len(t, names(t, dir), 2)
	f.Drop()
	assert.Equal(t, "old", read(t, path))
	assert.Equal(t, []string{"x.csv"}, names(t, dir))

	f = create(t, path, "new")
	require.NoError(t, f.Keep())
	f.Drop()
	assert.Equal(t, "new", read(t, path))
	assert.Equal(t, []string{"x.csv"}, names(t, dir))
}

func TestALinkIsFollowedAndStays(t *testing.T) {
	dir, there := t.TempDir(), t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(there, "deep"), 0o700))
	linked := link(t, filepath.Join(there, "deep"), filepath.Join(dir, "dir"))
	for name, target := range map[string]string{
		"absolute":        write(t, filepath.Join(there, "a"), "old"),
		"relative":        "b",
		"not there yet":   filepath.Join(there, "none"),
		"beside a link":   linked + "/../c",
		"through another": link(t, "d", filepath.Join(dir, "another")),
	} {
		path := link(t, target, filepath.Join(dir, "link to "+name))
		f := create(t, path, name)
		require.NoError(t, f.Keep(), name)
		assert.Equal(t, name, read(t, path))
		info, err := os.Lstat(path)
		require.NoError(t, err)
		assert.Equal(t, os.ModeSymlink, info.Mode().Type(), name)
	}
	assert.ElementsMatch(t, []string{"a", "c", "deep", "none"}, names(t, there), "a .. is of the directory behind the link")
	link(t, "two", filepath.Join(dir, "one"))
	link(t, "one", filepath.Join(dir, "two"))
	_, err := output.Create(filepath.Join(dir, "one"))
	assert.ErrorContains(t, err, "too many")
}

// The link stands for /dev/stdout where that leads to a file.
func TestAFileThatStandardOutputGoesToIsWrittenOn(t *testing.T) {
	dir := t.TempDir()
	stdout, err := os.Create(filepath.Join(dir, "out.txt"))
	require.NoError(t, err)
	defer func(was *os.File) { os.Stdout = was }(os.Stdout)
	os.Stdout = stdout
	path := link(t, stdout.Name(), filepath.Join(dir, "stdout"))
	f := create(t, path, "rows\n")
	require.NoError(t, f.Keep())
	f.Drop()
	_, err = stdout.WriteString("result\n")
	require.NoError(t, err)
	require.NoError(t, stdout.Close())
	assert.Equal(t, "rows\nresult\n", read(t, path))
	assert.Equal(t, []string{"out.txt", "stdout"}, names(t, dir))
}

func TestAnInputIsRefusedByEveryName(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	input := write(t, filepath.Join(dir, "users.csv"), "rows")
	hard := filepath.Join(dir, "hard")
	require.NoError(t, os.Link(input, hard))
	require.NoError(t, os.Mkdir("d", 0o700))
	for _, path := range []string{input, "users.csv", "d/../users.csv", hard, link(t, input, filepath.Join(dir, "soft"))} {
		err := output.RefuseInputs(path, []string{"https://a.example/x", input}, fault.Hintf("name another"))
		assert.Equal(t, fault.Usage, fault.KindOf(err), path)
		assert.Equal(t, "name another", fault.HintOf(err).String())
		assert.True(t, output.Same(path, input))
	}
	assert.NoError(t, output.RefuseInputs("other.csv", []string{input, os.DevNull, "none"}, fault.Hint{}))
	assert.NoError(t, output.RefuseInputs(os.DevNull, []string{os.DevNull}, fault.Hint{}), "nothing is lost there")

	stdin, err := os.Open(input)
	require.NoError(t, err)
	defer stdin.Close()
	defer func(was *os.File) { os.Stdin = was }(os.Stdin)
	os.Stdin = stdin
	assert.Error(t, output.RefuseInputs("users.csv", []string{"-"}, fault.Hint{}), "it is standard input")
}

func TestFilesThatAreNotThereYetAreKnownToBeOne(t *testing.T) {
	t.Chdir(t.TempDir())
	link(t, "x", "link")
	assert.True(t, output.Same("x", "./x"))
	assert.True(t, output.Same("link", "x"))
	assert.False(t, output.Same("x", "y"))
	write(t, "x", "")
	assert.False(t, output.Same("x", "y"))
	assert.False(t, output.Same(os.DevNull, os.DevNull))
}

func TestWhatMayNotBeReplaced(t *testing.T) {
	dir := t.TempDir()
	file := write(t, filepath.Join(dir, "x"), "")
	for _, path := range []string{dir, os.DevNull, link(t, os.DevNull, filepath.Join(dir, "null"))} {
		_, err := output.Replaceable(path)
		assert.Error(t, err, path)
	}
	target, err := output.Replaceable(link(t, file, filepath.Join(dir, "link")))
	require.NoError(t, err)
	want, err := filepath.EvalSymlinks(file)
	require.NoError(t, err)
	assert.Equal(t, want, target)
}

func TestATableHasItsNameOnlyWhenItIsWhole(t *testing.T) {
	path := write(t, filepath.Join(t.TempDir(), "x.csv"), "old")
	table, err := output.CreateTable(path, report.Layout{Columns: []string{"UserID"}})
	require.NoError(t, err)
	defer table.Drop()
	var want strings.Builder
	want.WriteString("UserID,_row,_code,_class,_reason,_attempts\n")
	for row := range int64(20_000) { // more than is held in memory
		require.NoError(t, table.Append(&report.Settled{Row: row + 1, Class: "row", Reason: "why", Fields: []string{"u"}}))
		fmt.Fprintf(&want, "u,%d,,row,why,0\n", row+1)
	}
	assert.Equal(t, "old", read(t, path))
	require.NoError(t, table.Keep())
	assert.True(t, read(t, path) == want.String())
}

func TestATableOnAFullDiskFails(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		return // only Linux has it
	}
	table, err := output.CreateTable("/dev/full", report.Layout{})
	require.NoError(t, err)
	defer table.Drop()
	require.NoError(t, table.Append(&report.Settled{Row: 1}))
	err = table.Keep()
	assert.Equal(t, fault.Disk, fault.KindOf(err))
	assert.ErrorContains(t, err, `write "/dev/full"`)
}
