package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"imimport/pkg/sandbox"
)

// The sandbox's app. The key is nobody's.
const (
	appID      = 1400000000
	identifier = "administrator"
	key        = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
)

// serveSandbox is the child that answers: it prints its URL and serves until its standard input ends.
func serveSandbox(args []string) error {
	f := flag.NewFlagSet("sandbox", flag.ContinueOnError)
	caFile := f.String("ca", "", "`FILE` to write the CA certificate to")
	limited := f.Bool("limited", false, "refuse what is over the documented limits")
	latency := f.String("latency", "0s", "`DURATION` of every answer")
	if err := f.Parse(args); err != nil {
		return err
	}
	cfg := sandbox.Config{SDKAppID: appID, SecretKey: key, Admins: []string{identifier}, Rules: sandbox.Rules{Quota: sandbox.None}}
	var err error
	if cfg.Rules.Latency, err = sandbox.ParseLatency(*latency); err != nil {
		return err
	}
	if !*limited {
		cfg.Rules.Limits = map[string]int{"account_import": sandbox.None, "multiaccount_import": sandbox.None}
	}
	r, err := sandbox.Start(cfg)
	if err != nil {
		return err
	}
	err = os.WriteFile(*caFile, r.CAPEM(), 0o600)
	if err == nil {
		fmt.Println(r.URL())
		_, err = io.Copy(io.Discard, os.Stdin)
	}
	return errors.Join(err, r.Close())
}

// server is the parent's end of such a child.
type server struct {
	url    string
	caFile string
	cmd    *exec.Cmd
	stdin  io.WriteCloser
}

func startServer(dir string, w workload) (*server, error) {
	s := &server{caFile: filepath.Join(dir, "ca.pem")}
	s.cmd = exec.Command(self(), "sandbox", "-ca", s.caFile, "-latency", w.latency.String(), fmt.Sprintf("-limited=%t", w.rate > 0))
	s.cmd.Stderr = os.Stderr
	var err error
	if s.stdin, err = s.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	stdout, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start sandbox: %w", err)
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start sandbox: %w", err), s.stop())
	}
	s.url = strings.TrimSpace(line)
	return s, nil
}

func (s *server) stop() error { return errors.Join(s.stdin.Close(), s.cmd.Wait()) }

// stats is what the sandbox counted.
func (s *server) stats() (st sandbox.Stats, err error) {
	transport, err := newTransport(s.caFile, 1)
	if err != nil {
		return st, err
	}
	defer transport.CloseIdleConnections()
	resp, err := (&http.Client{Transport: transport}).Get(s.url + "/_sandbox/stats")
	if err != nil {
		return st, fmt.Errorf("read the sandbox's stats: %w", err)
	}
	defer resp.Body.Close()
	return st, json.NewDecoder(resp.Body).Decode(&st)
}

// self is this program's file, to start again as a child.
func self() string {
	path, err := os.Executable()
	if err != nil {
		return os.Args[0]
	}
	return path
}
