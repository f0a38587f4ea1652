package main

import (
	"os"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

// Where a pipe that nobody reads is opened, or a disk does not answer, nothing that the program asks for ends.
func TestASecondSignalEndsEvenAProcessThatTheSystemHoldsUp(t *testing.T) {
	for _, answers := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			var ended, canceled atomic.Bool
			in := &interruption{signal: make(chan os.Signal, 4), quit: make(chan struct{}), end: func() { ended.Store(true) }}
			stop := make(chan struct{})
			go in.watch(newCrash(), func(string) {}, func() bool { return true }, stop, func() { canceled.Store(true) })
			in.signal <- os.Interrupt
			<-stop
			time.Sleep(time.Hour)
			synctest.Wait()
			assert.False(t, ended.Load(), "what is in flight is finished")
			in.signal <- syscall.SIGTERM
			time.Sleep(mercy / 2)
			synctest.Wait()
			assert.True(t, canceled.Load())
			assert.False(t, ended.Load())
			if answers {
				close(in.quit)
			}
			time.Sleep(mercy)
			synctest.Wait()
			assert.Equal(t, !answers, ended.Load())
		})
	}
}
