// Package importer sends the rows of a source to the service and gives each its outcome.
//
// # The machine
//
// [Run] is the whole of it: one loop that owns all state, and goroutines that only do one thing each.
//
//	reader ──rows──▶ loop ──calls──▶ dispatcher (one a command: takes the tokens) ──▶ workers (one attempt each)
//	                 │  ▲                                                               │
//	                 │  └───────────────────────────── answers ◀────────────────────────┘
//	                 └──▶ ledger (outcome files), tally, and once a second a checkpoint beside the loop
//
// The loop keeps a window of the rows that were read and have no outcome yet, and a heap of the calls that wait
// for their next try. A worker makes one attempt and gives the answer back; the answer's class decides: settle,
// wait, slow down, sign anew, stop. A row that waits holds no worker, and what was sent before goes before what
// is new. No order of outcomes is promised, so that one slow row stalls nobody; two rows of one UserID go one
// after the other, in the order of the input.
//
// A batch is the same machine: a call of several rows in a lane of its own. Names that a batch's answer lists as
// failed go through the single lane, which alone tells why.
//
// # Accounting
//
// The loop alone settles rows, in one place each: settle for rows that were sent, refuse for those that are wrong,
// passOver for those of a retry that an accepted row has replaced.
// No mutex and no atomic is in the accounting, and nothing that could lose a row is raced against a context. A
// row that the run stopped before is in no file; it comes back with the next run.
//
// # Decisions
//
// The window is bounded in rows and bytes, not in how far it reaches: a row that waits a minute holds back the
// watermark, but not the rows behind it, whose ranges the checkpoint lists. A checkpoint's syncs are made beside
// the loop: a disk that takes 100 ms would cost a tenth of the requests. The dispatcher first has a worker and then
// takes a token, for a token that waits for a worker is sent late and next to the following one. In an outage (no
// good answer for some seconds) new rows wait, so that only the rows under way spend their tries on it: a literal
// policy at 200/s would fail 25 rows a second for as long as it lasts. A service that never answered at all fails
// no row: the run stops. Measured on two cores, through all of it but the network (BenchmarkAccounting): a million rows
// a second in batches, with and without checkpoints, and a quarter of that one by one.
package importer

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"imimport/limiter"
	"imimport/pkg/checkpoint"
	"imimport/pkg/im"
	"imimport/pkg/option"
	"imimport/reader"
	"imimport/report"
	"imimport/retry"
)

// Source gives the rows. Read's io.EOF is the only end; any other error is final.
type Source interface {
	Read(*reader.Row) error
	Bytes() (done, total int64)
}

// Client makes one attempt a call. *im.Client is one.
type Client interface {
	Import(context.Context, im.Account) im.Answer
	ImportBatch(context.Context, []im.Account) im.Answer
	Resign(im.Answer) error
}

// Ledger is where settled rows go. *report.Files is one. An error of it is final.
type Ledger interface {
	Append(*report.Settled) error
	Flush() (report.Lengths, error)
}

// Config is one run of one pass. Source, Client, Ledger, Save, Single and Log are needed, and Batch
// where BatchSize is over 1.
type Config struct {
	Source     Source
	EndReading func() // nil, or makes a Read that waits for its input give up
	Client     Client
	Ledger     Ledger
	Save       func(*checkpoint.State) error // syncs the ledger, then writes the checkpoint; called by one goroutine at a time

	From  checkpoint.State // where to begin; its Counters are counted on
	Names []string         // the inputs' names in reports, by Row.File

	Single, Batch *limiter.Limiter
	BatchSize     int // accounts a request; up to 1 is account_import
	Workers       int // requests in flight at once
	Policy        retry.Policy
	Endpoint      string // as messages name it

	QuotaContinue bool
	MaxErrors     option.Bound                      // failed rows of this run
	Limit         int64                             // rows of this run; 0 is all
	MaxDuration   time.Duration                     // 0 is none
	Duplicate     func(*reader.Row) (reason string) // "" sends the row, else it fails as a duplicate; nil sends all
	Overtaken     func(*reader.Row) (reason string) // "" sends the row, else a later row of its UserID was accepted: it counts as sent before that; nil sends all

	Stop            <-chan struct{} // closed: finish what is in flight. Cancel the context to stop at once
	CheckpointEvery time.Duration   // 0 is a second
	Progress        func(Progress)  // nil, or called up to ten times a second by the loop: must be quick
	Metrics         Metrics         // nil for none
	History         *report.History // nil for none
	KeepHistory     func([]byte)    // gets it as JSON now and then, to be kept; called like Save
	Log             *slog.Logger
}

// Result is how a run ended. State is what is on disk; what the run had settled after it, where the disk
// failed, is settled again when the job goes on.
type Result struct {
	State  checkpoint.State
	Read   int64 // rows read, settled or not
	Reason Reason
	Err    error // what stopped it, redacted; nil for a reason that is no error
	Hint   string
}

const (
	slabRows     = 16        // rows that the reader hands over at a time
	slabBytes    = 256 << 10 // and about what they may hold
	windowRows   = 20_000    // unsettled rows at once
	windowBytes  = 16 << 20  // and what they may hold, with itemOverhead
	itemOverhead = 700       // bytes of an item, its call and its place in the window
	linger       = 50 * time.Millisecond
	tickInterval = 100 * time.Millisecond
)

// Run imports the rows of cfg.Source until its end or a reason to stop. It returns when every goroutine
// it started has ended and the last checkpoint is written.
func Run(ctx context.Context, cfg Config) Result {
	r := newRun(ctx, cfg)
	defer r.endSending()
	var workers, reading sync.WaitGroup
	for _, l := range r.lanes {
		l.start(ctx, r.sending, &workers, r.answers, r.cfg.Metrics.Waited)
	}
	readCtx, endReading := context.WithCancel(ctx)
	rows := make(chan slab) // the reader closes it, at the end of the input or when readCtx ends
	reading.Go(func() { r.read(readCtx, rows) })

	tick, checkpoints := time.NewTicker(tickInterval), time.NewTicker(r.cfg.CheckpointEvery)
	defer tick.Stop()
	defer checkpoints.Stop()
	timer := time.NewTimer(time.Hour) // the next moment that something becomes due
	defer timer.Stop()
	duration := after(cfg.MaxDuration)
	killed, stop := ctx.Done(), cfg.Stop

	r.tick(time.Now()) // from now on there may be calls in flight
	for !r.done() {
		now := time.Now()
		r.prepare(now)
		timer.Reset(r.untilDue(now))
		select {
		case s, ok := <-when(r.wantsRows(), rows):
			r.take(s, ok)
		case r.to(r.single) <- r.single.next:
			r.single.handedOver()
		case r.to(r.batch) <- r.batch.next:
			r.batch.handedOver()
		case c := <-r.answers:
			r.answered(c)
		case <-timer.C: // prepare has what is due
		case now := <-tick.C:
			r.tick(now)
		case <-checkpoints.C:
			r.checkpoint()
		case err := <-r.saved:
			r.checkpointed(err)
		case <-duration:
			r.stop(StoppedDuration, nil, "")
		case <-stop:
			stop = nil
			r.stop(Interrupted, nil, "")
		case <-killed:
			killed = nil
			r.stop(Interrupted, nil, "")
		}
	}
	for _, l := range r.lanes {
		close(l.in)
	}
	endReading()
	if cfg.EndReading != nil {
		cfg.EndReading()
	}
	workers.Wait()
	reading.Wait()
	return r.finish()
}

// when is c if ready, and else a channel that never delivers.
func when[T any](ready bool, c <-chan T) <-chan T {
	if ready {
		return c
	}
	return nil
}

func after(d time.Duration) <-chan time.Time {
	if d <= 0 {
		return nil
	}
	return time.After(d)
}
