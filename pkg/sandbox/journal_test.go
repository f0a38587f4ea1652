package sandbox_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/pkg/sandbox"
)

func TestDataFileSurvivesARestart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "data")
	s := newSandbox(t, sandbox.Config{DataFile: file})
	for i := range 5 {
		require.Zero(t, post(t, s, importTarget(t), fmt.Sprintf(`{"UserID":"u%d","Nick":"N\n%d"}`, i, i)).ErrorCode)
	}
	require.Zero(t, post(t, s, profileTarget(t, "portrait_set"), `{"From_Account":"u1","ProfileItem":[{"Tag":"Tag_Profile_IM_Level","Value":7},{"Tag":"Tag_Profile_IM_Location","Value":"Rome"}]}`).ErrorCode)
	require.Zero(t, post(t, s, accountTarget(t, "account_delete"), `{"DeleteItem":[{"UserID":"u4"}]}`).ErrorCode)
	_, err := sandbox.New(sandbox.Config{DataFile: file})
	require.ErrorContains(t, err, "another sandbox uses it")
	before := accountsWithoutCalls(s)
	require.NoError(t, s.Close())

	again := newSandbox(t, sandbox.Config{DataFile: file})
	assert.Equal(t, before, accountsWithoutCalls(again))
	assert.Len(t, before, 4)
	rec := newRecorder(again, "POST", profileTarget(t, "portrait_get"), `{"To_Account":["u1"],"TagList":["Tag_Profile_IM_Level","Tag_Profile_IM_Location"]}`)
	assert.Contains(t, rec.Body.String(), `[{"Tag":"Tag_Profile_IM_Level","Value":7},{"Tag":"Tag_Profile_IM_Location","Value":"Rome"}]`)
	assert.Equal(t, 70399, post(t, again, importTarget(t), `{"UserID":"u4"}`).ErrorCode, "deleted accounts stay barred")
	require.NoError(t, again.Reset())
	require.NoError(t, again.Close())
	assert.Empty(t, newSandbox(t, sandbox.Config{DataFile: file}).Accounts())

	info, err := os.Stat(file)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.NotContains(t, string(text), key)
}

func accountsWithoutCalls(s *sandbox.Sandbox) []sandbox.Account {
	list := s.Accounts()
	for i := range list {
		list[i].Calls = 0
	}
	return list
}

func TestPlantedLinksInPlaceOfTheDataFileAreRefused(t *testing.T) {
	dir := t.TempDir()
	victim := filepath.Join(dir, "victim")
	require.NoError(t, os.WriteFile(victim, nil, 0o600))
	for name, at := range map[string]string{"data": "a", "lock": "b.lock"} {
		require.NoError(t, os.Symlink(victim, filepath.Join(dir, at)))
		_, err := sandbox.New(sandbox.Config{DataFile: filepath.Join(dir, at[:1])})
		require.Error(t, err, name)
	}
	info, err := os.Stat(victim)
	require.NoError(t, err)
	assert.Zero(t, info.Size())
	assert.NoFileExists(t, filepath.Join(dir, "b"))
}

// A process that was killed leaves at most one line that breaks off; what was answered is there. Cut anywhere,
// the file opens with the accounts whose lines are whole.
func TestDataFileCutAnywhereOpens(t *testing.T) {
	file := filepath.Join(t.TempDir(), "data")
	s := newSandbox(t, sandbox.Config{DataFile: file})
	for i := range 3 {
		require.Zero(t, post(t, s, importTarget(t), fmt.Sprintf(`{"UserID":"u%d"}`, i)).ErrorCode)
	}
	require.NoError(t, s.Close())
	whole, err := os.ReadFile(file)
	require.NoError(t, err)
	for n := range len(whole) {
		require.NoError(t, os.WriteFile(file, whole[:n], 0o600))
		s := newSandbox(t, sandbox.Config{DataFile: file})
		lines := max(strings.Count(string(whole[:n]), "\n")-1, 0)
		require.Len(t, s.Accounts(), lines, "%d bytes", n)
		require.Zero(t, post(t, s, importTarget(t), `{"UserID":"next"}`).ErrorCode)
		require.NoError(t, s.Close())
		s = newSandbox(t, sandbox.Config{DataFile: file})
		require.Len(t, s.Accounts(), lines+1, "%d bytes", n)
		require.NoError(t, s.Close())
	}
}

func TestDataFileThatIsNotOneIsRefused(t *testing.T) {
	const header = `{"imimport_sandbox":1,"sdkappid":1400000000}` + "\n"
	for text, part := range map[string]string{
		"UserID,Nick\n":    "not a sandbox's data file",
		"0123456789abcdef": "not a sandbox's data file", // a key file without a newline
		"\x00":             "not a sandbox's data file",
		`{"imimport_sandbox":2,"sdkappid":1400000000}` + "\n": "version 2",
		`{"imimport_sandbox":1,"sdkappid":1}` + "\n":          "SDKAppID 1",
		header + "x\n" + `{"id":"u1"}` + "\n":                 "line 2: damaged",
		header + `{"id":""}` + "\n":                           "line 2: damaged",
	} {
		file := filepath.Join(t.TempDir(), "data")
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		_, err := sandbox.New(sandbox.Config{DataFile: file})
		assert.ErrorContains(t, err, part)
		after, err := os.ReadFile(file)
		require.NoError(t, err)
		assert.Equal(t, text, string(after), "left as it was")
	}
}

// A disk that is full after any number of bytes: the call is answered with 70500, and once there is room again all
// is as if it had been asked then.
func TestDataFileThatCannotBeWritten(t *testing.T) {
	for n := range 60 {
		file := filepath.Join(t.TempDir(), "data")
		cfg := sandbox.Config{DataFile: file, Rules: sandbox.Rules{KeepOnRepeat: true}}
		s := newSandbox(t, cfg)
		call := importTarget(t)
		require.Equal(t, "0", outcome(s, call, "u1"))
		mend := s.BreakWrites(n, errors.New("no space left"))
		require.Equal(t, "70500", outcome(s, call, "u2"))
		require.Equal(t, "70500", outcome(s, call, "u2"))
		require.Equal(t, "70500", outcome(s, call, "u3"))
		mend()
		require.Equal(t, "0", outcome(s, call, "u2"))
		require.Equal(t, "0", outcome(s, call, "u4"))
		require.NoError(t, s.Close())

		var ids []string
		for _, a := range newSandbox(t, cfg).Accounts() {
			ids = append(ids, a.UserID)
		}
		require.Equal(t, []string{"u1", "u2", "u4"}, ids, "%d bytes", n)
	}
}

// A file with many changes of few accounts is made short when it is opened.
func TestDataFileIsRewrittenWhenMostOfItIsOld(t *testing.T) {
	file := filepath.Join(t.TempDir(), "data")
	cfg := sandbox.Config{DataFile: file, Rules: sandbox.Rules{Limits: unlimited}}
	s := newSandbox(t, cfg)
	call := importTarget(t)
	for i := range 1100 {
		require.Zero(t, post(t, s, call, fmt.Sprintf(`{"UserID":"u%d","Nick":"N%d"}`, i%2, i)).ErrorCode)
	}
	require.NoError(t, s.Close())
	s = newSandbox(t, cfg)
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, 3, strings.Count(string(text), "\n"))
	a, _ := s.Account("u1")
	assert.Equal(t, "N1099", a.Nick)
	left, err := filepath.Glob(file + ".*")
	require.NoError(t, err)
	assert.Equal(t, []string{file + ".lock"}, left)
}

// The process is killed between calls: every account that was answered for is there afterwards.
func TestDataFileSurvivesKill(t *testing.T) {
	if file := os.Getenv("SANDBOX_TEST_DATA"); file != "" {
		serveUntilKilled(file)
		return
	}
	file := filepath.Join(t.TempDir(), "data")
	child := exec.Command(os.Args[0], "-test.run=^TestDataFileSurvivesKill$")
	child.Env = append(os.Environ(), "SANDBOX_TEST_DATA="+file)
	out, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	var where struct{ URL, CA string }
	require.NoError(t, json.NewDecoder(out).Decode(&where))
	client := newClient(t, []byte(where.CA))
	for i := range 50 {
		require.Equal(t, "0", try(client, where.URL+importTarget(t), fmt.Sprintf(`{"UserID":"u%d"}`, i)))
	}
	require.NoError(t, child.Process.Kill())
	_ = child.Wait() // "signal: killed"

	assert.Len(t, newSandbox(t, sandbox.Config{DataFile: file}).Accounts(), 50)
}

func serveUntilKilled(file string) {
	r, err := sandbox.Start(sandbox.Config{SecretKey: key, DataFile: file})
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(map[string]string{"URL": r.URL(), "CA": string(r.CAPEM())})
	}
	if err == nil {
		err = r.Wait()
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
