package job_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/pkg/fault"
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

// A download that breaks and comes back in another order stops the run where it broke. When the file is as it was again, the
// rest of it is imported, each row once.
func TestADownloadThatComesBackInAnotherOrderStopsTheRun(t *testing.T) {
	const rows = 20_000
	w := newWorld(t, rows)
	content, err := os.ReadFile(w.input)
	require.NoError(t, err)
	lines := strings.SplitAfter(string(content), "\nu")
	slices.Reverse(lines[1 : len(lines)-1])
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, _ *http.Request) {
		switch asked.Add(1) {
		case 1:
			out.Header().Set("Content-Length", strconv.Itoa(len(content)))
			_, _ = out.Write(content[:len(content)/2])
			out.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		case 2:
			_, _ = io.WriteString(out, strings.Join(lines, ""))
		default:
			_, _ = out.Write(content)
		}
	}))
	defer server.Close()
	w.input = server.URL + "/users.csv"
	o := w.options
	o.Batch = 100
	s, err := w.run(o)
	require.Equal(t, fault.Changed, fault.KindOf(err), "%v", err)
	require.False(t, fault.HintOf(err).IsZero())
	settled := int(s.Rows.Succeeded)
	require.Greater(t, settled, rows/3)
	w.outcomes(settled)

	s, err = w.resume(nil)
	require.NoError(t, err)
	require.Equal(t, "complete", s.State)
	w.outcomes(rows)
}
