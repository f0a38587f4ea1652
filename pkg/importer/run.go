package importer

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"imimport/pkg/checkpoint"
	"imimport/pkg/decide"
	"imimport/pkg/fault"
)

const tickInterval = 100 * time.Millisecond

// run is the loop. Only its goroutine touches it; each part of its state belongs to the type that owns it.
type run struct {
	cfg      *Config
	killed   context.Context // the caller's
	stop     stop
	rows     rows
	lanes    *lanes
	accounts accounts
	settler  settler
	saver    saver
	watch    watch
}

// Run imports the rows of cfg.Source until its end or a reason to stop. It returns when every goroutine
// it started has ended and the last checkpoint is written.
func Run(ctx context.Context, cfg Config) Result {
	r := newRun(ctx, &cfg)
	defer r.stop.end()
	var reading sync.WaitGroup
	readCtx, endReading := context.WithCancel(ctx)
	in := make(chan slab) // closed by the reader, at the end of the input or when readCtx ends
	reading.Go(func() { read(readCtx, cfg.Source, cfg.From.Ranges, in) })
	r.lanes.start(ctx, r.stop.sending, r.cfg.Metrics.Waited)

	r.guard(func() { r.loop(in) })
	endReading()
	if cfg.EndReading != nil {
		r.guard(cfg.EndReading)
	}
	r.lanes.finish()
	reading.Wait()
	r.guard(r.finish)
	return Result{State: r.saver.onDisk, Read: r.accounts.counters.Read, Fault: r.stop.fault, Behind: r.stop.broken}
}

// guard calls f. After a panic in the midst of the accounting only the last checkpoint counts.
func (r *run) guard(f func()) {
	if err := fault.Guard(f); err != nil {
		r.stop.unsaved(err)
	}
}

func newRun(ctx context.Context, cfg *Config) *run {
	if cfg.CheckpointEvery == 0 {
		cfg.CheckpointEvery = time.Second
	}
	cfg.Workers = max(cfg.Workers, 1)
	if cfg.Metrics == nil {
		cfg.Metrics = noMetrics{}
	}
	if cfg.Voice == nil {
		cfg.Voice = fault.Plain
	}
	r := &run{cfg: cfg, killed: ctx, lanes: newLanes(cfg), accounts: newAccounts(cfg, time.Now()), watch: watch{cfg: cfg, outage: decide.Outage{Max: cfg.MaxOutage}}}
	r.rows = newRows(&cfg.From, r.lanes.list[0].size)
	r.stop.sending, r.stop.end = context.WithCancel(ctx)
	r.settler = settler{cfg: cfg, rows: &r.rows, accounts: &r.accounts, stop: &r.stop, profiles: r.lanes.profile != nil}
	r.saver = saver{cfg: cfg, rows: &r.rows, accounts: &r.accounts, stop: &r.stop, lanes: r.lanes,
		historyAt: time.Now(), saved: make(chan error, 1), onDisk: cfg.From,
		live: func() *checkpoint.Live {
			return &checkpoint.Live{RowsPerSecond: r.watch.pace.perSecond(), OutageSince: r.watch.outage.Since(), ThrottledSince: r.watch.throttledSince}
		}}
	return r
}

// loop is the whole machine: it takes what the goroutines bring, decides, and gives them what they do next.
func (r *run) loop(in <-chan slab) {
	tick, checkpoints := time.NewTicker(tickInterval), time.NewTicker(r.cfg.CheckpointEvery)
	defer tick.Stop()
	defer checkpoints.Stop()
	timer := time.NewTimer(time.Hour) // the next moment that something becomes due
	defer timer.Stop()
	duration, killed, stopped := after(r.cfg.MaxDuration), r.killed.Done(), r.cfg.Stop

	r.tick(time.Now())
	for !r.done() {
		now := time.Now()
		r.fill(now)
		timer.Reset(r.untilDue(now))
		select {
		case s, ok := <-when(r.stop.fault == nil && r.rows.haveRoom(), in):
			r.take(s, ok)
		case <-r.lanes.room: // fill has what goes there
		case c := <-r.lanes.answers:
			r.answered(c)
		case <-timer.C: // fill has what is due
		case now := <-tick.C:
			r.tick(now)
			r.outageLasts(now)
		case <-checkpoints.C:
			r.saver.begin()
		case err := <-r.saver.saved:
			r.saver.done(err)
		case <-duration:
			r.stop.now(&fault.Error{Kind: fault.Duration})
		case <-stopped:
			stopped = nil
			r.stop.now(interrupted())
		case <-killed:
			killed = nil
			r.stop.now(interrupted())
		}
	}
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

// done tells whether the loop's work is over: every row settled, or a reason to stop and nothing in flight.
func (r *run) done() bool { return r.lanes.busy() == 0 && (r.stop.drains() || r.rows.done()) }

// fill gives the lanes what they send next.
func (r *run) fill(now time.Time) {
	if r.stop.drains() {
		r.lanes.drop()
		return
	}
	if r.watch.outage.Known() {
		r.ask(now)
		return
	}
	r.lanes.fill(now, func() *call { return r.newCall(now) })
	if len(r.lanes.spent) > 0 && r.lanes.underWay() == 0 && len(r.rows.fresh) == 0 { // nobody is left to have a good answer
		r.giveUp(func(*call) bool { return true })
	}
}

// untilDue is how long the loop may sleep when nothing happens.
func (r *run) untilDue(now time.Time) time.Duration {
	until := time.Hour
	if r.stop.drains() {
		return until
	}
	if o := &r.watch.outage; o.Known() {
		if wait := o.Wait(now); wait > 0 {
			until = wait // else there is nothing to ask by, until something comes
		}
		return until
	}
	if waiting := r.lanes.waiting; len(waiting) > 0 {
		until = waiting[0].due.Sub(now)
	}
	if r.lanes.takeNew() && len(r.rows.fresh) > 0 {
		until = min(until, linger-now.Sub(r.rows.since)) // a short call, when no more rows come
	}
	return max(until, 0)
}

// take admits rows that were read.
func (r *run) take(s slab, ok bool) {
	if !ok { // the reader was told to end
		r.rows.ended = true
		r.stop.now(interrupted())
		return
	}
	if !r.cfg.From.Retry { // which reads no input, but a copy of outcome files
		r.accounts.counters.BytesDone, r.accounts.counters.BytesTotal = s.done, s.total
	}
	for i := range s.items {
		it := &s.items[i]
		switch {
		case it.settled:
			r.rows.skip(&it.row)
			continue
		case r.cfg.Limit > 0 && r.rows.taken == r.cfg.Limit: // and here is one more
			r.rows.ended = true
			r.stop.afterRows(&fault.Error{Kind: fault.Limit})
			return
		}
		r.rows.taken++
		r.accounts.read()
		r.settler.admit(it)
	}
	if s.err != nil {
		r.rows.ended = true
		switch {
		case errors.Is(s.err, io.EOF):
		case fault.KindOf(s.err) == fault.Internal:
			r.stop.now(asFault(s.err, fault.Internal))
		case r.killed.Err() != nil:
			r.stop.now(interrupted())
		default:
			r.stop.afterRows(inputFault(s.err))
		}
	}
}

// finish writes the last checkpoint, which says how the run ended.
func (r *run) finish() {
	r.saver.last()
	r.settler.warnedInAll()
	r.tick(time.Now())
}
