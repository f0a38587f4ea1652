package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/rivo/uniseg"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/pkg/im"
	"imimport/pkg/lang"
)

func runCodes(args ...string) (string, error) {
	cmd := newCodesCommand(&app{lookup: func(string) string { return "" }})
	out := &bytes.Buffer{}
	cmd.SetOut(out)
	cmd.SetErr(out)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetArgs(append([]string{}, args...)) // nil would be the arguments of the test binary
	err := cmd.Execute()
	return out.String(), err
}

func TestCodesListsTheTableWithinTheWidthOfATerminal(t *testing.T) {
	for _, l := range lang.All() {
		out, err := runCodes("--lang", string(l))
		require.NoError(t, err)
		for line := range strings.Lines(out) {
			assert.LessOrEqual(t, uniseg.StringWidth(strings.TrimSuffix(line, "\n")), 80, line)
		}
		text := strings.Join(strings.Fields(out), "")
		for _, c := range im.Codes() {
			c = c.In(l)
			said := fmt.Sprintf("%d%s%s%s", c.Code, c.Class, c.Meaning, c.Remedy.Say(voice{}))
			assert.Contains(t, text, strings.Join(strings.Fields(said), ""))
		}
	}
}

func TestTheWordsOfTheProgramHaveTheirChinese(t *testing.T) {
	assert.Empty(t, words.Missing([]string{wordCode, wordClass, wordMeaning, oneCode}))
}

// The locale's language counts where none is asked for: LC_ALL before LC_MESSAGES before LANG.
func TestTheLanguageIsThatOfTheLocale(t *testing.T) {
	for _, c := range []struct {
		env         map[string]string
		asked, want lang.Lang
	}{
		{nil, "", ""},
		{map[string]string{"LANG": "zh_CN.UTF-8"}, "", lang.Chinese},
		{map[string]string{"LANG": "zh_CN.UTF-8", "LC_MESSAGES": "en_US.UTF-8"}, "", ""},
		{map[string]string{"LANG": "en_US.UTF-8", "LC_ALL": "zh_CN.UTF-8"}, "", lang.Chinese},
		{map[string]string{"LANG": "zh_CN.UTF-8"}, lang.English, lang.English},
		{map[string]string{"LANG": "C"}, lang.Chinese, lang.Chinese},
	} {
		a := &app{lookup: func(name string) string { return c.env[name] }}
		assert.Equal(t, c.want, a.language(c.asked), c)
	}
	cmd := newCodesCommand(&app{lookup: func(string) string { return "zh_CN.UTF-8" }})
	var out bytes.Buffer
	cmd.SetOut(&out)
	cmd.SetArgs([]string{"70398"})
	require.NoError(t, cmd.Execute())
	assert.Contains(t, out.String(), "含义：应用账号数已达上限")
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
	assert.Equal(t, codeEntries(im.Codes(), ""), entries)

	out, err = runCodes("60026", "--json")
	require.NoError(t, err)
	var entry codeEntry
	require.NoError(t, json.Unmarshal([]byte(out), &entry))
	assert.Equal(t, codeEntries([]im.Code{lookupCode(60026)}, "")[0], entry)
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
		cmd := newCodesCommand(&app{lookup: func(string) string { return "" }})
		cmd.SetOut(brokenPipe{})
		cmd.SilenceErrors, cmd.SilenceUsage = true, true
		cmd.SetArgs(append([]string{}, args...)) // nil would be the arguments of the test binary
		assert.ErrorIs(t, cmd.Execute(), errBrokenPipe)
	}
}

var errBrokenPipe = errors.New("broken pipe")

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errBrokenPipe }
