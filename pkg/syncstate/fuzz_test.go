package syncstate_test

import (
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"imimport/pkg/syncstate"
)

// FuzzState opens a state whose sum is right and whose content is not, and works with it.
func FuzzState(f *testing.F) {
	f.Add([]byte(`{"version":1,"generation":3,"endpoint":"","sdkappid":0,"rows":1,"records":2,"names":{"g":1,"length":9,"count":2},"parts":[{"g":3,"n":1,"s":"0"}]}`), []byte("\x02u1"))
	f.Add([]byte(`{"version":1,"parts":[{"g":3,"n":-1,"s":"0"}]}`), []byte{})
	f.Fuzz(func(t *testing.T, body, part []byte) {
		dir := t.TempDir()
		content := fmt.Appendf(append([]byte{}, body...), "\n%08x\n", crc32.ChecksumIEEE(body))
		require.NoError(t, os.WriteFile(filepath.Join(dir, "state.json"), content, 0o600))
		require.NoError(t, os.Mkdir(filepath.Join(dir, "records"), 0o700))
		for _, name := range []string{"records/00-3", "names-1"} {
			require.NoError(t, os.WriteFile(filepath.Join(dir, name), part, 0o600))
		}
		s, err := syncstate.Open(dir, syncstate.Binding{})
		if err != nil {
			return
		}
		c, err := s.Change()
		if err != nil {
			return
		}
		if c.Set("u1", 1) == nil {
			_ = s.Update(c, s.Note()) // it may find the damage now
		}
		_ = c.Close()
	})
}
