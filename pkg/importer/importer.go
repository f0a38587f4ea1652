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
	"time"

	"imimport/limiter"
	"imimport/pkg/checkpoint"
	"imimport/pkg/fault"
	"imimport/pkg/im"
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

// Lane is the way of one command to the service.
type Lane struct {
	Command im.Command // account_import or multiaccount_import
	Limiter *limiter.Limiter
	Size    int // accounts in a call; 0 is 1
}

// Config is one run of one pass. Source, Client, Ledger, Save, Lanes and Log are needed.
type Config struct {
	Source     Source
	EndReading func() // nil, or makes a Read that waits for its input give up
	Client     Client
	Ledger     Ledger
	Save       func(*checkpoint.State) error // syncs the ledger, then writes the checkpoint; called by one goroutine at a time

	From  checkpoint.State // where to begin; its Counters are counted on
	Names []string         // the inputs' names in reports, by Row.File

	Lanes    []Lane // rows go through the first; one of account_import is among them, for rows that a batch leaves open
	Workers  int    // requests in flight at once, in each lane
	Policy   retry.Policy
	Endpoint string      // as messages name it
	Voice    fault.Voice // for what the checkpoint and the log keep as text; nil is fault.Plain

	QuotaContinue bool
	MaxErrors     MaxErrors
	Limit         int64                             // rows of this run; 0 is all
	MaxDuration   time.Duration                     // 0 is none
	Duplicate     func(*reader.Row) (reason string) // "" sends the row, else it fails as a duplicate; nil sends all
	Overtaken     func(*reader.Row) (reason string) // "" sends the row, else a later row of its UserID was accepted: it counts as sent before that; nil sends all
	Relabel       func(*report.Settled)             // nil, or gives an outcome the place that its row has for the user, before it is written
	Accepted      func(userID string, row int64)    // nil, or hears of each row that has succeeded, once its outcome is written

	Stop            <-chan struct{} // closed: finish what is in flight. Cancel the context to stop at once
	CheckpointEvery time.Duration   // 0 is a second
	Progress        func(Progress)  // nil, or called up to ten times a second by the loop: must be quick
	Metrics         Metrics         // nil for none
	History         *report.History // nil for none
	KeepHistory     func([]byte)    // gets it as JSON now and then, to be kept; called like Save
	Log             *slog.Logger
}

// Result is how a run ended. State is what is on disk.
type Result struct {
	State  checkpoint.State
	Read   int64        // rows read, settled or not
	Fault  *fault.Error // why it stopped, redacted; nil when it is complete. Without an Err for a limit, a duration or a signal
	Behind bool         // the ledger may hold more than State counts on: it is settled again when the job goes on
}

// Kind is why the run stopped, fault.None when it is complete.
func (r Result) Kind() fault.Kind {
	if r.Fault == nil {
		return fault.None
	}
	return r.Fault.Kind
}
