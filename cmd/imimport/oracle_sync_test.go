package main_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"imimport/pkg/sandbox"
)

// account is what the service has of a UserID.
type account struct{ nick, face, level string }

// syncOracle syncs a table for some nights, and knows what the service may have after each.
type syncOracle struct {
	*oracle
	table   map[string]account
	known   map[string]bool // accounts that a sync has ended with
	made    int
	counts  map[string]int
	strange bool // a sync was killed: what it sent last is not known to the state
	levels  bool // the table has a column of the profile
}

func newSyncOracle(t *testing.T, bin string, counts map[string]int, profiled bool) *syncOracle {
	h := &history{kind: "csv", files: []string{"users.csv"}, profiled: profiled}
	s := &syncOracle{oracle: newOracle(t, bin, h, counts), table: map[string]account{}, known: map[string]bool{}, counts: counts}
	_ = s.sandbox.ChangeRules(func(r *sandbox.Rules) {
		r.DeletionBar, r.Quota = sandbox.None, sandbox.None
		r.Limits["account_delete"], r.Limits["account_check"] = sandbox.None, sandbox.None
	})
	return s
}

// change is one day of the table.
func (s *syncOracle) change(seed uint64) {
	r := rand.New(rand.NewPCG(seed, 2))
	ids := slices.Sorted(maps.Keys(s.table))
	for _, id := range ids {
		row := s.table[id]
		switch r.IntN(12) {
		case 0:
			delete(s.table, id)
			continue
		case 1, 2:
			row.nick = fmt.Sprintf("Nick %d", r.IntN(1000))
		case 3:
			if s.levels { // nothing but the profile
				row.level = fmt.Sprint(1 + r.IntN(1000))
			}
		}
		s.table[id] = row
	}
	come := 2 + r.IntN(5)
	if len(ids) == 0 {
		come = 40
	}
	for range come {
		s.made++
		id := []string{"u", "u", "u", "u", "u", "u", "tryA", "tryB", "bad"}[r.IntN(9)] + strconv.Itoa(s.made)
		s.table[id] = account{nick: "Nick " + id, face: "https://x.example/" + id}
		if s.levels && r.IntN(4) > 0 {
			s.table[id] = account{"Nick " + id, "https://x.example/" + id, fmt.Sprint(s.made)}
		}
	}
}

// text is the table as a file, in its own order, damaged as the night wants it.
func (s *syncOracle) text(n night) []byte {
	var b bytes.Buffer
	b.WriteString("UserID,Nick,level,FaceUrl\n")
	ids := slices.Sorted(maps.Keys(s.table))
	r := rand.New(rand.NewPCG(n.seed, 3))
	r.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
	for i, id := range ids {
		row := s.table[id]
		switch {
		case n.do == "no UserID" && i == 3:
			fmt.Fprintf(&b, ",%s,%s,%s\n", row.nick, row.level, row.face)
		case n.do == "stray quote" && i == 3:
			fmt.Fprintf(&b, "%s,%s,%s,\"%s\n", id, row.nick, row.level, row.face)
		case n.do == "stray quote" && i == 4:
			fmt.Fprintf(&b, "%s,%s,%s,%s\"\n", id, row.nick, row.level, row.face)
		case n.do == "half the table" && i > len(ids)/2:
		default:
			fmt.Fprintf(&b, "%s,%s,%s,%s\n", id, row.nick, row.level, row.face)
		}
	}
	return b.Bytes()
}

func (s *syncOracle) server() map[string]account {
	all := map[string]account{}
	for _, a := range s.sandbox.Accounts() {
		all[a.UserID] = account{a.Nick, a.FaceURL, levelOf(a)}
	}
	return all
}

func (s *syncOracle) imports() int {
	return int(s.sandbox.Stats().Command("account_import").Calls)
}

func (s *syncOracle) play(nights []night) error {
	others := []byte("UserID,Nick\nother1,A\nother2,B\n") // accounts that no sync has made
	_ = os.WriteFile(filepath.Join(s.dir, "others.csv"), others, 0o600)
	if code, stderr, _, err := s.start(0, nil, "run", "others.csv", "--progress", "none"); err != nil || code != 0 {
		return fmt.Errorf("exit %d: %w\n%s", code, err, stderr)
	}
	for i, n := range nights {
		s.counts[n.do]++
		s.levels = s.profiled && (i > 0 || n.delete) // some begin with a table without a profile
		s.change(n.seed)
		if err := s.night(n); err != nil {
			return fmt.Errorf("night %d, %s: %w", i+1, n, err)
		}
	}
	s.change(0)
	if err := s.night(night{do: "plain"}); err != nil {
		return fmt.Errorf("the last night: %w", err)
	}
	before := s.sandbox.Stats().Calls
	maps.DeleteFunc(s.table, func(id string, _ account) bool { return strings.HasPrefix(id, "bad") })
	if err := s.night(night{do: "plain"}); err != nil {
		return err
	}
	if calls := s.sandbox.Stats().Calls - before; calls > 0 {
		return fmt.Errorf("there was nothing to send, and %d calls were made", calls)
	}
	return nil
}

// night is one sync.
func (s *syncOracle) night(n night) error {
	path, text, before, imports := filepath.Join(s.dir, "users.csv"), s.text(n), s.server(), s.imports()
	_ = os.WriteFile(path, text, 0o600)
	args := []string{"sync", "users.csv", "--state", "state", "--max-shrink", "40%", "--rate", "none", "--workers", "4", "--retry-initial", "1ms", "--max-attempts", "3", "--progress", "none"}
	if s.levels {
		args = append(args, "--map", "Level=level")
	}
	if n.delete {
		args = append(args, "--gone", "delete", "--max-gone", "30%")
	}
	if n.do == "quota" {
		_ = s.sandbox.ChangeRules(func(r *sandbox.Rules) { r.Quota = len(before) + 2 })
	}
	code, stderr, killed, err := s.start(n.call, func(c *exec.Cmd, h *heard) { s.disturb(n, c, h, path, text) }, args...)
	_ = s.sandbox.ChangeRules(func(r *sandbox.Rules) { r.Quota = sandbox.None })
	if err != nil {
		return err
	}
	s.counts["syncs"]++
	s.counts[fmt.Sprintf("exit %d", code)]++
	s.strange = s.strange || killed
	if err := s.check(n, code, killed, before, s.imports()-imports); err != nil {
		return fmt.Errorf("exit %d: %w\n%s", code, err, stderr)
	}
	return nil
}

func (s *syncOracle) disturb(n night, c *exec.Cmd, h *heard, path string, text []byte) {
	switch n.do {
	case "kill":
		_ = c.Process.Kill()
	case "interrupt":
		_ = c.Process.Signal(os.Interrupt)
		h.wait()
	case "empty during":
		_ = os.Truncate(path, 0)
	case "rewrite during":
		_ = os.WriteFile(path, text[:len(text)/2], 0o600)
	case "back during":
		_ = os.Truncate(path, 0)
		_ = os.WriteFile(path, text, 0o600)
		_ = os.Chtimes(path, time.Time{}, time.Now().Add(-time.Minute))
	}
}

// check compares what the service has with what it may have.
func (s *syncOracle) check(n night, code int, killed bool, before map[string]account, made int) error {
	after := s.server()
	damaged := slices.Contains([]string{"no UserID", "stray quote", "half the table", "empty during", "rewrite during"}, n.do)
	for id := range before {
		_, has := after[id]
		_, wanted := s.table[id]
		switch {
		case has:
		case wanted:
			return fmt.Errorf("%s was deleted, and is in the table", id)
		case !n.delete || n.do == "no UserID" || n.do == "stray quote":
			return fmt.Errorf("%s was deleted on a night on which nobody may be", id)
		case !strings.HasPrefix(id, "u") && !strings.HasPrefix(id, "try"):
			return fmt.Errorf("%s was deleted, and no sync has made it", id)
		default:
			delete(s.known, id)
			s.counts["deleted"]++
		}
	}
	due := 0
	for id, a := range after {
		if !s.between(a, before[id], s.table[id]) {
			return fmt.Errorf("account %s has %q, and the table %q", id, a, s.table[id])
		}
	}
	for id, a := range s.table {
		if b, there := before[id]; !there || b != a {
			due++
		}
	}
	switch {
	case killed || damaged:
		return nil
	case code == 2 && n.delete && s.gone(before) > 0: // more may be gone than --max-gone lets
		s.counts["too many gone"]++
		return nil
	case code == 4 && n.do == "quota", code == 130 && n.do == "interrupt":
		return nil
	case code > 1:
		return errors.New("the exit code is not one that could be")
	}
	return s.checkWhole(n, code, after, due, made)
}

// between tells whether an account is what it was, or as the table has it: its import and its profile are two calls.
func (s *syncOracle) between(is, was, wanted account) bool {
	if is.level == was.level || is.level == wanted.level {
		was.level, wanted.level = is.level, is.level
	}
	return is == was || is == wanted
}

// gone is how many accounts the table has no more.
func (s *syncOracle) gone(before map[string]account) (n int) {
	for id := range before {
		if _, wanted := s.table[id]; !wanted && !strings.HasPrefix(id, "other") {
			n++
		}
	}
	return n
}

// checkWhole is for a night that went through.
func (s *syncOracle) checkWhole(n night, code int, after map[string]account, due, made int) error {
	failed := 0
	for id, a := range s.table {
		switch b, there := after[id]; {
		case strings.HasPrefix(id, "bad"):
			failed++
		case !there || a != b:
			return fmt.Errorf("account %s is %q (there: %v), and the table has %q", id, b, there, a)
		default:
			s.known[id] = true
		}
	}
	if (code == 1) != (failed > 0) {
		return fmt.Errorf("%d rows failed", failed)
	}
	if !s.strange && made < due || !s.strange && made > 3*due {
		return fmt.Errorf("%d rows were new or other, and %d calls were made", due, made)
	}
	s.strange = false
	if !n.delete {
		return nil
	}
	gone, left := 0, ""
	for id := range s.known {
		if _, wanted := s.table[id]; wanted {
			continue
		}
		if _, there := after[id]; there {
			left = id
		}
		gone++
	}
	if left != "" && gone*10 < len(s.known) {
		return fmt.Errorf("%s is gone from the table, and was not deleted", left)
	}
	return nil
}

// TestRandomNights syncs a table that changes, under all that can happen to a sync.
func TestRandomNights(t *testing.T) {
	t.Parallel()
	bin := build(t)
	seeds := histories("IMIMPORT_NIGHTS", 1, 2, 3)
	counts := map[string]int{}
	for _, seed := range seeds {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			nights := newNights(seed)
			counts["series"]++
			err := newSyncOracle(t, bin, counts, seed%2 == 0).play(nights)
			if err == nil {
				return
			}
			for i := len(nights) - 1; i >= 0; i-- {
				less := slices.Delete(slices.Clone(nights), i, i+1)
				if e := newSyncOracle(t, bin, map[string]int{}, seed%2 == 0).play(less); e != nil {
					nights, err = less, e
				}
			}
			t.Errorf("seed %d: %v\n%v", seed, err, nights)
		})
	}
	t.Log(sorted(counts))
}
