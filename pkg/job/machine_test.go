package job_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/pkg/checkpoint"
	"imimport/pkg/fault/faulttest"
	"imimport/pkg/job"
)

// elsewhere rewrites the checkpoint as a run on another machine does, whose lock this one does not see.
func (w *world) elsewhere(change func(*checkpoint.State)) {
	content, err := os.ReadFile(filepath.Join(w.dir, "job.json"))
	require.NoError(w.t, err)
	var spec struct{ ID string }
	require.NoError(w.t, json.Unmarshal(content, &spec))
	s, err := checkpoint.Load(checkpoint.Dir(w.dir), spec.ID)
	require.NoError(w.t, err)
	s.Machine, s.StopReason = "other", ""
	change(s)
	require.NoError(w.t, checkpoint.Save(checkpoint.Dir(w.dir), s))
}

func TestAJobThatAnotherMachineWorksOnIsNotTakenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 20)
		w.options.Limit = 5
		s, err := w.run(w.options)
		require.NoError(t, err)
		require.Equal(t, 7, s.ExitCode)
		w.elsewhere(func(*checkpoint.State) {})
		go func() {
			time.Sleep(time.Second)
			w.elsewhere(func(s *checkpoint.State) { s.SavedAt = time.Now() })
		}()
		_, err = w.resume(nil)
		faulttest.Require(t, err, 6)
		require.ErrorContains(t, err, "a process on the machine other works on the job")

		s, err = w.resume(func(o *job.Options) { o.Limit = 0 }) // now it is silent
		require.NoError(t, err)
		assert.EqualValues(t, 20, s.Rows.Succeeded)
		w.outcomes(20)
	})
}

// taking has another machine take the job up at a call.
type taking struct {
	http.RoundTripper
	take func()
}

func (k *taking) RoundTrip(r *http.Request) (*http.Response, error) {
	if k.take != nil {
		k.take()
		k.take = nil
	}
	return k.RoundTripper.RoundTrip(r)
}

func TestARunWhoseJobIsTakenUpElsewhereStops(t *testing.T) {
	w := newWorld(t, 20)
	w.options.Workers = 1
	var theirs []byte
	path := filepath.Join(w.dir, "checkpoint.json")
	w.client.Transport = &taking{w.client.Transport, func() {
		w.elsewhere(func(*checkpoint.State) {})
		var err error
		theirs, err = os.ReadFile(path)
		require.NoError(t, err)
	}}
	_, err := w.run(w.options)
	faulttest.Require(t, err, 6)
	require.ErrorContains(t, err, "a process on the machine other works on the job")
	now, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, string(theirs), string(now), "nothing of theirs is written over")
}
