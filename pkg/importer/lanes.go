package importer

import (
	"context"
	"slices"
	"sync"
	"time"

	"imimport/limiter"
	"imimport/pkg/decide"
	"imimport/pkg/fault"
	"imimport/pkg/im"
)

// call is one request that has not been sent yet, or is under way. It goes round from the loop to a worker and
// back, and belongs to whoever holds it.
type call struct {
	decide.Call
	lane  *lane
	items []*item
	due   time.Time // while it waits

	pass     *limiter.Call // nil: it came back without having been sent
	slowed   bool          // its answer has slowed the lane down
	answer   im.Answer
	panicked error // what panicked on the call's way
}

// lanes are the ways to the service, one for each command, and the calls that wait.
type lanes struct {
	list    []*lane // new rows go through the first
	single  *lane   // takes rows by themselves
	profile *lane   // takes rows whose account was imported; nil where no row has a profile
	waiting waiting
	spent   []*call       // whose tries are used up: given up once somebody else has had a good answer
	room    chan struct{} // holds a token when a dispatcher has room for another call
	answers chan *call    // has room for every call under way
	over    chan struct{} // closed when the loop takes no more of them
	group   sync.WaitGroup
}

func newLanes(cfg *Config) *lanes {
	ls := &lanes{room: make(chan struct{}, 1), over: make(chan struct{})}
	for _, c := range cfg.Lanes {
		// a little ahead of the dispatcher, so that the loop may be late by a token or two
		l := &lane{limiter: c.Limiter, size: max(c.Size, 1), workers: cfg.Workers, attempt: importOne(cfg.Client), in: make(chan *call, 4)}
		switch c.Command {
		case im.MultiaccountImport:
			l.attempt = importBatch(cfg.Client)
		case im.PortraitSet:
			l.attempt, ls.profile = setPortrait(cfg.Client), l
		default:
			ls.single = l
		}
		ls.list = append(ls.list, l)
	}
	ls.answers = make(chan *call, len(ls.list)*(cfg.Workers+4))
	return ls
}

func importOne(client Client) func(context.Context, *call) im.Answer {
	return func(ctx context.Context, c *call) im.Answer { return client.Import(ctx, account(c.items[0])) }
}

func importBatch(client Client) func(context.Context, *call) im.Answer {
	return func(ctx context.Context, c *call) im.Answer {
		accounts := make([]im.Account, len(c.items))
		for i, it := range c.items {
			accounts[i] = account(it)
		}
		return client.ImportBatch(ctx, accounts)
	}
}

// setPortrait gives the account of a row its profile. The service has taken the account just before: where it does not know
// it, it does not know it yet.
func setPortrait(client Client) func(context.Context, *call) im.Answer {
	return func(ctx context.Context, c *call) im.Answer {
		row := &c.items[0].row
		a := client.SetPortrait(ctx, row.UserID, im.ProfileItems(row.Profile))
		if a.HasCode && a.Code == im.CodeNoAccount {
			a.Class = im.ClassTransient
		}
		return a
	}
}

func account(it *item) im.Account {
	return im.Account{UserID: it.row.UserID, Nick: it.row.Nick, FaceURL: it.row.FaceURL}
}

// start runs the dispatchers and workers. They end after finish.
func (ls *lanes) start(ctx, sending context.Context, waited func(time.Duration)) {
	for _, l := range ls.list {
		l.start(ctx, sending, ls, waited)
	}
}

// back gives a call back to the loop, or to nobody: after a panic the loop has ended with calls in flight.
func (ls *lanes) back(c *call) {
	select {
	case ls.answers <- c:
	case <-ls.over:
	}
}

// finish waits for the dispatchers and workers. Calls in flight end with their answers, which nobody takes any more.
func (ls *lanes) finish() {
	close(ls.over)
	for _, l := range ls.list {
		close(l.in)
	}
	ls.group.Wait()
}

// fill hands over as many calls as there is room for: first those that were sent before, then new ones, which
// belong to the first lane.
func (ls *lanes) fill(now time.Time, next func() *call) {
	for _, c := range ls.waiting.due(now) {
		ls.again(c)
	}
	for i, l := range ls.list {
		for l.hasRoom() {
			c := l.pop()
			if c == nil && i == 0 && ls.takeNew() {
				c = next()
			}
			if c == nil {
				break
			}
			l.hand(c)
		}
	}
}

// mostBehind are the accounts that may wait for their profile while others are imported. With fewer, a moment in which one
// of the two lanes is slow holds up the other: 64 cost 1% of the rate on a busy machine.
const mostBehind = 256

// takeNew tells whether there is room for rows that were never sent.
func (ls *lanes) takeNew() bool {
	return ls.list[0].hasRoom() && (ls.profile == nil || len(ls.profile.ready) < mostBehind)
}

// again sends a call once more, before anything new.
func (ls *lanes) again(c *call) { c.lane.ready = append(c.lane.ready, c) }

// later sends a call once more when it is due.
func (ls *lanes) later(c *call, due time.Time) { ls.waiting.add(c, due) }

// halve sends the rows of a call as two, so that one bad account does not fail the others.
func (ls *lanes) halve(c *call) {
	n := len(c.items) / 2
	ls.again(&call{lane: c.lane, items: c.items[:n]})
	ls.again(&call{lane: c.lane, items: c.items[n:]})
}

// oneByOne sends a row by itself, with tries of its own: only the single command tells why.
func (ls *lanes) oneByOne(it *item) { ls.again(&call{lane: ls.single, items: []*item{it}}) }

// setProfile gives a row's account its profile, with tries of its own.
func (ls *lanes) setProfile(it *item) { ls.again(&call{lane: ls.profile, items: []*item{it}}) }

// drop forgets the calls that were not handed over. Their rows have no outcome.
func (ls *lanes) drop() {
	ls.waiting, ls.spent = nil, nil
	for _, l := range ls.list {
		l.ready = nil
	}
}

func (ls *lanes) pauseAll(now time.Time, d time.Duration) {
	for _, l := range ls.list {
		l.limiter.Pause(now, d)
	}
}

func (ls *lanes) slowed(now time.Time) bool {
	return slices.ContainsFunc(ls.list, func(l *lane) bool { return l.limiter.Slowed(now) })
}

// busy is the number of calls that were handed over and have not come back.
func (ls *lanes) busy() (n int) {
	for _, l := range ls.list {
		n += l.busy
	}
	return n
}

// underWay is the number of calls that wait, are ready or were handed over.
func (ls *lanes) underWay() int {
	n := len(ls.waiting) + ls.busy()
	for _, l := range ls.list {
		n += len(l.ready)
	}
	return n
}

// lane is the way of one command to the service: its limit, its workers, and the calls that may go now.
type lane struct {
	limiter *limiter.Limiter
	size    int // accounts in a call
	workers int
	attempt func(context.Context, *call) im.Answer

	ready []*call    // to be sent before anything new: calls that have waited, rows out of a batch
	in    chan *call // to the dispatcher; the loop closes it
	busy  int        // calls between in and their answers
}

// hasRoom tells whether hand would not wait: the loop alone fills the lane.
func (l *lane) hasRoom() bool { return len(l.in) < cap(l.in) }

func (l *lane) pop() *call {
	if len(l.ready) == 0 {
		return nil
	}
	c := l.ready[0]
	l.ready[0] = nil
	l.ready = l.ready[1:]
	return c
}

// hand gives a call to the dispatcher. It is not the loop's again until it comes back.
func (l *lane) hand(c *call) {
	c.pass, c.slowed = nil, false
	l.busy++
	l.in <- c
}

// start runs the lane's dispatcher, which starts a worker when a call has its token and nobody is idle. They end when
// the loop has closed l.in and every call has come back. Calls that get no token before sending ends come back unsent.
func (l *lane) start(ctx, sending context.Context, ls *lanes, waited func(time.Duration)) {
	work := make(chan *call)                 // the dispatcher closes it
	places := make(chan struct{}, l.workers) // holds a token for each call that has a worker
	back := func(c *call) {
		ls.back(c)
		<-places
	}
	started := 0
	ls.group.Go(func() {
		defer close(work)
		for c := range l.in {
			if len(l.in) <= cap(l.in)/4 { // the loop fills the lane with each answer, too: it need not be woken for each call
				select {
				case ls.room <- struct{}{}:
				default: // the loop knows already
				}
			}
			select { // first a place, then a token: a token that waits for a worker would be late and come in a burst
			case places <- struct{}{}:
			case <-sending.Done():
				ls.back(c)
				continue
			}
			if c.panicked = fault.Guard(func() { l.takeToken(sending, c, waited) }); c.panicked != nil || c.pass == nil {
				back(c)
				continue
			}
			select {
			case work <- c:
				continue
			default:
			}
			if started == l.workers { // one of them has given its place back, and is on its way
				work <- c
				continue
			}
			started++
			ls.group.Go(func() { l.serve(ctx, c, work, back) })
		}
	})
}

// serve is a worker: it makes an attempt of c, and then of the calls that come while it is idle.
func (l *lane) serve(ctx context.Context, c *call, more <-chan *call, back func(*call)) {
	for ok := true; ok; c, ok = <-more {
		c.panicked = fault.Guard(func() { c.answer = l.attempt(c.pass.Trace(ctx), c) })
		c.slowed = decide.End(c.pass, time.Now(), &c.answer)
		back(c)
	}
}

func (l *lane) takeToken(sending context.Context, c *call, waited func(time.Duration)) {
	from := time.Now()
	if pass, err := l.limiter.Wait(sending); err == nil {
		c.pass = pass
		waited(pass.SentAt().Sub(from))
	}
}
