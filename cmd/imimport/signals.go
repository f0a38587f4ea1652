package main

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"imimport/pkg/fault"
)

// interruption is what signals do to a run.
type interruption struct {
	stop   <-chan struct{} // closed at the first: finish what is in flight
	ctx    context.Context // ends at the second: stop at once
	signal chan os.Signal
	quit   chan struct{}
	end    func() // where the system does not answer
	ended  sync.WaitGroup
	last   bool // the process ends behind the run
}

// watchSignals says in a line what each signal does. Before rows are sent nothing is in flight, and the first
// signal stops at once. The end of the terminal (SIGHUP) is a first signal and never a second one: a lost
// connection and systemd send it beside another. Where it was ignored from the start (nohup) it stays so; an
// interrupt counts even so, for scripts start what they put into the background with it ignored.
//
// A write to a pipe that nobody reads any more must not end a run that is under way, so SIGPIPE is ignored
// from here on; the write fails, and nobody minds.
func (a *app) watchSignals(parent context.Context, say func(string), sending func() bool) *interruption {
	ctx, cancel := context.WithCancel(parent)
	stop := make(chan struct{})
	in := &interruption{stop: stop, ctx: ctx, signal: make(chan os.Signal, 4), quit: make(chan struct{}), end: end}
	signal.Ignore(syscall.SIGPIPE)
	signal.Notify(in.signal, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) {
		signal.Notify(in.signal, syscall.SIGHUP)
	}
	if in.last = a.taken != nil; in.last {
		a.taken()
	}
	in.ended.Go(func() { // ends with release
		defer cancel()
		a.crash.guard(func() { in.watch(a.crash, say, sending, stop, cancel) })
	})
	return in
}

// mercy is how long the process may take to end after a second signal. It is longer only where the system does not answer: a
// pipe that nobody reads, a network disk that is gone.
const mercy = 5 * time.Second

// end ends the process on the spot.
func end() {
	err := fault.New(fault.Interrupted, fault.Hint{}, "interrupted; the system does not answer, and is not waited for")
	(&app{stderr: os.Stderr}).printError(err)
	os.Exit(exitCode(err))
}

func (in *interruption) watch(c *crash, say func(string), sending func() bool, stop chan<- struct{}, cancel func()) {
	crashed := c.seen
	for first := true; ; first = false {
		select {
		case s := <-in.signal:
			switch {
			case first && !sending():
				say("interrupted: stopping")
				close(stop)
				cancel()
			case first:
				say("interrupted: finishing the requests in flight; a second signal (Ctrl-C) stops at once")
				close(stop)
			case s == syscall.SIGHUP:
			default:
				say("interrupted again: stopping at once")
				cancel()
				signal.Stop(in.signal) // a third one ends the process
				select {
				case <-in.quit:
				case <-time.After(mercy):
					in.end()
				}
				return
			}
		case <-crashed:
			crashed = nil
			if first {
				close(stop)
			}
		case <-in.quit:
			return
		}
	}
}

// interrupted tells whether there was a signal.
func (in *interruption) interrupted() bool {
	select {
	case <-in.stop:
		return true
	default:
		return false
	}
}

// release lets signals do what they do without us. SIGPIPE stays ignored; and where the process has only to say how the
// run has ended, an interrupt does not keep it from that.
func (in *interruption) release() {
	if !in.last {
		signal.Stop(in.signal)
	}
	close(in.quit)
	in.ended.Wait()
}

// catchEarly has an interrupt end a run that has not taken the signals yet as one behind it does: with the command that starts
// it again.
func (a *app) catchEarly() {
	if a.typedAgain() == "" {
		return
	}
	early := make(chan os.Signal, 1)
	signal.Notify(early, os.Interrupt, syscall.SIGTERM)
	taken := make(chan struct{})
	a.taken = sync.OnceFunc(func() {
		signal.Stop(early)
		close(taken)
	})
	go func() {
		_ = fault.Guard(func() { // ends when the run takes the signals, or with the process
			select {
			case <-early:
				os.Exit((&app{args: a.args, stderr: a.stderr, jsonLog: a.asksForJSON(), ran: true}).end(fault.New(fault.Interrupted, fault.Hint{}, "interrupted; nothing was sent")))
			case <-taken:
			}
		})
	}()
}
