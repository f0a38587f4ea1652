package job_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/pkg/fault"
	"imimport/pkg/fault/faulttest"
	"imimport/pkg/importer"
	"imimport/pkg/job"
)

// A mistake in the program ends a run in order, with a reason that status knows, and the job goes on.
func TestAPanicInARunIsAFaultAndTheJobGoesOn(t *testing.T) {
	w := newWorld(t, 3000)
	w.host.Progress = func(p importer.Progress) {
		if p.Rows.Succeeded > 0 {
			panic("no such index")
		}
	}
	s, err := w.run(w.options)
	require.Equal(t, fault.Internal, fault.KindOf(err))
	assert.EqualError(t, err, "internal fault: no such index")
	assert.Equal(t, "internal", s.StopReason)
	assert.Equal(t, 70, s.ExitCode)
	w.requireSums(s)
	status, err := job.Status(w.dir, faulttest.Program{})
	require.NoError(t, err)
	assert.Equal(t, "internal", status.StopReason)
	assert.Equal(t, 70, status.ExitCode)

	w.host.Progress = nil
	s, err = w.resume(nil)
	require.NoError(t, err)
	assert.EqualValues(t, 3000, s.Rows.Succeeded)
	assert.Len(t, w.outcomes(3000), 3000)
	w.requireSums(s)
}
