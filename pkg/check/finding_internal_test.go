package check

import (
	"errors"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/pkg/distinct"
	"imimport/pkg/fault"
	"imimport/reader"
)

// failing is a finder whose Add fails at a row.
type failing struct {
	at     int64
	fail   func() error
	closed bool
}

func (f *failing) Add(_ string, row int64) error {
	if row == f.at {
		return f.fail()
	}
	return nil
}
func (f *failing) Finish() (*distinct.Duplicates, error) { return nil, nil }
func (f *failing) Close() error {
	f.closed = true
	return nil
}

func TestWhatFailsInTheGoroutineOfDuplicatesArrivesAtFinish(t *testing.T) {
	full := errors.New("full")
	for name, c := range map[string]struct {
		fail func() error
		kind fault.Kind
		says string
	}{
		"an error": {func() error { return full }, fault.None, "full"},
		"a panic":  {func() error { panic("oh no") }, fault.Internal, "internal fault: oh no"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // fails if the goroutine does not end
				finder := &failing{at: 100, fail: c.fail}
				f := startFinding(finder)
				taken := int64(0)
				for taken < 100*batches*batchRows && f.take(&reader.Row{Number: taken, UserID: "u"}) {
					taken++
				}
				assert.Less(t, taken, int64(100*batches*batchRows), "no more rows are taken")
				_, err := f.finish()
				require.ErrorContains(t, err, c.says)
				assert.Equal(t, c.kind, fault.KindOf(err))
				assert.True(t, finder.closed)
			})
		})
	}
}
