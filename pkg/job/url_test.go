package job_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/pkg/job"
)

// A scheme may be written in any case. What may be secret in a URL stands in no file of the job, and has to be named
// once more to resume it.
func TestAURLWithASchemeInUpperCaseIsAURL(t *testing.T) {
	for name, query := range map[string]string{"without a query": "", "with a secret": "?sig=SECRET"} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, 50)
			server := httptest.NewServer(http.FileServer(http.Dir(filepath.Dir(w.input))))
			defer server.Close()
			w.input = strings.Replace(server.URL, "http://", "HTTP://", 1) + "/users.csv" + query
			o := w.options
			o.Limit = 10
			s, err := w.run(o)
			require.NoError(t, err)
			require.EqualValues(t, 10, s.Rows.Succeeded)
			files, err := filepath.Glob(filepath.Join(w.dir, "*"))
			require.NoError(t, err)
			require.Greater(t, len(files), 5)
			for _, file := range files {
				content, err := os.ReadFile(file)
				require.NoError(t, err)
				assert.False(t, strings.Contains(string(content), "SECRET"), file)
			}

			unlimited := func(o *job.Options) { o.Limit = 0 }
			if query != "" {
				_, err = w.resume(unlimited)
				require.ErrorContains(t, err, "may be secret and are not kept")
				w.host.Inputs = []string{w.input}
			}
			s, err = w.resume(unlimited)
			require.NoError(t, err)
			assert.Equal(t, "complete", s.State)
			assert.Len(t, w.outcomes(50), 50)
		})
	}
}
