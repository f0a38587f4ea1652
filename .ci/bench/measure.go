package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// measurement is what one process took.
type measurement struct {
	wall     time.Duration
	cpu      time.Duration // user and system
	peak     int64         // bytes of memory
	requests uint64
	worst    int // requests that the sandbox saw in its worst second
	refused  uint64
}

func (s settings) measure(w workload) (m measurement, err error) {
	dir, err := os.MkdirTemp(s.dir, "case")
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	srv, err := startServer(dir, w)
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, srv.stop()) }()
	cmd, err := s.child(w, srv, dir)
	if err != nil {
		return m, err
	}
	if m, err = timed(cmd); err != nil {
		return m, err
	}
	st, err := srv.stats()
	if err != nil {
		return m, err
	}
	seen := st.Command(w.command())
	m.requests, m.worst, m.refused = seen.Calls, seen.WorstSecond, seen.Refused
	done := st.Codes[0]
	if w.subject == imimport {
		done = uint64(st.Accounts)
	}
	if done != uint64(w.rows) && (m.refused == 0 || w.subject == imimport) {
		return m, fmt.Errorf("%d rows succeeded, want %d: answers by code %v", done, w.rows, st.Codes)
	}
	return m, nil
}

// child is the process that does the work.
func (s settings) child(w workload, srv *server, dir string) (*exec.Cmd, error) {
	if w.subject != imimport {
		return exec.Command(self(), string(w.subject), "-url", srv.url, "-ca", srv.caFile, "-n", strconv.Itoa(w.rows),
			"-workers", strconv.Itoa(s.workers), "-rate", strconv.Itoa(w.rate)), nil
	}
	input := filepath.Join(dir, "users.csv")
	if err := writeInput(input, w.rows); err != nil {
		return nil, err
	}
	rate := "none"
	if w.rate > 0 {
		rate = strconv.Itoa(w.rate)
	}
	cmd := exec.Command(s.imimport, "run", input, "--job", filepath.Join(dir, "job"), "--endpoint", srv.url, "--ca-file", srv.caFile,
		"--sdkappid", strconv.Itoa(appID), "--identifier", identifier, "--rate", rate, "--batch", strconv.Itoa(w.batch),
		"--workers", strconv.Itoa(s.workers), "--progress", "none")
	cmd.Env = append(os.Environ(), "IMIMPORT_SECRET_KEY="+key)
	return cmd, nil
}

// timed runs a process and tells what the kernel accounts to it.
func timed(cmd *exec.Cmd) (measurement, error) {
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	started := time.Now()
	err := cmd.Run()
	m := measurement{wall: time.Since(started)}
	if err != nil {
		return m, fmt.Errorf("%w: %s", err, out.Bytes())
	}
	m.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return m, errors.New("the system does not account for processes")
	}
	m.peak = usage.Maxrss << 10 // Linux counts kibibytes
	return m, nil
}
