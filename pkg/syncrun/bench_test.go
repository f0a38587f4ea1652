package syncrun_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"imimport/pkg/syncstate"
)

// BenchmarkState makes a table and a state that knows all of it, to time imimport sync with. It is no
// measure itself:
//
//	IMIMPORT_BENCH_DIR=/tmp/ten IMIMPORT_BENCH_ROWS=10000000 go test -run '^$' -bench State -benchtime 1x ./pkg/syncrun
//	cd /tmp/ten && IMIMPORT_SECRET_KEY=none /usr/bin/time -v imimport sync users.csv --state state --dry-run \
//	    --endpoint http://127.0.0.1:1 --sdkappid 1400000000
func BenchmarkState(b *testing.B) {
	dir := os.Getenv("IMIMPORT_BENCH_DIR")
	if dir == "" {
		dir = b.TempDir()
	}
	rows := 10_000
	if text := os.Getenv("IMIMPORT_BENCH_ROWS"); text != "" {
		var err error
		rows, err = strconv.Atoi(text)
		require.NoError(b, err)
	}
	for b.Loop() {
		state := filepath.Join(dir, "state")
		require.NoError(b, os.MkdirAll(state, 0o700))
		f, err := os.Create(filepath.Join(dir, "users.csv"))
		require.NoError(b, err)
		s := syncstate.New(state, syncstate.Binding{Endpoint: "http://127.0.0.1:1", SDKAppID: 1400000000})
		c, err := s.Change()
		require.NoError(b, err)
		var out strings.Builder
		out.WriteString("UserID,Nick,FaceUrl\n")
		for i := range rows {
			id, nick, face := fmt.Sprintf("user_%08d", i), fmt.Sprintf("Nick of %d", i), fmt.Sprintf("https://cdn.example.com/a/%d.png", i)
			require.NoError(b, c.Set(id, syncstate.ContentOf(nick, face)))
			fmt.Fprintf(&out, "%s,%s,%s\n", id, nick, face)
			if out.Len() > 1<<20 {
				_, err := f.WriteString(out.String())
				require.NoError(b, err)
				out.Reset()
			}
		}
		_, err = f.WriteString(out.String())
		require.NoError(b, err)
		require.NoError(b, f.Close())
		require.NoError(b, s.Update(c, syncstate.Note{Rows: int64(rows)}))
	}
}
