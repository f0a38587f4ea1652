package report_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"imimport/report"
)

// The browser check of .ci/browser looks at the page that this test leaves where REPORT_PAGE says.
func TestPageOfTheDemoJob(t *testing.T) {
	name := os.Getenv("REPORT_PAGE")
	if name == "" {
		name = t.TempDir() + "/report.html"
	}
	f, err := os.Create(name)
	require.NoError(t, err)
	s, h := demo()
	require.NoError(t, report.WriteHTML(f, s, h))
	require.NoError(t, f.Close())
}
