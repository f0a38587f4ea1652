package main

import (
	"html"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/pkg/sandbox"
)

// printedRows are good ones, one that is invalid, one that a sandbox may refuse and one that it warns of.
const printedRows = "UserID,Nick\na,Ann\nb,Bob\n,Nobody\nc,Cid\nd, Dee\n"

// printed is a way to have commands printed. args are split at spaces; TARGET is the service, by flags.
type printed struct {
	name, rules string
	setup       []string // commands before it
	args        string
	exits       int
	want        []string // among the commands
	replace     []string // words that stand for what is not kept, and what they stand for
	change      string   // rules of the service before the commands run
}

var printedWays = []printed{
	{name: "stopped", args: "run users.csv TARGET --limit 1", exits: 7, want: []string{"imimport resume users.csv.import --secret-key-file key.txt"}},
	{name: "killed", args: "status users.csv.import", setup: []string{"run users.csv TARGET --limit 1"}, exits: 0,
		want: []string{"imimport resume users.csv.import --secret-key-file key.txt"}},
	{name: "a file from elsewhere", setup: []string{"run users.csv TARGET --limit 1"}, args: "resume users.csv.import --secret-key-file KEYDIR/key.txt --limit 1", exits: 7,
		want: []string{"imimport resume users.csv.import --secret-key-file key.txt"}},
	{name: "complete", args: "run users.csv TARGET", exits: 1, want: []string{
		"imimport run users.csv.import/failed.csv --job users.csv.mended.import --endpoint ENDPOINT --sdkappid 1400000000 --secret-key-file key.txt"}},
	{name: "all in", args: "run good.csv TARGET", exits: 0, want: []string{"imimport verify good.csv.import --secret-key-file key.txt"}},
	{name: "transient", rules: "--fault 70500=100%", args: "run users.csv TARGET --max-attempts 1", exits: 1, change: " ",
		want: []string{"imimport retry users.csv.import --secret-key-file key.txt"}},
	{name: "blocked", rules: "--fault 70051=100%", args: "run users.csv TARGET", exits: 1, change: " ",
		want: []string{"imimport retry users.csv.import --secret-key-file key.txt"}},
	{name: "quota", rules: "--quota 1", args: "run users.csv TARGET", exits: 4, change: " ", want: []string{"imimport resume users.csv.import --secret-key-file key.txt"}},
	{name: "the key from standard input", args: "run users.csv TARGET --secret-key-file - --limit 1 <key.txt", exits: 7, replace: []string{"KEYFILE", "key.txt"},
		want: []string{"imimport resume users.csv.import --secret-key-file KEYFILE"}},
	{name: "rows from standard input", args: "run - TARGET --limit 1 <users.csv", exits: 7, replace: []string{"INPUT", "users.csv"},
		want: []string{"imimport resume stdin.import --secret-key-file key.txt <INPUT"}},
	{name: "settings in a file", args: "run users.csv --config settings.yaml --limit 1", exits: 7, want: []string{"imimport resume users.csv.import --config settings.yaml"}},
	{name: "settings in a file, complete", args: "run users.csv --config settings.yaml", exits: 1, want: []string{
		"imimport run users.csv.import/failed.csv --job users.csv.mended.import --endpoint ENDPOINT --sdkappid 1400000000 --config settings.yaml"}},
	{name: "taken", setup: []string{"run users.csv TARGET --limit 1"}, args: "run users.csv TARGET", exits: 2,
		want: []string{"imimport resume users.csv.import --secret-key-file key.txt"}},
	{name: "not complete", setup: []string{"run users.csv TARGET --limit 1"}, args: "retry users.csv.import --dry-run --secret-key-file key.txt", exits: 2,
		want: []string{"imimport resume users.csv.import --secret-key-file key.txt --dry-run"}},
	{name: "moved", setup: []string{"run users.csv TARGET --limit 1", "MOVE users.csv moved/users.csv"}, args: "resume users.csv.import --secret-key-file key.txt", exits: 2,
		replace: []string{"NEWPLACE", "moved"}, want: []string{"imimport resume users.csv.import NEWPLACE/users.csv --secret-key-file key.txt"}},
	{name: "mended in place", setup: []string{"run users.csv TARGET", "MOVE good.csv users.csv.import/failed.csv"}, args: "retry users.csv.import --secret-key-file key.txt", exits: 6,
		want: []string{"imimport run users.csv.import/failed.csv --job users.csv.mended.import --endpoint ENDPOINT"}},
	{name: "a sync", args: "sync users.csv --state state TARGET --limit 1", exits: 7, want: []string{"imimport sync users.csv --state state --endpoint ENDPOINT"}},
	{name: "a sync, complete", args: "sync users.csv --state state TARGET", exits: 1, want: []string{"imimport sync users.csv --state state --endpoint ENDPOINT"}},
	{name: "packed", args: "run users.csv.bz2 TARGET", exits: 2, want: []string{"bunzip2 -c FILE | imimport run - --endpoint ENDPOINT"}, replace: []string{"FILE", "users.csv"}},
	{name: "a dry run", args: "run good.csv TARGET --dry-run", exits: 0, want: []string{"imimport ping --endpoint ENDPOINT --sdkappid 1400000000 --secret-key-file key.txt"}},
	{name: "a dry run of a job", setup: []string{"run users.csv TARGET --limit 1"}, args: "resume users.csv.import --dry-run", exits: 0,
		want: []string{"imimport ping --endpoint ENDPOINT --sdkappid 1400000000 --secret-key-file key.txt"}},
	{name: "missing", args: "verify good.csv TARGET", exits: 1, want: []string{"imimport run missing.csv --endpoint ENDPOINT --sdkappid 1400000000 --secret-key-file key.txt"}},
	{name: "mapped", args: "check users.csv --map Nick=Nick --write-valid valid.csv", exits: 1, replace: []string{"--region REGION", "--endpoint ENDPOINT", "SDKAPPID", "1400000000", "KEYFILE", "key.txt"},
		want: []string{"imimport run valid.csv --map Nick=Nick --region REGION --sdkappid SDKAPPID --secret-key-file KEYFILE"}},
	{name: "no command", args: "good.csv TARGET", exits: 2, want: []string{"imimport run good.csv --endpoint ENDPOINT"}},
	{name: "no command and no target", args: "good.csv", exits: 2, want: []string{"imimport run good.csv --sandbox"}},
}

// TestEveryPrintedCommandWorksAsItIsPrinted runs what messages, summaries and reports offer. Before, a job whose key came from
// a file offered commands without that file, which all exit 2.
func TestEveryPrintedCommandWorksAsItIsPrinted(t *testing.T) {
	for _, way := range printedWays {
		t.Run(way.name, func(t *testing.T) {
			endpoint, rules := printedService(t, way.rules)
			target := "--endpoint " + endpoint + " --sdkappid 1400000000"
			if !strings.Contains(way.args, secretKeyFlag) {
				target += " --secret-key-file key.txt"
			}
			here, err := os.Getwd()
			require.NoError(t, err)
			for _, args := range way.setup {
				if names, move := strings.CutPrefix(args, "MOVE "); move {
					from, to, _ := strings.Cut(names, " ")
					require.NoError(t, os.Rename(from, to))
					continue
				}
				runPrinted(t, strings.ReplaceAll(args, "TARGET", target+" --secret-key-file key.txt"))
			}
			code, out := runPrinted(t, strings.ReplaceAll(strings.ReplaceAll(way.args, "TARGET", target), "KEYDIR", here))
			require.Equal(t, way.exits, code, out)
			found := printedCommands(t, out)
			for _, want := range way.want {
				want = strings.ReplaceAll(want, "ENDPOINT", endpoint)
				assert.True(t, slices.ContainsFunc(found, func(c string) bool { return strings.HasPrefix(c, want) }), "%q is not in %q\n%s", want, found, out)
			}
			if way.change != "" {
				rules(way.change)
			}
			for _, command := range found {
				code, out := runPrinted(t, strings.ReplaceAll(strings.NewReplacer(way.replace...).Replace(command), "ENDPOINT", endpoint))
				assert.Contains(t, []int{0, 1}, code, "%s\n%s", command, out)
			}
		})
	}
}

// printedService is a service whose rules can be changed, in a directory of its own with a few files.
func printedService(t *testing.T, flags string) (endpoint string, rules func(flags string)) {
	t.Helper()
	parse := func(flags string) sandbox.Config {
		var o sandboxOptions
		cmd := new(cobra.Command)
		o.addServerFlags(cmd)
		o.addRuleFlags(cmd)
		require.NoError(t, cmd.ParseFlags(strings.Fields(flags)))
		require.NoError(t, o.read(strings.NewReader("")))
		return o.cfg
	}
	cfg := parse(flags)
	cfg.SecretKey, cfg.PlainHTTP = strings.Repeat("0123456789abcdef", 4), true
	running, err := sandbox.New(cfg)
	require.NoError(t, err)
	server := httptest.NewServer(running)
	t.Cleanup(func() {
		server.Close()
		_ = running.Close()
	})
	t.Chdir(t.TempDir())
	require.NoError(t, os.Mkdir("moved", 0o700))
	for name, text := range map[string]string{
		"users.csv": printedRows, "good.csv": "UserID\nx\ny\n", "users.csv.bz2": "BZh91AY", "key.txt": cfg.SecretKey,
		"settings.yaml": "endpoint: " + server.URL + "\nsdkappid: 1400000000\nsecret-key-file: key.txt\n",
	} {
		require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
	}
	return server.URL, func(flags string) {
		require.NoError(t, running.ChangeRules(func(r *sandbox.Rules) { *r = parse(flags).Rules }))
	}
}

// runPrinted runs a command as a shell does, as far as commands here need one.
func runPrinted(t *testing.T, command string) (code int, output string) {
	t.Helper()
	stdin := ""
	if before, behind, pipe := strings.Cut(command, " | "); pipe {
		stdin, command = before[strings.LastIndexByte(before, ' ')+1:], behind
	}
	command, file, redirected := strings.Cut(command, " <")
	if redirected {
		stdin = file
	}
	a, stdout, stderr := testApp(t, nil, strings.Fields(strings.TrimPrefix(command, "imimport "))...)
	if stdin != "" {
		f, err := os.Open(stdin)
		require.NoError(t, err)
		defer f.Close() //nolint:errcheck // only read
		a.stdin = f
	}
	code = a.run(t.Context())
	return code, stdout.String() + stderr.String()
}

var printedCommand = regexp.MustCompile(`(?:\w+ -c FILE \| )?imimport (?:run|resume|retry|status|check|sync|verify|ping) [^;,?()\n]*`)

// printedCommands are those in what a command printed, and in the page and the summary of the job that it names.
func printedCommands(t *testing.T, out string) (commands []string) {
	t.Helper()
	pages, err := filepath.Glob("*.import/report.html")
	require.NoError(t, err)
	more, err := filepath.Glob("state/latest/report.html")
	require.NoError(t, err)
	for _, page := range append(pages, more...) {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		out += "\n" + html.UnescapeString(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(string(text), "\n"))
	}
	for _, c := range printedCommand.FindAllString(out, -1) {
		if c = strings.TrimSpace(c); !slices.Contains(commands, c) {
			commands = append(commands, c)
		}
	}
	return commands
}
