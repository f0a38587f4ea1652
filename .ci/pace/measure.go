package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// foreign is the caller that is not one of ours.
const foreign = "another"

// measure runs one turn of a case.
func (s settings) measure(c scenario) (f figures, err error) {
	dir, err := os.MkdirTemp(s.dir, "pace")
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	srv, err := startServer(dir, c.service)
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, srv.stop()) }()
	input := filepath.Join(dir, "users.csv")
	if err := writeInput(input, c.sends()); err != nil {
		return f, err
	}
	around, err := c.around(srv)
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, around()) }()
	children := make([]*child, max(1, c.runs))
	var group sync.WaitGroup
	for i := range children {
		ch := &child{cmd: s.command(c, srv, input, i), stops: c.stops}
		children[i] = ch
		group.Go(func() {
			time.Sleep(time.Duration(i) * 700 * time.Millisecond)
			ch.run()
		})
	}
	group.Wait()
	for _, ch := range children {
		err = errors.Join(err, ch.err)
		f.cpu += ch.cpu
		f.memory = max(f.memory, ch.memory)
	}
	seen, seenErr := srv.seen()
	if err = errors.Join(err, seenErr); err != nil {
		return f, err
	}
	rows := 0
	for _, a := range seen {
		if a.Caller != foreign && !a.Refused {
			rows += a.Rows
		}
	}
	if (c.who == ours || c.who == base) && !c.lasting() && rows != c.rows {
		return f, fmt.Errorf("%d rows were taken, want %d", rows, c.rows)
	}
	got := c.fold(seen)
	got.cpu, got.memory, got.load = f.cpu/float64(max(1, rows)), f.memory, load()
	return got, nil
}

// sends is how many rows there are to send: of a run that lasts, more than it can.
func (c scenario) sends() int {
	if c.lasting() {
		return int(lasts.Seconds()) * c.service.limit
	}
	return c.rows
}

// around starts what goes on beside a case, and is what ends it.
func (c scenario) around(srv *server) (end func() error, err error) {
	var list []*exec.Cmd
	if c.busy {
		list = append(list, exec.Command(self(), "busy"))
	}
	if c.foreign > 0 {
		list = append(list, exec.Command(self(), "send", "-url", srv.url, "-ca", srv.caFile, "-as", foreign, "-who", vegeta,
			"-rate", strconv.Itoa(c.foreign), "-n", strconv.Itoa(c.foreign*int(lasts.Seconds()))))
	}
	for _, cmd := range list {
		if err := cmd.Start(); err != nil {
			return nil, err
		}
	}
	return func() error {
		for _, cmd := range list {
			_ = cmd.Process.Kill()
			_ = cmd.Wait() // killed
		}
		return nil
	}, nil
}

// command is the i-th process that does the work.
func (s settings) command(c scenario, srv *server, input string, i int) *exec.Cmd {
	as := "run" + strconv.Itoa(i)
	if c.who != ours && c.who != base {
		return exec.Command(self(), "send", "-url", srv.url, "-ca", srv.caFile, "-as", as, "-who", c.who, "-rate", "200", "-n", strconv.Itoa(c.rows))
	}
	program := s.imimport
	if c.who == base {
		program = s.base
	}
	cmd := exec.Command(program, "run", input, "--job", filepath.Join(filepath.Dir(input), as), "--endpoint", srv.url, "--ca-file", srv.caFile,
		"--sdkappid", "1400000000", "--identifier", as, "--batch", strconv.Itoa(max(1, c.batch)), "--progress", "none")
	if c.lasting() {
		cmd.Args = append(cmd.Args, "--max-duration", lasts.String())
	}
	cmd.Env = append(os.Environ(), "IMIMPORT_SECRET_KEY="+strings.Repeat("0123456789abcdef", 4)) // nobody's
	return cmd
}

// child is a process that is looked at.
type child struct {
	cmd    *exec.Cmd
	stops  int
	cpu    float64 // µs, user and system
	memory float64 // MB: its own peak, not that of the process that started it, as rusage has it
	err    error
}

// run waits for the process, and stops it now and then.
func (ch *child) run() {
	var out bytes.Buffer
	ch.cmd.Stdout, ch.cmd.Stderr = &out, &out
	if ch.err = ch.cmd.Start(); ch.err != nil {
		return
	}
	done := make(chan error, 1)
	go func() { done <- ch.cmd.Wait() }()
	look, stop := time.NewTicker(50*time.Millisecond), time.NewTicker(3500*time.Millisecond)
	defer look.Stop()
	defer stop.Stop()
	for {
		select {
		case err := <-done:
			if code := ch.cmd.ProcessState.ExitCode(); code != 0 && code != 7 { // 7: its time was over
				ch.err = fmt.Errorf("%w: %s", err, out.Bytes())
			}
			if ch.stops > 0 {
				ch.err = errors.Join(ch.err, fmt.Errorf("it was over before it was stopped another %d times", ch.stops))
			}
			ch.cpu = float64((ch.cmd.ProcessState.UserTime() + ch.cmd.ProcessState.SystemTime()) / time.Microsecond)
			return
		case <-look.C:
			ch.memory = max(ch.memory, peak(ch.cmd.Process.Pid))
		case <-stop.C:
			if ch.stops > 0 {
				ch.stops--
				_ = ch.cmd.Process.Signal(syscall.SIGSTOP)
				time.Sleep(2 * time.Second)
				_ = ch.cmd.Process.Signal(syscall.SIGCONT)
			}
		}
	}
}

// peak is the most memory that a process has had, in MB; 0 is not known.
func peak(pid int) float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(text), "VmHWM:")
	kib, err := strconv.ParseFloat(strings.TrimSpace(strings.SplitN(after, " kB", 2)[0]), 64)
	if err != nil {
		return 0
	}
	return kib * 1024 / 1e6
}

func writeInput(name string, rows int) (err error) {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	w := bufio.NewWriter(file)
	_, _ = w.WriteString("UserID,Nick,FaceUrl\n") // Flush has its error
	for row := range rows {
		_, _ = fmt.Fprintf(w, "u%09d,用户 %d,https://img.example.com/avatar/%09d.png\n", row, row%10, row)
	}
	return w.Flush()
}
