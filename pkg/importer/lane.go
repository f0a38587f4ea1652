package importer

import (
	"context"
	"sync"
	"time"

	"imimport/limiter"
	"imimport/pkg/im"
	"imimport/retry"
)

// call is one request to be: one row for account_import, up to a hundred for multiaccount_import. It goes
// round from the loop to a worker and back, and belongs to whoever holds it.
type call struct {
	lane     *lane
	items    []*item
	schedule *retry.Schedule // nil until a try fails
	due      time.Time       // while it waits
	firstAt  time.Time       // its first try
	resigns  int

	sentAt time.Time
	sent   bool // false: it came back without having been sent
	answer im.Answer
}

// lane is the way of one command to the service: its limit, its workers, and the calls that may go now.
type lane struct {
	name    string
	limiter *limiter.Limiter
	workers int
	attempt func(context.Context, *call) im.Answer

	next  *call      // what goes next
	again []*call    // to be sent before anything new: waited calls, followers, singles out of a batch
	in    chan *call // to the dispatcher; the loop closes it
	busy  int        // calls between in and their answers
}

// start runs the lane's dispatcher and workers. They end when the loop has closed l.in and every call
// has come back on answers. Calls that get no token before sending ends come back unsent.
func (l *lane) start(ctx, sending context.Context, wg *sync.WaitGroup, answers chan<- *call, waited func(time.Duration)) {
	work := make(chan *call)               // the dispatcher closes it
	idle := make(chan struct{}, l.workers) // a place for each worker that waits
	for range l.workers {
		idle <- struct{}{}
		wg.Go(func() {
			for c := range work {
				c.answer = l.attempt(ctx, c)
				answers <- c
				idle <- struct{}{}
			}
		})
	}
	wg.Go(func() {
		defer close(work)
		for c := range l.in {
			select { // first a worker, then a token: a token that waits for a worker would be late and come in a burst
			case <-idle:
			case <-sending.Done():
				answers <- c
				continue
			}
			from := time.Now()
			if l.limiter.Wait(sending) != nil {
				idle <- struct{}{}
				answers <- c
				continue
			}
			c.sent, c.sentAt = true, time.Now()
			waited(c.sentAt.Sub(from))
			work <- c
		}
	})
}

// offer makes a call the lane's next. Once it is handed over it is the dispatcher's: nothing is written to it
// until it comes back.
func (l *lane) offer(c *call, now time.Time) {
	if c.sent = false; c.firstAt.IsZero() {
		c.firstAt = now
	}
	l.next = c
}

// handedOver notes that the dispatcher has taken the lane's next call.
func (l *lane) handedOver() {
	l.next = nil
	l.busy++
}
