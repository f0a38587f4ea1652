package syncstate

import (
	"os"
	"strings"

	"imimport/pkg/checkpoint"
)

// WithoutSync makes tests faster that are not about a power loss.
func WithoutSync() {
	syncFile = func(*os.File) error { return nil }
	newFS = func(dir string) checkpoint.FS { return hasty{checkpoint.Dir(dir)} }
}

// PanicInSync makes each sync of a partition panic, until mend is called.
func PanicInSync(cause any) (mend func()) {
	before := syncFile
	syncFile = func(f *os.File) error {
		if strings.Contains(f.Name(), recordsDir) {
			panic(cause)
		}
		return before(f)
	}
	return func() { syncFile = before }
}

type hasty struct{ checkpoint.Dir }

type hastyFile struct{ checkpoint.File }

func (d hasty) Create(name string) (checkpoint.File, error) {
	f, err := d.Dir.Create(name)
	return hastyFile{f}, err
}

func (hasty) Sync() error     { return nil }
func (hastyFile) Sync() error { return nil }
