package main_test

import (
	"bytes"
	"cmp"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"imimport/pkg/sandbox"
	"imimport/reader"
	"imimport/reader/readertest"
)

// TestTheSameTableInEveryShapeGivesTheSameAccounts imports each shape as a file and, in batches, through standard input,
// and one from a URL and in two files, and compares what is on the server, to the byte.
func TestTheSameTableInEveryShapeGivesTheSameAccounts(t *testing.T) {
	t.Parallel()
	w := newTarget(t, "")
	bin := build(t)
	shapes := readertest.Shapes(t)
	// The reader's own tests read every shape. Here are those that need a flag, a name or a decoder of their own.
	telling := []string{"plain", "wide delimiter", "tabs by name", "no header", "gz without a name", "zst", "utf-16le by mark", "gbk with bars", "JSON array", "nested JSON"}
	for _, shape := range shapes {
		if !everything && !slices.Contains(telling, shape.Name) {
			continue
		}
		t.Run(shape.Name, func(t *testing.T) {
			path := w.write(t, shape.File, shape.Content)
			flags := flagsOf(shape.Config)
			w.importsTable(t, bin, nil, shape.Nick, append(flags, path)...)
			if strings.HasSuffix(shape.File, ".tsv") {
				flags = append(flags, "--delimiter=\t")
			}
			w.importsTable(t, bin, strings.NewReader(shape.Content), shape.Nick, append(flags, "--batch", "100", "-")...)
		})
	}
	plain := shapes[0]
	t.Run("URL", func(t *testing.T) {
		server := httptest.NewTLSServer(http.HandlerFunc(func(out http.ResponseWriter, req *http.Request) {
			http.ServeContent(out, req, "users.csv", time.Time{}, strings.NewReader(plain.Content))
		}))
		defer server.Close()
		trusted := w.write(t, "server.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})))
		there := *w
		there.env = append(slices.Clone(w.env), "SSL_CERT_FILE="+trusted)
		there.importsTable(t, bin, nil, plain.Nick, server.URL+"/users.csv?signature=secret")
	})
	t.Run("two files", func(t *testing.T) {
		table := readertest.Table(plain.Nick)
		first := w.write(t, "part-1.csv", readertest.CSV(readertest.Header, table[:100], ",", "\n"))
		w.write(t, "part-2.csv.gz", readertest.Gzip(t, readertest.CSV("头像,用户ID,昵称", turned(table[100:]), ",", "\r\n")))
		w.importsTable(t, bin, nil, plain.Nick, filepath.Join(filepath.Dir(first), "part-*"))
	})
}

// TestURLGoesOnByRange stops in a file behind a URL and goes on there, and refuses one that has become another. What
// may be secret in the URL stands nowhere, and has to be given again.
func TestURLGoesOnByRange(t *testing.T) {
	t.Parallel()
	w := newTarget(t, "")
	bin := build(t)
	content := readertest.CSV(readertest.Header, readertest.Table("张伟"), ",", "\n")
	var mu sync.Mutex // of what the server's goroutines share with the test
	etag, ranges := `"one"`, []string(nil)
	server := httptest.NewTLSServer(http.HandlerFunc(func(out http.ResponseWriter, req *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		ranges = append(ranges, req.Header.Get("Range"))
		if user, password, _ := req.BasicAuth(); user != "bob" || password != "secret" || !strings.HasPrefix(req.URL.RawQuery, "signature=secret") {
			http.Error(out, "who are you?", http.StatusForbidden)
			return
		}
		out.Header().Set("ETag", etag)
		http.ServeContent(out, req, "users.csv", time.Time{}, strings.NewReader(content))
	}))
	defer server.Close()
	trusted := w.write(t, "server.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})))
	w.env = append(w.env, "SSL_CERT_FILE="+trusted)
	for _, changed := range []bool{false, true} {
		require.NoError(t, w.sandbox.Reset())
		job := t.TempDir() + "/job"
		file := strings.Replace(server.URL, "https://", "https://bob:secret@", 1) + "/users.csv?signature=secret"
		code, stdout, stderr := w.run(t, nil, bin, "run", file, "--job", job, "--rate", "none", "--limit", "100", "--progress", "none", "--json", "--log-level", "debug")
		require.Equal(t, 7, code, stderr)
		require.Len(t, w.sandbox.Accounts(), 100)
		require.Contains(t, stderr, "imimport resume "+job+" '"+server.URL+"/users.csv?QUERY'\n")
		told := stdout + stderr
		mu.Lock()
		ranges = nil
		if changed {
			etag, content = `"two"`, strings.Replace(content, "\n", "\n\n", 1)
		}
		mu.Unlock()
		code, stdout, stderr = w.run(t, nil, bin, "resume", job, "--rate", "none", "--progress", "none")
		told += stdout + stderr
		require.Equal(t, 2, code, stderr)
		require.Contains(t, stderr, "users.csv may be secret and are not kept")
		code, stdout, stderr = w.run(t, nil, bin, "resume", job, file+"x", "--rate", "none", "--progress", "none", "--json", "--log-level", "debug")
		told += stdout + stderr
		if changed {
			require.Equal(t, 6, code, stderr)
			require.Regexp(t, "imimport: error: https://.*/users.csv: changed since it was read: its first ", stderr)
			require.Regexp(t, "imimport: hint: ", stderr)
			require.Len(t, w.sandbox.Accounts(), 100)
		} else {
			require.Zero(t, code, stderr)
			require.Equal(t, readertest.Table("张伟"), w.accounts())
			mu.Lock()
			require.Contains(t, strings.Join(ranges, ";"), "bytes=")
			mu.Unlock()
		}
		kept, err := filepath.Glob(job + "/*")
		require.NoError(t, err)
		require.Greater(t, len(kept), 5)
		for _, name := range kept {
			told += readFile(t, name)
		}
		require.NotContains(t, strings.ReplaceAll(told, "may be secret", ""), "secret")
		require.NotContains(t, told, "bob")
	}
}

// turned has the last column first.
func turned(rows [][3]string) (turned [][3]string) {
	for _, r := range rows {
		turned = append(turned, [3]string{r[2], r[0], r[1]})
	}
	return turned
}

func flagsOf(cfg reader.Config) (flags []string) {
	if cfg.Delimiter != 0 {
		flags = append(flags, "--delimiter="+string(cfg.Delimiter))
	}
	if cfg.Encoding != "" {
		flags = append(flags, "--encoding="+cfg.Encoding)
	}
	if cfg.NoHeader {
		flags = append(flags, "--no-header")
	}
	for to, from := range cfg.Map {
		flags = append(flags, "--map="+to+"="+from)
	}
	return flags
}

func (w *target) write(t *testing.T, name, content string) (path string) {
	path = filepath.Join(w.dir, name)
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

// run runs a command to its end.
func (w *target) run(t *testing.T, stdin io.Reader, command ...string) (code int, stdout, stderr string) {
	cmd := exec.Command(command[0], command[1:]...)
	var out, errs bytes.Buffer
	cmd.Env, cmd.Dir, cmd.Stdin, cmd.Stdout, cmd.Stderr = w.env, w.dir, stdin, &out, &errs
	if err := cmd.Run(); err != nil {
		require.IsType(t, new(exec.ExitError), err)
	}
	return cmd.ProcessState.ExitCode(), out.String(), errs.String()
}

// importsTable runs an import and requires readertest's table on the server, and nothing else.
func (w *target) importsTable(t *testing.T, bin string, stdin io.Reader, nick string, args ...string) {
	t.Helper()
	require.NoError(t, w.sandbox.Reset())
	code, _, stderr := w.run(t, stdin, append([]string{bin, "run", "--job", t.TempDir() + "/job", "--rate", "none", "--progress", "none"}, args...)...)
	require.Zero(t, code, stderr)
	require.Equal(t, readertest.Table(nick), w.accounts())
}

// accounts are those on the server, by UserID.
func (w *target) accounts() (accounts [][3]string) {
	for _, a := range slices.SortedFunc(slices.Values(w.sandbox.Accounts()), func(a, b sandbox.Account) int { return cmp.Compare(a.UserID, b.UserID) }) {
		accounts = append(accounts, [3]string{a.UserID, a.Nick, a.FaceURL})
	}
	return accounts
}
