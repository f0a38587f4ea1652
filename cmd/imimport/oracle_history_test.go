package main_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// oracleRow is one row of an input.
type oracleRow struct {
	id, nick, face, note string
	level                string // of the profile; "" for none
	file                 int    // which of the inputs it stands in
}

// history is an import and what happens to it: all of it comes from one seed.
type history struct {
	seed  uint64
	kind  string // name of the input's shape
	files []string
	rows  []oracleRow
	flags []string
	quota int // accounts at the beginning, 0 for no quota
	steps []step
	heal  bool // in the end the service accepts all, and the job is retried

	profiled bool // rows have a column of the profile
}

// step is one thing that happens: to a run, or between two runs.
type step struct {
	do    string
	call  int // the run is disturbed when it makes this call
	place int // per mille of the rows
}

func (s step) String() string {
	switch {
	case s.call > 0:
		return fmt.Sprintf("%s at call %d, place %d‰", s.do, s.call, s.place)
	case s.place > 0:
		return fmt.Sprintf("%s at %d‰ of the rows", s.do, s.place)
	}
	return s.do
}

func (h *history) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d: %d rows in %s, flags %v, quota %d, heal %v\n", h.seed, len(h.rows), h.kind, h.flags, h.quota, h.heal)
	for i, s := range h.steps {
		fmt.Fprintf(&b, "  %d. %s\n", i+1, s)
	}
	return b.String()
}

// What the service does to UserIDs: rows that begin with bad or dead fail, those with try do not, and those with flaky
// may do either, since a kill has some of their tries made in vain. Those with half fail when their profile is set.
const oracleScenario = `steps:
  - {userid: "half*", command: portrait_set, answer: 40605}
  - {userid: "bad*", command: account_import, answer: 70402}
  - {userid: "bad*", command: multiaccount_import, answer: 70402}
  - {userid: "dead*", answer: 70500}
  - {userid: "tryA*", attempt: 1, answer: 70500}
  - {userid: "tryB*", attempt: 1-2, answer: 70169}
  - {userid: "tryC*", attempt: 1, answer: commit-then-reset}
  - {userid: "flaky*", attempt: 1-3, answer: 70500}
`

var oracleKinds = []string{"csv", "csv", "jsonl", "csv.gz", "two csv", "wide csv", "stdin"}

var (
	runSteps     = []string{"kill", "kill", "kill behind a checkpoint", "interrupt", "end"}
	betweenSteps = []string{"append", "append in two halves", "insert", "delete", "rewrite", "truncate", "empty",
		"replace by the same", "replace by another", "edit an outcome", "lift the quota"}
	duringSteps = []string{"append during", "truncate during", "empty during", "replace during"}
)

func newHistory(seed uint64) *history {
	r := rand.New(rand.NewPCG(seed, 0))
	h := &history{seed: seed, kind: oracleKinds[r.IntN(len(oracleKinds))], heal: r.IntN(2) == 0}
	switch h.kind {
	case "two csv":
		h.files = []string{"a.csv", "b.csv"}
	case "stdin":
		h.files = []string{"-"}
	case "wide csv":
		h.files = []string{"users.csv"}
	default:
		h.files = []string{"users." + h.kind}
	}
	n := 8 + r.IntN(60)
	for i := range n {
		row := newOracleRow(r, h.rows, i)
		if h.kind == "wide csv" { // so much that not all is read at once
			row.note += strings.Repeat("x", 40_000)
		}
		if len(h.files) > 1 && i >= n/2 {
			row.file = 1
		}
		h.rows = append(h.rows, row)
	}
	h.addFlags(r)
	for range 1 + r.IntN(6) {
		h.steps = append(h.steps, h.newStep(r))
	}
	h.addProfiles(rand.New(rand.NewPCG(seed, 4)))
	return h
}

// addProfiles gives the rows of some histories a level.
func (h *history) addProfiles(r *rand.Rand) {
	if h.profiled = r.IntN(2) == 0 && !slices.Contains(h.flags, "--batch"); !h.profiled {
		return
	}
	h.flags = append(h.flags, "--map", "Level=level")
	for i := range h.rows {
		row := &h.rows[i]
		if r.IntN(3) > 0 {
			row.level = fmt.Sprint(i + 1)
		}
		if row.id == fmt.Sprintf("u%d", i) && r.IntN(8) == 0 {
			row.id = "half" + row.id
		}
	}
}

func newOracleRow(r *rand.Rand, before []oracleRow, i int) oracleRow {
	row := oracleRow{id: fmt.Sprintf("u%d", i), nick: fmt.Sprintf("Nick %d", i), note: fmt.Sprintf("a \"note\"\nof %d", i)}
	if r.IntN(2) == 0 {
		row.face = fmt.Sprintf("https://x.example/%d", i)
	}
	switch k := r.IntN(40); {
	case k == 0:
		row.id = ""
	case k == 1:
		row.id = strings.Repeat("x", 33)
	case k < 11:
		kinds := []string{"bad", "dead", "tryA", "tryB", "tryC", "tryA", "tryB", "flaky", "flaky"}
		row.id = kinds[k-2] + row.id
	case k < 15 && i > 0:
		row.id = before[r.IntN(i)].id
		if r.IntN(3) == 0 {
			row.nick = ""
		}
	}
	return row
}

func (h *history) addFlags(r *rand.Rand) {
	flags := []string{"--rate", "none", "--max-attempts", "3", "--retry-max", "300ms"}
	choose := func(oneIn int, more ...string) {
		if r.IntN(oneIn) == 0 {
			flags = append(flags, more...)
		}
	}
	choose(3, "--workers", fmt.Sprint(1+r.IntN(4)))
	choose(4, "--batch", fmt.Sprint(2+r.IntN(9)))
	choose(3, "--duplicates", "reject")
	choose(5, "--max-errors", fmt.Sprint(1+r.IntN(3)))
	choose(5, "--limit", fmt.Sprint(5+r.IntN(30)))
	if r.IntN(4) == 0 {
		h.quota = 1 + r.IntN(len(h.rows))
		choose(2, "--on-quota", "continue")
	}
	h.flags = flags
}

func (h *history) newStep(r *rand.Rand) step {
	s := step{place: 1 + r.IntN(999)}
	switch k := r.IntN(10); {
	case k < 5 || h.kind == "stdin":
		s.do = runSteps[r.IntN(len(runSteps))]
	case k < 8:
		s.do = betweenSteps[r.IntN(len(betweenSteps))]
	default:
		s.do = duringSteps[r.IntN(len(duringSteps))]
	}
	if s.do == "append during" && h.kind == "csv.gz" {
		s.do = "end"
	}
	switch s.do {
	case "kill", "kill behind a checkpoint", "interrupt", "append during", "truncate during", "empty during", "replace during":
		s.call = 1 + r.IntN(2*len(h.rows)/3)
	}
	return s
}

// night is a sync and what happens to it.
type night struct {
	do     string
	call   int // the sync is disturbed when it makes this call
	delete bool
	seed   uint64 // of what changes in the table before it
}

func (n night) String() string { return fmt.Sprintf("%s, call %d, delete %v", n.do, n.call, n.delete) }

var nightKinds = []string{"plain", "plain", "kill", "kill", "interrupt", "quota", "no UserID", "stray quote", "half the table", "empty during", "rewrite during", "back during"}

func newNights(seed uint64) (nights []night) {
	r := rand.New(rand.NewPCG(seed, 1))
	for range 3 + r.IntN(5) {
		n := night{do: nightKinds[r.IntN(len(nightKinds))], delete: r.IntN(2) == 0, seed: r.Uint64()}
		switch n.do {
		case "kill", "interrupt", "empty during", "rewrite during", "back during":
			n.call = 1 + r.IntN(12)
		}
		nights = append(nights, n)
	}
	return nights
}
