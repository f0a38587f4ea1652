//go:build unix

package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A pipe whose writer writes nothing holds no command: one signal ends it.
func TestASignalEndsTheWaitForAPipe(t *testing.T) {
	target := []string{"--endpoint", "https://127.0.0.1:9", "--sdkappid", "1400000000"}
	for name, args := range map[string][]string{
		"run and a certificate":    {"run", "users.csv", "--secret-key-file", "key", "--ca-file", "pipe"},
		"verify and a certificate": {"verify", "users.csv", "--secret-key-file", "key", "--ca-file", "pipe"},
		"run and a key":            {"run", "users.csv", "--secret-key-file", "pipe"},
		"run and settings":         {"run", "users.csv", "--secret-key-file", "key", "--config", "pipe"},
		"sandbox and a key":        {"sandbox", "--secret-key-file", "pipe"},
		"run and its input":        {"run", "pipe", "--secret-key-file", "key"},
		"check and its input":      {"check", "pipe"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			require.NoError(t, os.WriteFile(filepath.Join(dir, "users.csv"), []byte("UserID\nu1\n"), 0o600))
			require.NoError(t, os.WriteFile(filepath.Join(dir, "key"), []byte("0123456789abcdef"), 0o600))
			require.NoError(t, syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600))
			if args[0] != "sandbox" && args[0] != "check" {
				args = append(args, target...)
			}
			cmd := exec.Command("imimport", args...)
			cmd.Dir = dir
			require.NoError(t, cmd.Start())
			ended := make(chan struct{})
			go func() { // ends with the process
				_ = cmd.Wait()
				close(ended)
			}()
			pipe, err := os.OpenFile(filepath.Join(dir, "pipe"), os.O_WRONLY, 0) // waits for the reader
			require.NoError(t, err)
			defer pipe.Close()
			require.NoError(t, cmd.Process.Signal(os.Interrupt))
			select {
			case <-ended:
			case <-time.After(30 * time.Second):
				assert.Fail(t, "it is still there")
				_ = cmd.Process.Kill()
				<-ended
			}
			if cmd.ProcessState.Exited() { // or the signal ended it, before anything looked at signals
				assert.Equal(t, 130, cmd.ProcessState.ExitCode())
			}
		})
	}
}

// One signal ends a run also where its input stalls in its middle: what was read is finished, and the job can be resumed.
func TestASignalEndsARunWhoseInputStallsInItsMiddle(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, syscall.Mkfifo(filepath.Join(dir, "pipe.csv"), 0o600))
	cmd := exec.Command("imimport", "run", "pipe.csv", "--sandbox", "--batch", "100", "--rate", "none", "--progress", "none")
	cmd.Dir = dir
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	require.NoError(t, cmd.Start())
	pipe, err := os.OpenFile(filepath.Join(dir, "pipe.csv"), os.O_WRONLY, 0) // waits for the reader
	require.NoError(t, err)
	defer pipe.Close()
	table := []byte("UserID,Nick,note\n")
	for n := 0; len(table) < 3<<20; n++ {
		table = fmt.Appendf(table, "u%d,Nick %d,%01000d\n", n, n, 0)
	}
	_, err = pipe.Write(table) // more than is looked at
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		info, err := os.Stat(filepath.Join(dir, "pipe.csv.import", "succeeded.csv"))
		return err == nil && info.Size() > 0
	}, 30*time.Second, 10*time.Millisecond)
	require.NoError(t, cmd.Process.Signal(os.Interrupt))
	stuck := time.AfterFunc(30*time.Second, func() { _ = cmd.Process.Kill() })
	defer stuck.Stop()
	_ = cmd.Wait()
	require.Equal(t, 130, cmd.ProcessState.ExitCode(), stderr.String())
	require.Contains(t, stderr.String(), "imimport resume pipe.csv.import")
}

// A download of which nothing comes ends with one signal, and with the time of the run. No job is left.
func TestAStalledDownloadEndsWithASignalAndWithItsTime(t *testing.T) {
	for name, c := range map[string]struct {
		content string
		args    []string
		code    int
	}{
		"a signal, before its head":   {"", nil, 130},
		"a signal, behind its header": {"UserID,Nick\nu1,Ann\n", nil, 130},
		"its time":                    {"", []string{"--max-duration", "300ms"}, 7},
	} {
		t.Run(name, func(t *testing.T) {
			asked := make(chan struct{})
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
				if c.content != "" {
					_, _ = w.Write([]byte(c.content))
					w.(http.Flusher).Flush()
				}
				close(asked)
				<-req.Context().Done()
			}))
			defer server.Close()
			cmd := exec.Command("imimport", append([]string{"run", server.URL + "/users.csv", "--sandbox", "--progress", "none"}, c.args...)...)
			cmd.Dir = t.TempDir()
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			require.NoError(t, cmd.Start())
			stuck := time.AfterFunc(30*time.Second, func() { _ = cmd.Process.Kill() })
			defer stuck.Stop()
			if c.args == nil { // else its time may be over before it has asked
				<-asked
				require.NoError(t, cmd.Process.Signal(os.Interrupt))
			}
			_ = cmd.Wait()
			require.Equal(t, c.code, cmd.ProcessState.ExitCode(), stderr.String())
			require.Contains(t, stderr.String(), "nothing was sent by this run")
			require.NoDirExists(t, filepath.Join(cmd.Dir, "users.csv.import"))
		})
	}
}
