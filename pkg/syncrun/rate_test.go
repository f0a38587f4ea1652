package syncrun_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/limiter"
	"imimport/pkg/option"
	"imimport/pkg/syncrun"
)

func table(from, to int) string {
	var b strings.Builder
	b.WriteString("UserID,Nick\n")
	for i := from; i < to; i++ {
		fmt.Fprintf(&b, "u%d,n\n", i)
	}
	return b.String()
}

// --rate is about all that the service sees: rows, deletions, and what a state is made anew from.
func TestImportAndDeletionsTogetherKeepToTheRate(t *testing.T) {
	for _, batch := range []int{1, 100} {
		t.Run(fmt.Sprint("batch of ", batch), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				_, _, err := w.sync(table(0, 1000))
				require.NoError(t, err)
				w.calls.window = limiter.Window{}
				w.cfg.Options.Rate, w.cfg.Options.Batch = 10, batch
				w.cfg.Delete, w.cfg.MaxGone = true, option.Bound{Set: true, N: 1000}
				s, plan, err := w.sync(table(990, 1010))
				require.NoError(t, err)
				assert.Equal(t, "complete", s.State)
				assert.EqualValues(t, 990, plan.Deleted)
				assert.Equal(t, 10, w.calls.made["account_delete"])
				assert.LessOrEqual(t, w.calls.window.Worst(), 10)
				assert.Len(t, w.accounts(), 20)
			})
		})
	}
}

func TestRebuildFromServiceKeepsToTheRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		_, _, err := w.sync(table(0, 500))
		require.NoError(t, err)
		w.calls.window = limiter.Window{}
		w.cfg.Options.Rate, w.cfg.Rebuild = 3, syncrun.FromService
		_, plan, err := w.sync(table(0, 510))
		require.NoError(t, err)
		assert.EqualValues(t, 500, plan.Same)
		assert.LessOrEqual(t, w.calls.window.Worst(), 3)
	})
}

// Without --rate each command keeps to its own documented limit.
func TestDeletionsKeepToTheirDocumentedLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.cfg.Options.Batch = 100
		_, _, err := w.sync(table(0, 30_000))
		require.NoError(t, err)
		w.calls.window = limiter.Window{}
		w.cfg.Options.Batch, w.cfg.Options.Rate = 1, 0
		w.cfg.Delete, w.cfg.MaxGone = true, option.Bound{Set: true, N: 30_000}
		_, _, err = w.sync(table(0, 1))
		require.NoError(t, err)
		assert.Equal(t, 300, w.calls.made["account_delete"])
		assert.LessOrEqual(t, w.calls.window.Worst(), 100)
	})
}
