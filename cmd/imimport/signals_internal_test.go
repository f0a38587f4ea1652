package main

import (
	"os"
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
			ended := false
			defer func(was func()) { end = was }(end)
			end = func() { ended = true }
			in := &interruption{signal: make(chan os.Signal, 4), quit: make(chan struct{})}
			stop, canceled := make(chan struct{}), false
			go in.watch(newCrash(), func(string) {}, func() bool { return true }, stop, func() { canceled = true })
			in.signal <- os.Interrupt
			<-stop
			time.Sleep(time.Hour)
			assert.False(t, ended, "what is in flight is finished")
			in.signal <- syscall.SIGTERM
			time.Sleep(mercy / 2)
			assert.True(t, canceled)
			assert.False(t, ended)
			if answers {
				close(in.quit)
			}
			time.Sleep(mercy)
			assert.Equal(t, !answers, ended)
		})
	}
}
