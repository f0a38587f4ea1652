package main

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/pkg/job"
)

// resolved parses a command line of a command with the flags of run, and returns its settings.
func resolved(t *testing.T, env map[string]string, args ...string) (*settings, error) {
	t.Helper()
	a, _, _ := testApp(t, env)
	a.checks = make(map[*cobra.Command]func([]string) error)
	root := newRoot(a)
	s := new(settings)
	cmd := &cobra.Command{Use: "try", RunE: func(*cobra.Command, []string) error { return nil }}
	s.addTargetFlags(cmd.Flags(), job.ForResume)
	s.addWorkFlags(cmd.Flags(), job.ForResume)
	layerFlags(cmd)
	root.AddCommand(cmd)
	root.SetArgs(append([]string{"try"}, args...))
	return s, root.ExecuteContext(context.Background())
}

func writeConfig(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "imimport.yaml")
	require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
	return name
}

func TestFlagGoesBeforeEnvironmentBeforeConfigForEveryFlag(t *testing.T) {
	samples := map[string][3]string{ // config, environment, flag
		"sandbox": {"true", "no", "1"}, "region": {"china", "seoul", "tokyo"}, "endpoint": {"https://a.example", "https://b.example", "https://c.example"},
		"ca-file": {"/a", "/b", "/c"}, "sdkappid": {"1", "2", "3"}, "identifier": {"a", "b", "c"},
		"secret-key-file": {"a", "b", "c"}, "usersig-file": {"a", "b", "c"},
		"rate": {"10", "none", "30"}, "workers": {"1", "2", "3"}, "batch": {"1", "2", "3"},
		"timeout": {"1s", "2s", "3s"}, "max-attempts": {"1", "2", "3"}, "max-outage": {"1m", "none", "3m"}, "retry-initial": {"1s", "2s", "3s"}, "retry-max": {"1m", "2m", "3m"},
		"on-quota": {"stop", "continue", "stop"}, "max-errors": {"1", "2%", "none"}, "limit": {"1", "2", "none"}, "max-duration": {"1h", "2h", "none"},
		"format": {"csv", "jsonl", "csv"}, "sheet": {"a", "b", "c"}, "delimiter": {";", "tab", "|"}, "encoding": {"gbk", "big5", "utf-8"}, "no-header": {"true", "no", "1"},
		"map": {"UserID=a", "UserID=b", "UserID=c"}, "value": {"Gender:1=F", "Gender:1=M", "Gender:2=M"}, "duplicates": {"last", "reject", "last"}, "strict": {"true", "no", "1"}, "trim": {"true", "no", "1"},
		"quote": {"none", "none", "none"}, "escape": {"none", "backslash", "none"}, "skip-lines": {"1", "2", "3"}, "records": {"a", "b", "c"}, "uuid": {"keep", "compact", "keep"},
		"trust-input": {"true", "no", "1"}, "lang": {"zh", "en", "zh"}, "progress": {"bar", "plain", "none"}, "log-level": {"debug", "warn", "error"}, "log-format": {"text", "json", "text"},
		"json": {"true", "no", "1"}, "quiet": {"true", "no", "1"}, "tolerate": {"1", "2%", "3"}, "dry-run": {"true", "no", "1"}, "metrics-addr": {"a", "b", "c"}, "metrics-file": {"a", "b", "c"},
	}
	s, err := resolved(t, nil)
	require.NoError(t, err)
	s.flags.VisitAll(func(f *pflag.Flag) {
		if f.Name == "help" || f.Name == configFlag || f.Name == "null" || f.Name == "accept" { // the last two as --map is, a list
			return
		}
		values, ok := samples[f.Name]
		if !assert.True(t, ok, "no sample for --%s", f.Name) {
			return
		}
		config := writeConfig(t, f.Name+": \""+values[0]+"\"\n")
		env := map[string]string{"IMIMPORT_CONFIG": config}
		check := func(layer layer, want string, args ...string) {
			t.Helper()
			s, err := resolved(t, env, args...)
			require.NoError(t, err, f.Name)
			l := layerOf(s.flags.Lookup(f.Name))
			assert.Equal(t, layer, l.from.layer, f.Name)
			assert.Equal(t, want, l.Value.String(), f.Name)
		}
		check(byConfig, values[0])
		env[variable(f.Name)] = values[1]
		check(byEnvironment, values[1])
		check(byFlag, values[2], "--"+f.Name+"="+values[2])
	})
}

func TestEveryFaultIsToldAtOnceWithItsPlace(t *testing.T) {
	config := writeConfig(t, "batch: 0\n\nworkers: many\nrate: 2x\n")
	_, err := resolved(t, map[string]string{"IMIMPORT_STRICT": "perhaps"},
		"--config", config, "--timeout", "10", "--delimiter", "ab", "--region", "sigapore", "--map", "Name=x", "--endpoint", "http://im.example.com")
	var faults, hints []string
	collect(err, voice{}, &faults, &hints)
	assert.ElementsMatch(t, []string{
		`--region "sigapore": no such region; did you mean singapore?`,
		`--endpoint "http://im.example.com": must be https (http is for a loopback address only)`,
		config + `:4: rate "2x": must be a number of requests a second above 0, or none`,
		config + `:1: batch "0": must be a whole number from 1 to 100`,
		config + `:3: workers "many": must be a whole number from 1 to 10000`,
		`--timeout "10": must be a duration above 0, such as 500ms, 10s or 1h30m`,
		`--delimiter "ab": must be one character, such as , ; or |, or tab`,
		`--map "Name=x": must be FIELD=COLUMN, where FIELD is UserID, Nick, FaceUrl, Gender, BirthDay, Location, SelfSignature, AllowType, Language, Level, Role, Custom.NAME`,
		`IMIMPORT_STRICT "perhaps": must be true or false`,
	}, faults)
	assert.Equal(t, 2, exitCode(err))
}

func TestConfigRefusesWhatIsNoSetting(t *testing.T) {
	flags := []string{"rate", "max-errors", "secret-key-file", "map", "job"}
	for name, c := range map[string]struct{ text, want string }{
		"a misspelt key":         {"# mine\nmax_errors: 1%\n", `c.yaml:2: unknown key "max_errors": did you mean "max-errors"?`},
		"a key of nowhere":       {"colour: blue\n", `c.yaml:1: unknown key "colour": keys are the names of flags`},
		"a secret":               {"secret-key: hunter2\n", `c.yaml:1: unknown key "secret-key": a secret has no place in a config file; name its file with "secret-key-file" or "usersig-file"`},
		"the same key twice":     {"rate: 1\nrate: 2\n", `c.yaml:2: "rate" stands there twice`},
		"a value that is a tree": {"rate:\n  a: {b: c}\n", `c.yaml:1: rate: must be a value or a list of values`},
		"a list at the top":      {"- rate\n", `c.yaml:1: must hold lines such as "rate: 100"`},
		"no YAML":                {"rate: 1\n\t- x", `c.yaml:2: is no YAML: found a tab character that violates indentation`},
		"two faults":             {"raet: 1\njbo: x\n", "c.yaml:1: unknown key \"raet\": did you mean \"rate\"?\nc.yaml:2: unknown key \"jbo\": did you mean \"job\"?"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parseConfig("c.yaml", []byte(c.text), flags)
			require.EqualError(t, err, c.want)
		})
	}
}

func TestConfigValues(t *testing.T) {
	c, err := parseConfig("c.yaml", []byte("rate: 50\njob:\nmax-errors: 1%\nmap:\n  UserID: uid\n  Nick: Full name\n"), []string{"rate", "job", "max-errors", "map"})
	require.NoError(t, err)
	assert.Equal(t, map[string]entry{"rate": {1, []string{"50"}}, "job": {2, nil}, "max-errors": {3, []string{"1%"}}, "map": {4, []string{"UserID=uid", "Nick=Full name"}}}, c.entries)
	for _, text := range []string{"", "# nothing\n", "null\n"} {
		c, err = parseConfig("c.yaml", []byte(text), nil)
		require.NoError(t, err)
		assert.Empty(t, c.entries)
	}
}

func TestEnvironmentHoldsSeveralValues(t *testing.T) {
	s, err := resolved(t, map[string]string{"IMIMPORT_MAP": "UserID=uid, Nick=name", "IMIMPORT_RATE": ""})
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"UserID": "uid", "Nick": "name"}, s.options.Map)
	assert.Zero(t, s.options.Rate, "an empty variable says nothing")
}

func TestStrayVariablesAreTold(t *testing.T) {
	assert.Equal(t, []string{
		"IMIMPORT_COLOUR in the environment is no setting",
		"IMIMPORT_REIGON in the environment is no setting: did you mean IMIMPORT_REGION?",
	}, strayVariables([]string{"HOME=/", "IMIMPORT_REIGON=china", "IMIMPORT_REGION=china", "IMIMPORT_SECRET_KEY=x", "IMIMPORT_COLOUR=1"}, []string{"region", "rate"}))
}

func FuzzConfig(f *testing.F) {
	f.Add([]byte("rate: 50\nmap:\n  UserID: uid\nnull: [a, b]\n"))
	f.Add([]byte("a: &a [x,x]\nrate: *a\nmap: {? [a] : b}\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := parseConfig("c.yaml", text, []string{"rate", "map", "null"})
		assert.True(t, err != nil || len(c.entries) <= 3)
	})
}
