package main

import (
	"sync"

	"imimport/pkg/fault"
)

// crash is the first panic in a goroutine of this package. It stops the work as a first signal does, so that the
// process ends in order, with the exit code of an internal fault.
type crash struct {
	once sync.Once
	err  error
	seen chan struct{} // closed when err is set
}

func newCrash() *crash { return &crash{seen: make(chan struct{})} }

// guard runs what a goroutine does.
func (c *crash) guard(f func()) {
	if err := fault.Guard(f); err != nil {
		c.once.Do(func() {
			c.err = err
			close(c.seen)
		})
	}
}

// instead is the panic's fault where there was one, else err.
func (c *crash) instead(err error) error {
	select {
	case <-c.seen:
		return c.err
	default:
		return err
	}
}
