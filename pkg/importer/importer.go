// Package importer sends the rows of a source to the service and gives each its outcome.
//
// # The machine
//
// [Run] is the whole of it: one loop that owns all state, and goroutines that do one thing each.
//
//	reader ──rows──▶ loop ──calls──▶ dispatcher (one a lane: takes the tokens) ──▶ workers (one attempt each)
//	                 │  ▲                                                            │
//	                 │  └─────────────────────────── answers ◀───────────────────────┘
//	                 └──▶ ledger (outcome files), accounts, and once a second a checkpoint beside the loop
//
// A row's way through it:
//
//	read      the reader's goroutine takes it from Config.Source                      rows.go    feed.run
//	admitted  into the window; one that breaks a rule or is a duplicate fails here     settle.go  settler.admit
//	released  once no earlier row of its UserID is unsettled                           settle.go  settler.release
//	called    alone or in a batch, as soon as its lane has room                        run.go     run.fill
//	sent      the dispatcher takes a token; an idle worker or a new one calls          lanes.go   lane.start
//	answered  package decide says what the answer means: settle, later, again, stop    answer.go  run.act
//	          and whether the service is there at all: in an outage few calls are sent  outage.go  run.ask
//	settled   a line in an outcome file, then the tally, then the next of its UserID   settle.go  settler.settle
//	on disk   with the next checkpoint                                                 save.go    saver.begin
//
// A call that waits for its next try waits in a heap and holds no worker. Calls that were sent before go before new
// ones. No order of outcomes is promised, so one slow row stalls nobody; two rows of one UserID go one after the
// other, in the order of the input.
//
// A batch is a call of several rows in a lane of its own. Rows that its answer lists as failed, and rows of a batch
// that is refused as a whole, go through the lane of account_import, whose answer alone tells why.
//
// A row with values of the profile takes two calls, one behind the other: the account's import, and portrait_set in a lane
// of its own (answer.go, run.took). Each has its own tries and its own limit, and the row is settled once, by the answer
// that ends it: so the next row of its UserID comes behind both. A stop between the two leaves the row without an outcome,
// and the next run makes both calls, which the service allows. Imports run ahead of profiles by a second or so at most.
// Where portrait_set alone gives no good answer that is no outage, since others have one: its rows use up their tries and fail.
//
// # Accounting
//
// The loop alone settles rows, and type settler has the three places where it does. No mutex and no atomic is in the
// accounting, and nothing that could lose a row is raced against a context. A row that was not settled when the run
// stopped is in no file; it comes back with the next run.
//
// # Faults
//
// Why a run stopped is a fault.Kind. After a quota, a refusal, an outage, a signal or too many errors nothing more is sent, and
// calls in flight are finished. After the end of the input, an input that fails and a limit, the rows that were read
// find their outcome first. A panic is a fault of the kind Internal, in whichever goroutine: the run stops like for a
// refusal. Only when the disk fails, or when something panics in the loop or the ledger, the accounts cannot be trusted
// any more; then the last checkpoint stays the last, and what was settled after it is settled again by the next run.
//
// # Decisions
//
// The window is bounded in rows and bytes, not in how far it reaches: a row that waits a minute holds back the
// watermark, but not the rows behind it, whose ranges the checkpoint lists. Checkpoints are synced beside the loop: a
// disk that takes 100 ms would cost a tenth of the requests. A worker starts when a call has its token and nobody is idle:
// 60 ms away 15 of them do for 200/s, 5 s away it takes 1,000. The bound on them comes before the token, because a token
// that waits for a worker is sent late and right before the following one. The lanes are a list, and
// the loop gives a lane a call only when the lane's channel has room. So the loop never waits for one of them, and one
// channel tells it about room in any of them.
//
// An outage is nobody's failure. Package decide says when there is one: three seconds without a good answer to anybody.
// From then on one call is sent every half second, by turns one of new rows and one of those that wait, and no answer
// uses up a try (outage.go). The tries since the last good answer are given back; so a row whose tries are used up is
// kept until somebody else has had a good answer, or until nobody else is left, and fails only then. When the service
// answers again, all that waits is due at once. An outage longer than Config.MaxOutage stops the run with
// fault.Unreachable, and so does a service that has not answered once within a minute. A wrong address is
// fault.Refused, after three tries of a row. Up to the third second calls go out at the full rate, which is most of what
// an outage costs: with a minute of 502 in the middle (.ci/outage), 2,000 rows take 2,700 requests.
//
// Measured on two cores, through all of it but the network (BenchmarkAccounting): a million rows a second in batches, with
// and without checkpoints, and a quarter of that one by one.
package importer

import (
	"context"
	"log/slog"
	"time"

	"imimport/limiter"
	"imimport/pkg/checkpoint"
	"imimport/pkg/fault"
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
	SetPortrait(context.Context, string, []im.ProfileItem) im.Answer
	Resign(im.Answer) error
}

// Ledger is where settled rows go. *report.Files is one. An error of it is final.
type Ledger interface {
	Append(*report.Settled) error
	Flush() (report.Written, error)
}

// Lane is the way of one command to the service.
type Lane struct {
	Command im.Command // account_import, multiaccount_import or portrait_set
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

	Lanes    []Lane // rows go through the first; one of account_import is among them, for rows that a batch leaves open, and one of portrait_set where rows have a Profile
	Workers  int    // requests in flight at once, at most, in each lane
	Policy   retry.Policy
	Endpoint string        // as messages name it
	Check    fault.Command // lists what is only warned of
	Voice    fault.Voice   // for what the checkpoint and the log keep as text; nil is fault.Plain

	QuotaContinue bool
	MaxOutage     time.Duration                     // longer than that without a good answer stops the run; 0 is the default, below 0 none
	MaxErrors     option.Bound                      // failed rows of this run
	Limit         int64                             // rows of this run; 0 is all
	MaxDuration   time.Duration                     // 0 is none
	Duplicate     func(*reader.Row) (reason string) // "" sends the row, else it fails as a duplicate; nil sends all
	Overtaken     func(*reader.Row) (reason string) // called when a row's turn has come, and may change what is sent of it; "" sends it, else it counts as sent before a later row of its UserID; nil sends all
	Relabel       func(*report.Settled)             // nil, or gives an outcome the place that its row has for the user, before it is written
	Accepted      func(*reader.Row)                 // nil, or hears of each row that has succeeded, once its outcome is written

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
