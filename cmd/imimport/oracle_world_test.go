package main_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"imimport/pkg/sandbox"
)

// oracle goes through one history, and knows at each moment what must be true.
type oracle struct {
	*target
	*history
	bin    string
	job    string
	counts map[string]int

	truth    []oracleRow // what the inputs hold
	ever     map[string]bool
	next     []string // the command that goes on
	began    bool     // a job may be there
	seen     int      // rows of the input when the last run started
	furthest int      // rows up to here may not change any more
	loose    bool     // rows may have been sent that were changed later, as they may: what they leave is not known
	killed   bool
	healed   bool
	full     bool // the quota is on
	last     oracleSummary
}

func newOracle(t *testing.T, bin string, h *history, counts map[string]int) *oracle {
	o := &oracle{target: newTarget(t, oracleScenario), history: h, bin: bin, counts: counts, truth: slices.Clone(h.rows), ever: map[string]bool{}}
	o.job = filepath.Join(o.dir, "job")
	o.env = slices.DeleteFunc(o.env, func(e string) bool {
		return strings.HasPrefix(e, "IMIMPORT_HISTORIES=") || strings.HasPrefix(e, "IMIMPORT_NIGHTS=") || strings.HasPrefix(e, "IMIMPORT_SEED=")
	})
	o.full = h.quota > 0
	if o.full {
		_ = o.sandbox.ChangeRules(func(r *sandbox.Rules) { r.Quota = h.quota })
	}
	o.next = append(append([]string{"run"}, h.files...), append(slices.Clone(h.flags), "--job", "job")...)
	if h.kind == "stdin" {
		o.next = append(o.next, "--format", "csv")
	}
	return o
}

// play goes through the history and then on to the end. Its error is what was not as it must be.
func (o *oracle) play() error {
	o.writeInputs(o.truth)
	for i, s := range o.steps {
		if err := o.step(s); err != nil {
			return fmt.Errorf("step %d, %s: %w", i+1, s, err)
		}
	}
	if err := o.finish(); err != nil {
		return fmt.Errorf("going on to the end: %w", err)
	}
	if !o.heal {
		return nil
	}
	o.healed = true
	_ = o.sandbox.SetScenario(sandbox.Scenario{})
	o.next = []string{"retry", "job"}
	o.counts["retries"]++
	if err := o.finish(); err != nil {
		return fmt.Errorf("retry when the service accepts all: %w", err)
	}
	return nil
}

// writeInputs writes the inputs.
func (o *oracle) writeInputs(rows []oracleRow) {
	for i, name := range o.files {
		if name != "-" {
			_ = os.WriteFile(filepath.Join(o.dir, name), render(o.kind, rows, i), 0o600)
		}
	}
	for _, r := range rows {
		o.ever[r.id] = true
	}
}

// step does one step.
func (o *oracle) step(s step) error {
	o.counts[s.do]++
	switch {
	case s.do == "end":
		return o.run(0, nil)
	case s.do == "lift the quota":
		o.lift()
		return nil
	case s.do == "edit an outcome":
		return o.editOutcome()
	case s.do == "kill" || s.do == "kill behind a checkpoint":
		return o.run(s.call, func(c *exec.Cmd, _ *heard) {
			if s.do != "kill" {
				o.awaitCheckpoint()
			}
			_ = c.Process.Kill()
		})
	case s.do == "interrupt":
		return o.run(s.call, func(c *exec.Cmd, stderr *heard) {
			_ = c.Process.Signal(os.Interrupt)
			stderr.wait()
		})
	case strings.HasSuffix(s.do, "during"):
		return o.during(s)
	}
	return o.between(s)
}

func (o *oracle) lift() {
	o.full = false
	_ = o.sandbox.ChangeRules(func(r *sandbox.Rules) { r.Quota = sandbox.None })
}

// awaitCheckpoint waits for the next checkpoint, a little over a second at most.
func (o *oracle) awaitCheckpoint() {
	path := filepath.Join(o.job, "checkpoint.json")
	before, _ := os.Stat(path)
	for range 60 {
		if now, err := os.Stat(path); err == nil && before != nil && !now.ModTime().Equal(before.ModTime()) {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// finish runs what the program prints until the job is complete and has all of the input.
func (o *oracle) finish() error {
	for range 60 {
		command := o.next[0]
		if err := o.run(0, nil); err != nil {
			return err
		}
		switch {
		case o.last.State == "complete" && command == "retry" && o.last.Rows.Read < len(o.truth): // it is not about the input
			o.next = []string{"resume", "job"}
		case o.last.State == "complete" && o.seen == len(o.truth) && o.last.Rows.QuotaExceeded == 0:
			return o.checkComplete()
		case o.last.State == "complete" && o.last.Rows.QuotaExceeded > 0:
			o.lift()
			o.next = []string{"retry", "job"}
		case o.last.State == "complete":
			o.next = []string{"resume", "job"}
		case o.last.StopReason == "quota" || o.last.ExitCode == 4:
			o.lift()
		}
	}
	return fmt.Errorf("it does not end: %+v", o.last)
}

// run runs the next command. When it makes that call, act happens to it, and only then are calls answered.
func (o *oracle) run(call int, act func(*exec.Cmd, *heard)) error {
	wait := "1ms"
	if call > 0 {
		wait = "300ms" // rows wait when it is disturbed
	}
	o.seen = len(o.truth)
	code, stderr, killed, err := o.start(call, act, append(slices.Clone(o.next), "--retry-initial", wait, "--progress", "none")...)
	if err != nil {
		return err
	}
	o.counts["runs"]++
	o.began = o.began || call > 0
	if killed {
		o.counts["kills"]++
		o.killed = true
		if _, there := loadProgress(o.job); there {
			o.next = []string{"resume", "job"}
		}
		return o.note()
	}
	o.counts[fmt.Sprintf("exit %d", code)]++
	if err := o.checkEnd(code, stderr); err != nil {
		return fmt.Errorf("%s: exit %d: %w\n%s", strings.Join(o.next, " "), code, err, stderr)
	}
	if next := nextCommand(stderr); next != nil && next[0] != "sandbox" {
		o.next = next
	} else if o.next[0] == "run" {
		o.next = []string{"resume", "job"}
	}
	return o.note()
}

// start runs the program.
func (o *oracle) start(call int, act func(*exec.Cmd, *heard), args ...string) (code int, stderr string, killed bool, err error) {
	cmd := exec.Command(o.bin, args...)
	heard := &heard{word: "interrupted", ok: make(chan struct{})}
	cmd.Env, cmd.Dir, cmd.Stderr = o.env, o.dir, heard
	if o.kind == "stdin" {
		cmd.Stdin = bytes.NewReader(render(o.kind, o.truth, 0))
	}
	o.gate.Hold(call)
	if err := cmd.Start(); err != nil {
		return 0, "", false, err
	}
	ended := make(chan struct{})
	go func() { // ends with the process
		_ = cmd.Wait()
		o.gate.Gone()
		heard.end()
		close(ended)
	}()
	if call > 0 && o.gate.Wait() {
		act(cmd, heard)
	}
	o.gate.Open()
	select {
	case <-ended:
	case <-time.After(time.Minute):
		_ = cmd.Process.Kill()
		<-ended
		return 0, "", false, errors.New("it hangs: " + strings.Join(args, " ") + "\n" + heard.String())
	}
	return cmd.ProcessState.ExitCode(), heard.String(), cmd.ProcessState.ExitCode() < 0, nil
}

// note takes down how far the job is.
func (o *oracle) note() error {
	p, there := loadProgress(o.job)
	if !there {
		return nil
	}
	rows, err := settled(o.job, p.State.Lengths)
	for _, r := range rows {
		o.furthest = max(o.furthest, r.row)
	}
	if p.State.Complete || p.State.Retry {
		o.furthest = max(o.furthest, min(o.last.Rows.Read, len(o.truth)))
	}
	return err
}
