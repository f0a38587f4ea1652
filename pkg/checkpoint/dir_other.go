//go:build !unix

package checkpoint

// Sync does nothing: on Windows the file system's journal writes the entries of a directory, and there is no call to
// wait for it.
func (d Dir) Sync() error { return nil }
