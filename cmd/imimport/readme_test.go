package main_test

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	sessions = regexp.MustCompile("(?s)```console\n(.*?)```")
	exits    = regexp.MustCompile(`exits (\d+)`)
)

// TestTheSessionsOfTheREADME runs its console blocks as they stand, each in a shell of its own: a line after $ is
// typed, and the lines below it must be among what is shown.
func TestTheSessionsOfTheREADME(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	blocks := sessions.FindAllStringSubmatch(string(readme), -1)
	require.GreaterOrEqual(t, len(blocks), 2, "no sessions found")
	bin := filepath.Dir(build(t))
	for i, block := range blocks {
		t.Run(fmt.Sprint(i+1), func(t *testing.T) {
			script, want := session(t, block[1])
			dir := t.TempDir()
			require.NoError(t, os.CopyFS(filepath.Join(dir, "testdata"), os.DirFS("../../testdata")))
			out := runSession(t, dir, bin, script)
			for _, line := range want {
				assert.Contains(t, out, line)
			}
			if t.Failed() {
				t.Log(out)
			}
		})
	}
}

// session is a block as a shell script that checks exit codes, and the lines that must be shown.
func session(t *testing.T, block string) (script string, want []string) {
	port := freePort(t)
	for line := range strings.Lines(strings.ReplaceAll(block, ":8700", ":"+port)) {
		line = strings.TrimSuffix(line, "\n")
		command, typed := strings.CutPrefix(line, "$ ")
		command, comment, _ := strings.Cut(command, "  #")
		command = strings.TrimSpace(strings.Replace(command, "go run ./cmd/imimport", "imimport", 1))
		switch {
		case !typed:
			want = append(want, line)
		case strings.HasPrefix(command, "go test"): // this is it
		case strings.HasSuffix(command, "&"):
			script += strings.TrimSuffix(command, "&") + " --addr 127.0.0.1:" + port + " &\n" +
				"until (: < /dev/tcp/127.0.0.1/" + port + ") 2> /dev/null; do kill -0 $! || exit; done\n"
		default:
			code := "0"
			if m := exits.FindStringSubmatch(comment); m != nil {
				code = m[1]
			}
			script += fmt.Sprintf("%s\ncode=$?; [ $code = %s ] || echo \"%s: exit code $code\"\n", command, code, strings.Fields(command)[0])
		}
	}
	return script + "kill $(jobs -p) 2>/dev/null; wait\n", want
}

func runSession(t *testing.T, dir, bin, script string) string {
	cmd := exec.Command("bash", "-c", script)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"))
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	require.NoError(t, cmd.Run(), "%s", &out)
	assert.NotContains(t, out.String(), ": exit code", "a command of the session")
	return out.String()
}

func freePort(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	require.NoError(t, err)
	return port
}
