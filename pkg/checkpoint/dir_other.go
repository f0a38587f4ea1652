//go:build !unix

package checkpoint

// Sync has nothing to do: Windows writes a directory's entries with the file system's own journal, and
// offers no call to wait for it.
func (d Dir) Sync() error { return nil }
