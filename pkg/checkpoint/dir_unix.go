//go:build unix

package checkpoint

import (
	"errors"
	"os"
)

func (d Dir) Sync() error {
	f, err := os.Open(string(d))
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
