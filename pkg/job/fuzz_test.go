package job_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"imimport/pkg/fault/faulttest"
	"imimport/pkg/job"
)

// FuzzJob looks at a job whose files somebody has written by hand.
func FuzzJob(f *testing.F) {
	f.Add([]byte(`{"version":1,"id":"a","inputs":[{"path":"/dev/zero","name":"x"}],"columns":["UserID"],"options":{}}`), []byte("u1,1,,,,\n"))
	f.Add([]byte(`{"version":1,"id":"a","inputs":[{"path":"../../etc/passwd","name":"\u001b[31m"}],"dialect":{"format":"jsonl"}}`), []byte("{"))
	f.Fuzz(func(t *testing.T, spec, rows []byte) {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, "job.json"), spec, 0o600))
		require.NoError(t, os.WriteFile(filepath.Join(dir, "failed.csv"), rows, 0o600))
		_, _ = job.Status(dir, faulttest.Program{})
		_, _ = job.OpenOutcomes(dir, faulttest.Program{})
		_, _ = job.DryResume(t.Context(), dir, nil, job.Host{Voice: faulttest.Program{}})
	})
}
