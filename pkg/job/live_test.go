package job_test

import (
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/pkg/fault/faulttest"
	"imimport/pkg/job"
)

// TestARunningJobShowsHowItGoes looks from outside, as another process does.
func TestARunningJobShowsHowItGoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 8000).apart()
		page := func() string {
			text, err := os.ReadFile(filepath.Join(w.dir, "report.html"))
			require.NoError(t, err)
			return string(text)
		}
		done := make(chan error)
		go func() {
			_, err := w.run(w.options)
			done <- err
		}()
		time.Sleep(2 * time.Second)
		const refresh = `<meta http-equiv="refresh"`
		assert.Contains(t, page(), refresh, "it is there from the start, and loads itself anew")
		time.Sleep(33 * time.Second)
		s, err := job.Status(w.dir, faulttest.Program{})
		require.NoError(t, err)
		require.Equal(t, "running", s.State)
		require.NotNil(t, s.Live)
		assert.InDelta(t, float64(s.Rows.Succeeded)/8000, s.Live.Share, 0.03)
		assert.InDelta(t, 150, s.Live.RowsPerSecond, 15)
		assert.InDelta(t, float64(8000-s.Rows.Succeeded)/150, s.Live.SecondsLeft, 5)
		assert.WithinDuration(t, time.Now(), s.Live.AsOf, 2*time.Second)
		assert.Contains(t, page(), "rows a second, about ")
		assert.Contains(t, page(), ", as of ")
		require.NoError(t, <-done)
		assert.NotContains(t, page(), refresh)
		s, err = job.Status(w.dir, faulttest.Program{})
		require.NoError(t, err)
		assert.Nil(t, s.Live)
	})
}

func TestAnOutageShowsSinceWhenAndNoTimeLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 8000).apart()
		w.setScenario("outages: [{from: 10s, for: 30s, answer: http502}]")
		done := make(chan error)
		go func() {
			_, err := w.run(w.options)
			done <- err
		}()
		time.Sleep(25 * time.Second)
		s, err := job.Status(w.dir, faulttest.Program{})
		require.NoError(t, err)
		require.NotNil(t, s.Live)
		assert.False(t, s.Live.OutageSince.IsZero())
		assert.Negative(t, s.Live.SecondsLeft)
		require.NoError(t, <-done)
	})
}

func TestAStateDirectoryStandsForItsLastJob(t *testing.T) {
	w := newWorld(t, 3)
	state := t.TempDir()
	w.dir = filepath.Join(state, "nights", "one")
	require.NoError(t, os.Mkdir(filepath.Join(state, "nights"), 0o700))
	_, err := w.run(w.options)
	require.NoError(t, err)
	require.NoError(t, job.Point(state, filepath.Join("nights", "one")))
	s, err := job.Status(state, faulttest.Program{})
	require.NoError(t, err)
	assert.EqualValues(t, 3, s.Rows.Succeeded)
}
