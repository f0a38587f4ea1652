//go:build unix

package plain

import "syscall"

// Flags are those of open(2) that follow no link and wait for no pipe.
const Flags = syscall.O_NOFOLLOW | syscall.O_NONBLOCK
