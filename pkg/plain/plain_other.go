//go:build !unix

package plain

// Flags are none on Windows, where making a link needs a privilege and a pipe has no name in a directory.
const Flags = 0
