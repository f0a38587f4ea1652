package main_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// histories are the seeds of what a test goes through: the fixed ones, or as many others as the variable says.
// IMIMPORT_SEED is then the first of them, for those that are to be seen again.
func histories(variable string, fixed ...uint64) []uint64 {
	n, err := strconv.Atoi(os.Getenv(variable))
	if err != nil {
		return fixed
	}
	first := rand.Uint64N(1 << 40)
	if seed, err := strconv.ParseUint(os.Getenv("IMIMPORT_SEED"), 10, 64); err == nil {
		first = seed
	}
	seeds := make([]uint64, n)
	for i := range seeds {
		seeds[i] = first + uint64(i)
	}
	return seeds
}

// TestRandomHistories imports under all that can happen to an import, and knows what must come of it. What fails is
// shrunk to the steps that it takes.
func TestRandomHistories(t *testing.T) {
	t.Parallel()
	bin := build(t)
	counts := map[string]int{}
	for _, seed := range histories("IMIMPORT_HISTORIES", 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12) {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			h := newHistory(seed)
			counts["histories"]++
			if err := newOracle(t, bin, h, counts).play(); err != nil {
				h, err = shrink(t, bin, h, err)
				t.Errorf("%v\n%s", err, h)
			}
		})
	}
	t.Log(sorted(counts))
}

// shrink leaves out steps, flags and rows, one at a time, while the history still fails.
func shrink(t *testing.T, bin string, h *history, fault error) (*history, error) {
	until := time.Now().Add(20 * time.Second)
	try := func(change func(*history)) bool {
		if time.Now().After(until) {
			return false
		}
		less := *h
		change(&less)
		for range 2 {
			if err := newOracle(t, bin, &less, map[string]int{}).play(); err != nil {
				h, fault = &less, err
				return true
			}
		}
		return false
	}
	for i := len(h.steps) - 1; i >= 0; i-- {
		try(func(l *history) { l.steps = slices.Delete(slices.Clone(l.steps), i, i+1) })
	}
	for i := len(h.flags) - 2; i >= 6; i -= 2 {
		try(func(l *history) { l.flags = slices.Delete(slices.Clone(l.flags), i, i+2) })
	}
	try(func(l *history) { l.quota = 0 })
	try(func(l *history) { l.heal = false })
	for size := len(h.rows) / 2; size > 0; size /= 2 {
		for at := 0; at+size <= len(h.rows) && len(h.rows) > 8; {
			if !try(func(l *history) { l.rows = slices.Delete(slices.Clone(l.rows), at, at+size) }) {
				at += size
			}
		}
		if size < 4 {
			break
		}
	}
	return h, fault
}

func sorted(counts map[string]int) string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		list = append(list, fmt.Sprintf("%s %d", name, counts[name]))
	}
	return strings.Join(list, ", ")
}
