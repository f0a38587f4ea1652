package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
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

func TestCodesListsTheTableIn80Columns(t *testing.T) {
	out, err := runCodes()
	require.NoError(t, err)
	words := strings.Join(strings.Fields(out), " ")
	for _, c := range im.Codes() {
		assert.Contains(t, out, fmt.Sprintf("\n%-6d%-11s", c.Code, c.Class))
		assert.Contains(t, words, c.Meaning)
		assert.Contains(t, words, strings.Join(strings.Fields(c.Remedy.Say(voice{})), " "))
	}
	for line := range strings.Lines(out) {
		assert.LessOrEqual(t, len(line), 81, line)
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
