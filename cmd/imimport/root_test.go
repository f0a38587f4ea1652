package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/pkg/fault"
)

func rootOf(t *testing.T) *cobra.Command {
	t.Helper()
	a, _, _ := testApp(t, nil)
	a.checks = make(map[*cobra.Command]func([]string) error)
	return newRoot(a)
}

// TestPromisedFlags holds names, environment names and defaults to what users' scripts depend on.
func TestPromisedFlags(t *testing.T) {
	promised := map[string]string{
		"sandbox": "false", "region": "", "endpoint": "", "ca-file": "", "sdkappid": "", "identifier": "administrator", "secret-key-file": "", "usersig-file": "",
		"rate": "200; batch: 100", "workers": "as many as it takes", "batch": "1", "timeout": "10s", "max-attempts": "8",
		"retry-initial": "500ms", "retry-max": "30s", "on-quota": "stop", "max-errors": "none", "limit": "none", "max-duration": "none",
		"format": "by name, else by the first bytes", "delimiter": "a comma; a tab for .tsv", "encoding": "UTF-8, or what a byte order mark says",
		"no-header": "false", "map": "", "duplicates": "last", "strict": "false",
		"progress": "auto", "log-level": "info", "log-format": "text", "json": "false", "metrics-addr": "", "metrics-file": "",
		"job": "the first file's base name with .import",
	}
	root := rootOf(t)
	for _, name := range []string{"run", "resume", "retry"} {
		cmd, _, err := root.Find([]string{name})
		require.NoError(t, err)
		for flag, def := range promised {
			f := cmd.Flags().Lookup(flag)
			if flag == "job" && name != "run" {
				continue
			}
			if assert.NotNil(t, f, "%s --%s", name, flag) {
				assert.Equal(t, def, f.DefValue, "%s --%s", name, flag)
			}
		}
		assert.NotNil(t, cmd.Flag("config"), name)
	}
	assert.Equal(t, "IMIMPORT_MAX_ERRORS", variable("max-errors"))
}

func TestNoFlagTakesASecretsValue(t *testing.T) {
	for _, name := range flagNames(rootOf(t)) {
		if name != "key" { // sandbox: the file of a certificate's key
			assert.False(t, secretName(name), name)
		}
	}
}

func TestEveryCommandHasHelpInAGroupAndAnExample(t *testing.T) {
	for _, cmd := range rootOf(t).Commands() {
		if cmd.Name() == "help" {
			continue
		}
		assert.NotEmpty(t, cmd.Short, cmd.Name())
		assert.NotEmpty(t, cmd.Example, cmd.Name())
		assert.True(t, cmd.Hidden || cmd.GroupID != "", cmd.Name())
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			assert.NotEmpty(t, f.Usage, "%s --%s", cmd.Name(), f.Name)
		})
	}
}

func TestHelpFitsTheTerminal(t *testing.T) {
	for _, cmd := range rootOf(t).Commands() {
		a, stdout, _ := testApp(t, map[string]string{"COLUMNS": "80"}, cmd.Name(), "--help")
		require.Zero(t, a.run(context.Background()))
		_, flags, found := strings.Cut(stdout.String(), "\nSettings:\n")
		require.True(t, found, cmd.Name())
		for _, line := range strings.Split(flags, "\n") {
			assert.LessOrEqual(t, len(line), 80, line)
		}
	}
}

func TestManPageEscapesWhatRoffWouldTake(t *testing.T) {
	cmd := &cobra.Command{Use: "imimport", Short: "Do it", Long: ".TH is no macro here\n'nor this \\n", Example: "  a --flag"}
	text := string(manPage(cmd))
	assert.Contains(t, text, "\n\\&.TH is no macro here\n\\(aqnor this \\en\n")
	assert.Contains(t, text, "\n.nf\n  a \\-\\-flag\n.fi\n")
	assert.Contains(t, text, "\nimimport \\- do it\n")
}

func TestVersionIsWhatWasSetElseWhatGoNoted(t *testing.T) {
	info := &debug.BuildInfo{Main: debug.Module{Version: "(devel)"}, Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: "abc"}, {Key: "vcs.modified", Value: "true"}}}
	b := buildOf(info, "", "")
	assert.Equal(t, "development", b.Version)
	assert.Equal(t, "abc (modified)", b.Commit)
	b = buildOf(info, "v1.2.3", "def")
	assert.Equal(t, "v1.2.3", b.Version)
	assert.Equal(t, "def", b.Commit)
	b = buildOf(&debug.BuildInfo{Main: debug.Module{Version: "v1.0.0"}}, "", "")
	assert.Equal(t, "v1.0.0", b.Version)
	assert.Equal(t, "unknown", b.Commit)
}

func TestErrorsBecomeLinesAndAnExitCode(t *testing.T) {
	missing := &fs.PathError{Op: "open", Path: "x\x1b", Err: fs.ErrNotExist}
	for name, c := range map[string]struct {
		err  error
		code int
		text string
	}{
		"of a job":             {&fault.Error{Kind: fault.Disk, Err: missing, Hint: fault.Text("look")}, 6, "imimport: error: open x\uFFFD: file does not exist\nimimport: hint: look\n"},
		"of usage":             {usage("do that", "no %s", "file"), 2, "imimport: error: no file\nimimport: hint: do that\n"},
		"any other":            {missing, 2, "imimport: error: open x\uFFFD: file does not exist\n"},
		"several, each a line": {errors.Join(errors.New("one"), &fault.Error{Kind: fault.Disk, Err: errors.Join(errors.New("two"), errors.New("three")), Hint: fault.Text("h")}, usage("h", "four")), 6, "imimport: error: one\nimimport: error: two\nimimport: error: three\nimimport: error: four\nimimport: hint: h\n"},
		"a sentence of two":    {fmt.Errorf("%w, and %w", errors.New("one"), errors.New("two")), 2, "imimport: error: one, and two\n"},
		"said already":         {exit(4), 4, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var b strings.Builder
			(&app{stderr: &b}).printError(c.err)
			assert.Equal(t, c.text, b.String())
			if name != "several, each a line" {
				assert.Equal(t, c.code, exitCode(c.err))
			}
		})
	}
}
