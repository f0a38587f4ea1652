package importer

import (
	"context"
	"errors"
	"io"
	"slices"
	"time"

	"imimport/pkg/checkpoint"
	"imimport/pkg/im"
	"imimport/report"
)

// run is the state of the loop. Only the loop's goroutine touches it, but for read.
type run struct {
	cfg Config

	// what the goroutines share
	sending    context.Context // ended by the first reason to stop: no call is sent any more
	endSending context.CancelFunc
	killed     context.Context // the caller's
	answers    chan *call
	saved      chan error

	// the lanes; batch is a lane without workers where rows go one by one
	single, batch, main *lane
	lanes               []*lane

	// the rows
	window     window
	fresh      []*item // read, in order, and not yet in a call
	freshSince time.Time
	waiting    waiting
	taken      int64 // rows of this run
	ended      bool  // nothing more is read

	// the accounts
	tally    report.Tally
	counters checkpoint.Counters
	base     checkpoint.Counters // those of the runs before
	onDisk   checkpoint.State
	saving   *checkpoint.State // a checkpoint on its way to the disk

	// what stops it
	reason Reason
	err    error
	hint   string

	startedAt           time.Time
	firstSent, lastSent time.Time
	historyAt           time.Time
	health              health
	pace                pace
	throttled           bool
	quotaTold           bool
	failed              int64 // rows of this run
	warned              int64
	settled             int64
}

func newRun(ctx context.Context, cfg Config) *run {
	if cfg.CheckpointEvery == 0 {
		cfg.CheckpointEvery = time.Second
	}
	cfg.BatchSize = max(cfg.BatchSize, 1)
	cfg.Workers = max(cfg.Workers, 1)
	if cfg.Metrics == nil {
		cfg.Metrics = noMetrics{}
	}
	r := &run{
		cfg: cfg, killed: ctx, startedAt: time.Now(), historyAt: time.Now(),
		saved:  make(chan error, 1),
		tally:  cfg.From.Tally.Clone(),
		base:   cfg.From.Counters,
		onDisk: cfg.From,
		window: window{tails: map[string]*item{}, end: cfg.From.Watermark, ahead: cfg.From.Ranges},
	}
	r.sending, r.endSending = context.WithCancel(ctx)
	r.counters = r.base
	r.counters.Runs++
	if r.counters.StartedAt.IsZero() {
		r.counters.StartedAt = r.startedAt
	}
	if !cfg.From.Retry {
		r.counters.Read = r.tally.Settled() // rows that were read and not settled are read again
	}
	r.single = &lane{name: "account_import", limiter: cfg.Single, workers: cfg.Workers, attempt: r.importOne}
	r.batch = &lane{name: "multiaccount_import"}
	r.lanes, r.main = []*lane{r.single}, r.single
	if cfg.BatchSize > 1 {
		r.batch.limiter, r.batch.workers, r.batch.attempt = cfg.Batch, cfg.Workers, r.importBatch
		r.lanes, r.main = append(r.lanes, r.batch), r.batch
	}
	for _, l := range r.lanes {
		l.in = make(chan *call, 2) // a little ahead of the dispatcher, so that the loop may be late by a token or two
	}
	r.answers = make(chan *call, 2*cfg.Workers+8)
	return r
}

func (r *run) importOne(ctx context.Context, c *call) im.Answer {
	return r.cfg.Client.Import(ctx, account(c.items[0]))
}

func (r *run) importBatch(ctx context.Context, c *call) im.Answer {
	accounts := make([]im.Account, len(c.items))
	for i, it := range c.items {
		accounts[i] = account(it)
	}
	return r.cfg.Client.ImportBatch(ctx, accounts)
}

func account(it *item) im.Account {
	return im.Account{UserID: it.row.UserID, Nick: it.row.Nick, FaceURL: it.row.FaceURL}
}

// slab is some rows on their way from the reader; err is what ended the input.
type slab struct {
	items       []item
	err         error
	done, total int64 // bytes
}

// read hands the rows over until the input ends or nobody wants them. A loop that waits for rows gets
// what there is, a busy one whole slabs.
func (r *run) read(ctx context.Context, out chan<- slab) {
	defer close(out)
	ranges := slices.Clone(r.cfg.From.Ranges)
	for {
		items, sent, size := make([]item, slabRows), 0, 0
		for n := range items {
			err := r.cfg.Source.Read(&items[n].row)
			if err != nil {
				select {
				case out <- r.slab(items[sent:n], err):
				case <-ctx.Done():
				}
				return
			}
			items[n].settled = ranges.Contains(items[n].row.Number)
			if size += items[n].row.Size; n+1 < len(items) && size < slabBytes {
				select {
				case out <- r.slab(items[sent:n+1], nil):
					sent = n + 1
				default:
				}
				continue
			}
			select {
			case out <- r.slab(items[sent:n+1], nil):
			case <-ctx.Done():
				return
			}
			break
		}
	}
}

func (r *run) slab(items []item, err error) slab {
	done, total := r.cfg.Source.Bytes()
	return slab{items, err, done, total}
}

// wantsRows tells whether the window has room for more and there may be more.
func (r *run) wantsRows() bool {
	return !r.ended && r.reason == running && len(r.fresh) < 2*r.cfg.BatchSize+slabRows &&
		r.window.rows < windowRows && r.window.bytes < windowBytes
}

// take puts rows that were read into the window, or settles at once those that are never sent.
func (r *run) take(s slab, ok bool) {
	if !ok { // the reader was told to end
		r.ended = true
		r.stop(Interrupted, nil, "")
		return
	}
	if !r.cfg.From.Retry { // which reads no input, but a copy of outcome files
		r.counters.BytesDone, r.counters.BytesTotal = s.done, s.total
	}
	for i := range s.items {
		it := &s.items[i]
		switch {
		case it.settled:
			r.window.skip(&it.row)
			continue
		case r.cfg.Limit > 0 && r.taken == r.cfg.Limit: // and here is one more
			r.ended = true
			r.finishWith(StoppedLimit, nil, "")
			return
		}
		r.taken++
		if !r.cfg.From.Retry {
			r.counters.Read++
		}
		r.admit(it)
	}
	if s.err != nil {
		r.ended = true
		switch {
		case errors.Is(s.err, io.EOF):
		case r.killed.Err() != nil:
			r.stop(Interrupted, nil, "")
		default:
			r.finishWith(StoppedInput, s.err, inputHint(s.err))
		}
	}
}

func (r *run) admit(it *item) {
	if it.row.Fault != nil {
		r.refuse(it, "invalid", r.faultOf(it))
		return
	}
	if it.row.Warning != "" {
		r.warn(it)
	}
	if r.cfg.Duplicate != nil {
		if reason := r.cfg.Duplicate(&it.row); reason != "" {
			r.refuse(it, "duplicate", reason)
			return
		}
	}
	if r.window.add(it) {
		r.release(it)
	}
}

// release takes a row whose turn has come: no row of its UserID before it is unsettled.
func (r *run) release(it *item) {
	if r.cfg.Overtaken != nil {
		if reason := r.cfg.Overtaken(&it.row); reason != "" {
			r.passOver(it, reason)
			return
		}
	}
	r.enqueue(it)
}

func (r *run) enqueue(it *item) {
	if len(r.fresh) == 0 {
		r.freshSince = time.Now()
	}
	r.fresh = append(r.fresh, it)
}

// prepare makes ready what each lane sends next: first what was sent before, then new rows.
func (r *run) prepare(now time.Time) {
	if r.reason.drains() {
		return
	}
	for _, c := range r.waiting.due(now) {
		c.lane.again = append(c.lane.again, c)
	}
	for _, l := range r.lanes {
		switch {
		case l.next != nil:
		case len(l.again) > 0:
			l.offer(l.again[0], now)
			l.again = l.again[1:]
		case l == r.main && r.mayBegin(now):
			n := min(len(r.fresh), r.cfg.BatchSize)
			l.offer(&call{lane: l, items: slices.Clone(r.fresh[:n])}, now)
			clear(r.fresh[:n])
			r.fresh, r.freshSince = r.fresh[n:], now
		}
	}
}

// mayBegin tells whether new rows may be sent: a full call of them, or what there is when no more
// comes soon; in an outage only where nothing else would find its end.
func (r *run) mayBegin(now time.Time) bool {
	if len(r.fresh) == 0 {
		return false
	}
	if r.health.outage && r.underWay() > 0 {
		return false
	}
	return len(r.fresh) >= r.cfg.BatchSize || r.ended || now.Sub(r.freshSince) >= linger
}

// underWay is the number of calls that are waiting, ready or in flight.
func (r *run) underWay() int {
	n := len(r.waiting)
	for _, l := range r.lanes {
		n += l.busy + len(l.again)
		if l.next != nil {
			n++
		}
	}
	return n
}

// untilDue is how long the loop may sleep when nothing happens.
func (r *run) untilDue(now time.Time) time.Duration {
	until := time.Hour
	if r.reason.drains() {
		return until
	}
	if len(r.waiting) > 0 {
		until = r.waiting[0].due.Sub(now)
	}
	if r.main.next == nil && len(r.fresh) > 0 && !r.health.outage {
		until = min(until, linger-now.Sub(r.freshSince)) // a short call, when no more rows come
	}
	return max(until, 0)
}

// to is where a lane's next call goes, nil when it has none or nothing is sent any more.
func (r *run) to(l *lane) chan<- *call {
	if l.next == nil || r.reason.drains() {
		return nil
	}
	return l.in
}

// done tells whether the loop's work is over: every row settled, or a reason to stop and nothing in flight.
func (r *run) done() bool {
	if r.single.busy+r.batch.busy > 0 {
		return false
	}
	return r.reason.drains() || r.ended && r.window.rows == 0
}
