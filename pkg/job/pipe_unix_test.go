//go:build unix

package job_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The last line of a pipe is sent also without a newline, since nothing more will come, and a warning names it. A file is
// seen to be whole.
func TestTheLastLineOfAPipeWithoutANewlineIsSentWithAWarning(t *testing.T) {
	for _, c := range []struct {
		name, content string
		warned        bool
	}{
		{"standard input", "UserID,Nick,note\nu1,Ann,x\nu2,Bob,y", true},
		{"fifo", "UserID,Nick,note\nu1,Ann,x\nu2,Bob,y", true},
		{"descriptor", "UserID,Nick,note\nu1,Ann,x\nu2,Bob,y", true},
		{"standard input", "UserID,Nick,note\nu1,Ann,x\nu2,Bob,y\n", false},
		{"file", "UserID,Nick,note\nu1,Ann,x\nu2,Bob,y", false},
	} {
		t.Run(fmt.Sprintf("%s, %v", c.name, c.warned), func(t *testing.T) {
			w := newWorld(t, 1)
			var log bytes.Buffer
			w.host.Log = slog.New(slog.NewTextHandler(&log, nil))
			shown := w.input
			switch c.name {
			case "standard input":
				w.input, w.host.Stdin = "-", strings.NewReader(c.content)
				shown = c.name
			case "file":
				require.NoError(t, os.WriteFile(w.input, []byte(c.content), 0o600))
			case "fifo":
				w.input = filepath.Join(t.TempDir(), "pipe.csv")
				require.NoError(t, syscall.Mkfifo(w.input, 0o600))
				shown = w.input
				go func() { // ends when the pipe was read
					if f, err := os.OpenFile(w.input, os.O_WRONLY, 0); assert.NoError(t, err) {
						_, err = io.WriteString(f, c.content)
						assert.NoError(t, err)
						assert.NoError(t, f.Close())
					}
				}()
			case "descriptor": // as <(query) gives it
				r, f, err := os.Pipe()
				require.NoError(t, err)
				defer r.Close()
				_, err = io.WriteString(f, c.content)
				require.NoError(t, err)
				require.NoError(t, f.Close())
				w.input = fmt.Sprintf("/dev/fd/%d", r.Fd())
				shown = w.input
			}
			s, err := w.run(w.options)
			require.NoError(t, err)
			require.Equal(t, "complete", s.State)
			require.Equal(t, "u2", w.outcomes(2)[2].userID)
			require.Len(t, w.sandbox.Accounts(), 2)
			assert.Equal(t, c.warned, strings.Contains(log.String(), shown+":3: the last line has no newline and is sent as it is"), log.String())
		})
	}
}
