package main_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"imimport/pkg/sandbox"
)

var endings = map[int]string{0: "complete", 1: "complete", 3: "stopped", 4: "stopped", 6: "stopped", 7: "stopped", 130: "stopped"}

// checkEnd looks at all that a run leaves that has ended by itself.
func (o *oracle) checkEnd(code int, stderr string) error {
	state, known := endings[code]
	if !known {
		return errors.New("the exit code is not one that could be")
	}
	s, err := loadSummary(o.job)
	if err != nil {
		return err
	}
	o.last = s
	r := s.Rows
	switch {
	case s.State != state || s.ExitCode != code:
		return fmt.Errorf("summary.json has state %s and exit code %d", s.State, s.ExitCode)
	case r.Read != r.Succeeded+r.Failed+r.QuotaExceeded+r.NotAttempted:
		return fmt.Errorf("summary.json's rows do not add up: %+v", r)
	case (code == 0) != (code < 2 && r.Failed+r.QuotaExceeded == 0):
		return fmt.Errorf("exit code %d with %+v", code, r)
	case state == "complete" && r.NotAttempted > 0:
		return fmt.Errorf("complete with %+v", r)
	case state == "stopped" && !slices.Equal(nextCommand(stderr), []string{"resume", "job"}):
		return errors.New("the last line is not the command that goes on")
	}
	rows, err := settled(o.job, nil)
	if err != nil {
		return err
	}
	if err := o.checkRows(rows); err != nil {
		return err
	}
	count := map[string]int{}
	for _, row := range rows {
		count[row.outcome]++
	}
	if count["succeeded"] != r.Succeeded || count["failed"] != r.Failed || count["quota_exceeded"] != r.QuotaExceeded {
		return fmt.Errorf("summary.json has %+v, and the files %v", r, count)
	}
	return o.checkAccounts()
}

// checkRows requires each row once at the most, and as it was read.
func (o *oracle) checkRows(rows []settledRow) error {
	at := map[int]string{}
	for _, r := range rows {
		if was := at[r.row]; was != "" {
			return fmt.Errorf("row %d is in %s and %s", r.row, was, r.outcome)
		}
		at[r.row] = r.outcome
		if r.row < 1 || r.row > o.seen {
			return fmt.Errorf("row %d is in %s, and the input had %d rows", r.row, r.outcome, o.seen)
		}
		if t := o.truth[r.row-1]; t.id != r.id || t.nick != r.nick || t.face != r.face || t.level != r.level {
			return fmt.Errorf("row %d is in %s as %q, %q, %q, and is %q, %q, %q", r.row, r.outcome, r.id, r.nick, r.face, t.id, t.nick, t.face)
		}
	}
	return nil
}

// checkAccounts requires that no account was made that no row asked for.
func (o *oracle) checkAccounts() error {
	for _, a := range o.sandbox.Accounts() {
		if !o.ever[a.UserID] {
			return fmt.Errorf("there is an account %q, and no row has had it", a.UserID)
		}
	}
	return nil
}

// checkComplete requires each row of the input, with the outcome that it must have, and the accounts that come of it.
func (o *oracle) checkComplete() error {
	rows, err := settled(o.job, nil)
	if err != nil {
		return err
	}
	if len(rows) != len(o.truth) {
		return fmt.Errorf("complete, and %d of %d rows have an outcome", len(rows), len(o.truth))
	}
	slices.SortFunc(rows, func(a, b settledRow) int { return a.row - b.row })
	first := map[string]bool{}
	for i, t := range o.truth {
		if want := o.fate(t, first[t.id]); !slices.Contains(want, rows[i].outcome+" "+rows[i].class) {
			return fmt.Errorf("row %d (%s) is %s, %s, and should be %v", i+1, t.id, rows[i].outcome, rows[i].class, want)
		}
		first[t.id] = true
	}
	return o.checkProfiles(rows)
}

// fate is what may become of a row, as outcome and class.
func (o *oracle) fate(r oracleRow, again bool) []string {
	switch {
	case r.id == "" || len(r.id) > 32:
		return []string{"failed invalid"}
	case again && slices.Contains(o.flags, "reject"):
		return []string{"failed duplicate"}
	case strings.HasPrefix(r.id, "bad") && !o.healed:
		return []string{"failed row"}
	case strings.HasPrefix(r.id, "dead") && !o.healed:
		return []string{"failed transient"}
	case strings.HasPrefix(r.id, "half") && r.level != "" && !o.healed:
		return []string{"failed row"}
	case strings.HasPrefix(r.id, "flaky") && !o.healed:
		return []string{"failed transient", "succeeded success"}
	}
	return []string{"succeeded success"}
}

// checkProfiles requires the accounts of the rows that succeeded, each as its rows in their order leave it.
func (o *oracle) checkProfiles(rows []settledRow) error {
	want := map[string][3]string{}
	for _, r := range rows {
		if r.outcome != "succeeded" {
			continue
		}
		p := want[r.id]
		if r.nick != "" {
			p[0] = r.nick
		}
		if r.face != "" {
			p[1] = r.face
		}
		if r.level != "" && o.profiled {
			p[2] = r.level
		}
		want[r.id] = p
	}
	for _, a := range o.sandbox.Accounts() {
		p, there := want[a.UserID]
		delete(want, a.UserID)
		is := [3]string{a.Nick, a.FaceURL, levelOf(a)}
		switch {
		case o.loose || o.profiled && !o.healed && (strings.HasPrefix(a.UserID, "half") || strings.HasPrefix(a.UserID, "flaky")): // rows that failed have left something
		case !there:
			return fmt.Errorf("there is an account %s, and no row of it succeeded", a.UserID)
		case p != is:
			return fmt.Errorf("account %s is %q, and its rows leave %q", a.UserID, is, p)
		}
	}
	for id := range want {
		return fmt.Errorf("%s succeeded, and there is no such account", id)
	}
	return nil
}

// levelOf is the level of an account, "" for none.
func levelOf(a sandbox.Account) string {
	if level, there := a.Profile["Tag_Profile_IM_Level"]; there {
		return fmt.Sprint(level)
	}
	return ""
}

// requireRefusal runs the next command, which has to be refused, without a call. For a changed input it is resume: that of
// a retry is in the job directory.
func (o *oracle) requireRefusal(command ...string) error {
	before := o.sandbox.Stats().Calls
	code, stderr, _, err := o.start(0, nil, append(slices.Clone(command), "--progress", "none")...)
	switch {
	case err != nil:
		return err
	case code != 6 && code != 2:
		return fmt.Errorf("%s: exit %d, and it should have been refused (rows up to %d are settled)\n%s", strings.Join(command, " "), code, o.furthest, stderr)
	case o.sandbox.Stats().Calls != before:
		return fmt.Errorf("it was refused, and made %d calls\n%s", o.sandbox.Stats().Calls-before, stderr)
	case !strings.Contains(stderr, "imimport: hint: "):
		return fmt.Errorf("it was refused without a hint\n%s", stderr)
	}
	o.counts["refusals"]++
	return nil
}

// heard is standard error, and waits for a word in it.
type heard struct {
	mu   sync.Mutex
	text bytes.Buffer
	word string
	ok   chan struct{} // closed when the word is there, or the process has ended
	done bool
}

func (h *heard) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.text.Write(p)
	if bytes.Contains(h.text.Bytes(), []byte(h.word)) {
		h.close()
	}
	return len(p), nil
}

func (h *heard) close() {
	if !h.done {
		h.done = true
		close(h.ok)
	}
}

func (h *heard) end()  { h.mu.Lock(); defer h.mu.Unlock(); h.close() }
func (h *heard) wait() { <-h.ok }

func (h *heard) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.String()
}
