package main

import (
	"bytes"
	"context"
	"errors"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/pkg/sandbox"
	"imimport/pkg/sandbox/sandboxtest"
)

// commands are what tests can run by name.
var commands = map[string]func(){"imimport": main}

func TestMain(m *testing.M) {
	if commands[filepath.Base(os.Args[0])] == nil { // the tests themselves, whose programs would speak their caller's language
		_ = os.Setenv("LC_ALL", "C")
	}
	testscript.Main(m, commands)
}

// TestScripts are the specification of the command line, a behaviour a file. Beside testscript's own commands
// they have
//
//	service [FLAGS]                        a service with the flags of imimport sandbox, and the environment that leads to it
//	change [FLAGS]                         other rules for it
//	exits CODE imimport ARGS...            runs, and expects this exit code
//	signalled CODE CALLS SIGNALS ARGS...   runs imimport, sends the signals while the service holds back the call of this
//	                                       number, and expects this exit code; what it printed is in stdout.txt and stderr.txt
//	lines FILE N                           expects N lines
func TestScripts(t *testing.T) {
	t.Parallel()
	testdata, err := filepath.Abs("../../testdata")
	require.NoError(t, err)
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("TESTDATA", testdata)
			env.Setenv("HOME", env.WorkDir)
			env.Setenv("GORACE", "atexit_sleep_ms=0") // under the race detector each process would sleep a second at its end
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"service": scriptService, "change": scriptChange, "exits": scriptExits, "signalled": scriptSignalled, "lines": scriptLines,
		},
	})
}

// service is a sandbox whose calls can be held back.
type service struct {
	*sandbox.Sandbox
	gate *sandboxtest.Gate
}

var services sync.Map // of *testscript.TestScript to *service

func rulesOf(ts *testscript.TestScript, args []string) sandbox.Config {
	var o sandboxOptions
	cmd := new(cobra.Command)
	o.addServerFlags(cmd)
	o.addRuleFlags(cmd)
	ts.Check(cmd.ParseFlags(args))
	ts.Check(o.read(strings.NewReader("")))
	return o.cfg
}

func scriptService(ts *testscript.TestScript, _ bool, args []string) {
	cfg := rulesOf(ts, args)
	cfg.SecretKey, cfg.PlainHTTP = strings.Repeat("0123456789abcdef", 4), true
	running, err := sandbox.New(cfg)
	ts.Check(err)
	s := &service{running, &sandboxtest.Gate{Handler: running}}
	server := httptest.NewServer(s.gate)
	services.Store(ts, s)
	ts.Defer(func() {
		services.Delete(ts)
		_ = running.Close()
		server.Close()
	})
	ts.Setenv("IMIMPORT_ENDPOINT", server.URL)
	ts.Setenv("IMIMPORT_SDKAPPID", strconv.Itoa(sandbox.DefaultSDKAppID))
	ts.Setenv("IMIMPORT_SECRET_KEY", cfg.SecretKey)
	ts.Setenv("SECRET", cfg.SecretKey)
}

func serviceOf(ts *testscript.TestScript) *service {
	s, ok := services.Load(ts)
	if !ok {
		ts.Fatalf("no service was started")
	}
	return s.(*service)
}

func scriptChange(ts *testscript.TestScript, _ bool, args []string) {
	cfg := rulesOf(ts, args)
	ts.Check(serviceOf(ts).ChangeRules(func(r *sandbox.Rules) { *r = cfg.Rules }))
}

func scriptExits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	if got := exitStatusOf(ts, err); got != want {
		ts.Fatalf("exit code %d, and not %d", got, want)
	}
}

func exitStatusOf(ts *testscript.TestScript, err error) int {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return exit.ExitCode()
	}
	ts.Fatalf("run: %v", err)
	return -1
}

func scriptSignalled(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	calls, err := strconv.Atoi(args[1])
	ts.Check(err)
	path, err := exec.LookPath("imimport")
	ts.Check(err)
	gate := serviceOf(ts).gate
	var stdout bytes.Buffer
	stderr := &told{changed: make(chan struct{}, 1)}
	cmd := exec.Command(path, args[3:]...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = ts.MkAbs("."), &stdout, stderr
	for _, name := range []string{"PATH", "HOME", "GORACE", "IMIMPORT_ENDPOINT", "IMIMPORT_SDKAPPID", "IMIMPORT_SECRET_KEY"} {
		cmd.Env = append(cmd.Env, name+"="+ts.Getenv(name))
	}
	gate.Hold(calls)
	ts.Check(cmd.Start())
	ended := make(chan struct{})
	go func() { // ends with the process
		err = cmd.Wait()
		gate.Gone()
		close(ended)
	}()
	gate.Wait()
	for _, name := range strings.Split(args[2], ",") {
		_ = cmd.Process.Signal(map[string]os.Signal{"INT": os.Interrupt, "TERM": syscall.SIGTERM, "HUP": syscall.SIGHUP, "KILL": os.Kill}[name])
		stderr.waitFor("interrupted", ended) // or the system makes one signal of two
	}
	gate.Open()
	<-ended
	ts.Check(os.WriteFile(ts.MkAbs("stdout.txt"), stdout.Bytes(), 0o600))
	ts.Check(os.WriteFile(ts.MkAbs("stderr.txt"), []byte(stderr.String()), 0o600))
	if got := exitStatusOf(ts, err); got != want {
		ts.Fatalf("exit code %d, and not %d:\n%s", got, want, stderr)
	}
}

// told is the standard error of a process.
type told struct {
	mu      sync.Mutex
	text    bytes.Buffer
	changed chan struct{}
}

func (t *told) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	select {
	case t.changed <- struct{}{}:
	default:
	}
	return t.text.Write(p)
}

func (t *told) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.String()
}

// waitFor waits until a word was told, or the process has ended.
func (t *told) waitFor(word string, ended <-chan struct{}) {
	for !strings.Contains(t.String(), word) {
		select {
		case <-t.changed:
		case <-ended:
			return
		}
	}
}

func scriptLines(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[1])
	ts.Check(err)
	if got := strings.Count(ts.ReadFile(args[0]), "\n"); got != want {
		ts.Fatalf("%s has %d lines, and not %d", args[0], got, want)
	}
}

// testApp is a process without a surrounding. Where its command runs, it must not bound the memory and the processors of
// all the tests after it: that took half of their time.
func testApp(t *testing.T, env map[string]string, args ...string) (a *app, stdout, stderr *bytes.Buffer) {
	t.Helper()
	t.Setenv("GOMEMLIMIT", "off")
	t.Setenv("GOMAXPROCS", strconv.Itoa(runtime.GOMAXPROCS(0)))
	stdout, stderr = new(bytes.Buffer), new(bytes.Buffer)
	return &app{args: args, stdin: strings.NewReader(""), stdout: stdout, stderr: stderr,
		lookup: func(name string) string { return env[name] }}, stdout, stderr
}

type panicking struct{}

func (panicking) Write([]byte) (int, error) { panic("a mistake\nof ours") }

func TestPanicIsAPlainErrorWithItsOwnExitCode(t *testing.T) {
	a, _, stderr := testApp(t, nil, "version")
	a.stdout = panicking{}
	assert.Equal(t, 70, a.run(context.Background()))
	assert.Contains(t, stderr.String(), "imimport: error: internal fault: a mistake of ours\nimimport: hint: this is a mistake in the program")
	assert.NotContains(t, stderr.String(), "goroutine")
}
