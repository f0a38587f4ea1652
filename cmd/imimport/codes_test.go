package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/pkg/im"
)

func runCodes(args ...string) (string, error) {
	cmd := newCodesCommand()
	out := &bytes.Buffer{}
	cmd.SetOut(out)
	cmd.SetErr(out)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetArgs(append([]string{}, args...)) // nil would be the arguments of the test binary
	err := cmd.Execute()
	return out.String(), err
}

func TestCodesListsTheTableInColumns(t *testing.T) {
	out, err := runCodes()
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	codes := im.Codes()
	require.Len(t, lines, 1+len(codes))
	class, meaning, remedy := strings.Index(lines[0], "CLASS"), strings.Index(lines[0], "MEANING"), strings.Index(lines[0], "REMEDY")
	for i, c := range codes {
		line := lines[1+i]
		assert.True(t, strings.HasPrefix(line[class:], c.Class.String()+" "), line)
		assert.True(t, strings.HasPrefix(line[meaning:], c.Meaning+" "), line)
		assert.Equal(t, c.Remedy.Say(voice{}), line[remedy:])
	}
}

func TestCodesTellsOfOneCode(t *testing.T) {
	out, err := runCodes("70398")
	require.NoError(t, err)
	assert.Contains(t, out, "70398  quota\nmeaning: the app is at its account limit")

	out, err = runCodes("99999")
	require.NoError(t, err)
	assert.Contains(t, out, "99999  row\nmeaning: a code that no public document names\n")

	out, err = runCodes("502")
	require.NoError(t, err)
	assert.Contains(t, out, "502  transient\nmeaning: HTTP status 502 instead of an answer\n")
}

func TestCodesAsJSON(t *testing.T) {
	out, err := runCodes("--json")
	require.NoError(t, err)
	var entries []codeEntry
	require.NoError(t, json.Unmarshal([]byte(out), &entries))
	assert.Equal(t, codeEntries(im.Codes()), entries)

	out, err = runCodes("60026", "--json")
	require.NoError(t, err)
	var entry codeEntry
	require.NoError(t, json.Unmarshal([]byte(out), &entry))
	assert.Equal(t, lookupCode(60026), entry)
}

func TestCodesRefusesWhatIsNoCode(t *testing.T) {
	_, err := runCodes("quota")
	assert.ErrorContains(t, err, `code "quota": must be a number`)
	assert.Equal(t, exitUsage, exitCode(err))
	_, err = runCodes("1", "2")
	assert.Error(t, err)
}

func TestCodesTellsThatItCouldNotPrint(t *testing.T) {
	for _, args := range [][]string{{}, {"0"}, {"--json"}} {
		cmd := newCodesCommand()
		cmd.SetOut(brokenPipe{})
		cmd.SilenceErrors, cmd.SilenceUsage = true, true
		cmd.SetArgs(append([]string{}, args...)) // nil would be the arguments of the test binary
		assert.ErrorIs(t, cmd.Execute(), errBrokenPipe)
	}
}

var errBrokenPipe = errors.New("broken pipe")

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errBrokenPipe }
