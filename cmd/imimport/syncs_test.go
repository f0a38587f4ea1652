package main_test

import (
	"bufio"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/pkg/sandbox"
)

// syncsSize is the table of TestTenSyncs: rows, and how many of a thousand change, come and go each day.
// IMIMPORT_SYNC_ROWS=1000000 go test -run TestTenSyncs -timeout 60m ./cmd/imimport is the size of a real one.
func syncsSize() (rows, changed, moved int) {
	if n, err := strconv.Atoi(os.Getenv("IMIMPORT_SYNC_ROWS")); err == nil {
		return n, 10, 5
	}
	return 1000, 150, 20
}

// syncs is a table that changes, and the service that it is synced to.
type syncs struct {
	*target
	t      *testing.T
	bin    string
	rows   map[string]string // UserID to Nick
	next   int
	random *rand.Rand
}

func (n *syncs) come(count int) {
	for range count {
		n.next++
		n.rows[fmt.Sprintf("u%d", n.next)] = "first"
	}
}

// change is one day: rows change, come and go.
func (n *syncs) change(day, changed, moved int) {
	ids := slices.Sorted(maps.Keys(n.rows))
	n.random.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
	for _, id := range ids[:moved] {
		delete(n.rows, id)
	}
	for _, id := range ids[moved : moved+changed] {
		n.rows[id] = fmt.Sprintf("day %d", day)
	}
	n.come(moved)
}

func (n *syncs) write() string {
	path := filepath.Join(n.dir, "users.csv")
	f, err := os.Create(path)
	require.NoError(n.t, err)
	out := bufio.NewWriter(f)
	_, _ = out.WriteString("UserID,Nick,note\n")
	for id, nick := range n.rows { // in another order each day
		fmt.Fprintf(out, "%s,%s,\"a\nnote\"\n", id, nick)
	}
	require.NoError(n.t, out.Flush())
	require.NoError(n.t, f.Close())
	return path
}

func (n *syncs) onServer() map[string]string {
	accounts := map[string]string{}
	for _, a := range n.sandbox.Accounts() {
		accounts[a.UserID] = a.Nick
	}
	return accounts
}

// differing is how many rows the server has not, or has otherwise.
func (n *syncs) differing() (count int) {
	server := n.onServer()
	for id, nick := range n.rows {
		if has, there := server[id]; !there || has != nick {
			count++
		}
	}
	return count
}

func (n *syncs) imports() int { return int(n.sandbox.Stats().Command("account_import").Calls) }

// TestTenSyncs syncs a table for ten syncs. Some rows fail on their first try, two syncs are killed in the
// middle, one stops at the quota. What is sent is what is new, changed or failed, and nothing else; at the end
// the server has the table, and the state is the one that the service alone would give.
func TestTenSyncs(t *testing.T) {
	t.Parallel()
	rows, perMilleChanged, perMilleMoved := syncsSize()
	changed, moved := rows*perMilleChanged/1000, rows*perMilleMoved/1000
	n := &syncs{target: newTarget(t, `steps: [{userid: "u*77", attempt: 1, answer: 70402}]`), t: t, bin: build(t), rows: map[string]string{}, random: rand.New(rand.NewPCG(1, 2))}
	n.come(rows)
	state := filepath.Join(n.dir, "state")
	args := func(more ...string) []string {
		return append([]string{"sync", n.write(), "--state", state, "--progress", "none", "--workers", "8", "--gone", "delete", "--max-gone", "20%"}, more...)
	}
	lost := 0 // calls of a killed day, whose answers the state may not know
	for day := 1; day <= 10; day++ {
		if day > 1 {
			n.change(day, changed, moved)
		}
		expected, before := n.differing(), n.imports()
		kill, rate := 0, "none"
		switch day {
		case 3, 7:
			kill, rate = expected/2, "2000"
		case 5:
			quota := len(n.onServer()) + moved/2
			require.NoError(t, n.sandbox.ChangeRules(func(r *sandbox.Rules) { r.Quota = quota }))
		}
		killed, code := n.runAndKill(t, n.bin, kill, args("--rate", rate)...)
		made := n.imports() - before
		switch {
		case kill > 0:
			require.True(t, killed, "day %d ended before it could be killed", day)
			lost = made
			continue
		case day == 5:
			require.Equal(t, 4, code)
			require.NoError(t, n.sandbox.ChangeRules(func(r *sandbox.Rules) { r.Quota = sandbox.None }))
		default:
			assert.Contains(t, []int{0, 1}, code, "day %d", day)
			assert.GreaterOrEqual(t, made, expected, "day %d", day)
			assert.LessOrEqual(t, made, expected+lost, "day %d", day)
		}
		lost = 0
	}
	_, code := n.runAndKill(t, n.bin, 0, args()...) // what failed in the tenth day
	require.Zero(t, code)
	assert.Equal(t, n.rows, n.onServer())
	before := n.imports()
	_, code = n.runAndKill(t, n.bin, 0, args()...)
	require.Zero(t, code)
	assert.Equal(t, before, n.imports(), "there is nothing to send")

	require.NoError(t, n.sandbox.SetScenario(sandbox.Scenario{})) // it is about account_check too
	scratch := filepath.Join(n.dir, "scratch")
	_, code = n.runAndKill(t, n.bin, 0, "sync", n.write(), "--state", scratch, "--rebuild", "service", "--rate", "none", "--progress", "none")
	require.Zero(t, code)
	require.Equal(t, before, n.imports())
	assert.Equal(t, records(t, scratch), records(t, state))
}

// records reads a state: key to content.
func records(t *testing.T, state string) map[string]string {
	all := map[string]string{}
	files, err := filepath.Glob(filepath.Join(state, "records", "*"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, name := range files {
		content, err := os.ReadFile(name)
		require.NoError(t, err)
		for r := range slices.Chunk(content, 32) {
			all[string(r[:16])] = string(r[16:24])
		}
	}
	return all
}
