package job_test

import (
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/pkg/fault"
	"imimport/pkg/job"
)

// The time of a run counts from the start of its process, also while its input is looked at: standard input may deliver
// nothing. There is no job then, and nothing was sent.
func TestTheTimeOfARunIsOverWhileItsInputStalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 10)
		stalls, end := io.Pipe()
		defer end.Close()
		w.input, w.host.Stdin = "-", stalls
		began := time.Now()
		w.host.Started = began.Add(-3 * time.Second)
		o := w.options
		o.MaxDuration = 10 * time.Second
		_, err := w.run(o)
		require.Equal(t, fault.Duration, fault.KindOf(err), "%v", err)
		assert.Equal(t, 7*time.Second, time.Since(began))
		assert.NoDirExists(t, w.dir)
		assert.Empty(t, w.sandbox.Accounts())
	})
}

func TestTheTimeOfARunCountsFromTheStartOfItsProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 3000).apart()
		o := w.options
		o.Workers, o.MaxDuration = 1, 10*time.Second
		began := time.Now()
		w.host.Started = began.Add(-3 * time.Second)
		s, err := w.run(o)
		require.NoError(t, err)
		require.Equal(t, fault.Duration.String(), s.StopReason)
		assert.InDelta(t, 7, time.Since(began).Seconds(), 0.2)

		w.host.Started = time.Now().Add(-time.Minute)
		s, err = w.resume(func(o *job.Options) { o.MaxDuration = 10 * time.Second })
		require.NoError(t, err)
		require.Equal(t, fault.Duration.String(), s.StopReason)
		require.FileExists(t, w.dir+"/checkpoint.json")

		w.host.Started = time.Time{}
		s, err = w.resume(nil)
		require.NoError(t, err)
		require.Equal(t, "complete", s.State)
		w.outcomes(3000)
	})
}
