package importer

import (
	"slices"
	"time"

	"imimport/pkg/decide"
	"imimport/report"
)

// DefaultMaxOutage is that of a Config. A service that never answered gets a minute.
const DefaultMaxOutage = decide.DefaultMaxOutage

// observe takes in what an answer shows of the service itself.
func (r *run) observe(now time.Time, c *call) {
	o := &r.watch.outage
	change := o.Observe(now, decide.Ending{Answer: &c.answer, SentAt: c.pass.SentAt(), Connected: c.pass.WasWritten(),
		Evidence: c.Evidence() && !c.items[0].tries.Suspect(o), NewRows: len(r.rows.fresh) > 0})
	switch change {
	case decide.Began:
		r.forgive(now)
		r.tellOutage(report.MarkOutageBegin, change)
	case decide.Ended:
		r.tellOutage(report.MarkOutageEnd, change)
	case decide.NoChange:
	}
	r.giveUp(func(c *call) bool { return c.items[0].tries.Refuted(o) })
}

func (r *run) tellOutage(mark report.MarkKind, change decide.Change) {
	name, text, attrs := r.watch.outage.Say(change)
	r.watch.event(mark, name, text, attrs...)
}

// outageLasts stops the run when an outage has lasted too long.
func (r *run) outageLasts(now time.Time) {
	r.watch.outage.Tick(now)
	if f := r.watch.outage.Over(r.cfg.Endpoint); f != nil {
		r.stop.now(f)
	}
}

// forgive gives back the tries that the outage has used up so far. What waits is sent when it is over.
func (r *run) forgive(now time.Time) {
	for it := r.rows.first; it != nil; it = it.next {
		it.tries.Forgive(&r.watch.outage)
	}
	ls := r.lanes
	ls.waiting, ls.spent = append(ls.waiting, ls.spent...), nil
	for _, c := range ls.waiting { // all due at once: a heap in any order
		c.Forgive()
		c.due = now
	}
}

// giveUp fails the calls whose tries are used up, as far as they have failed for themselves.
func (r *run) giveUp(refuted func(*call) bool) {
	spent := r.lanes.spent
	r.lanes.spent = nil
	for _, c := range spent {
		if !refuted(c) {
			r.lanes.spent = append(r.lanes.spent, c)
			continue
		}
		for _, it := range c.items {
			r.settler.settle(it, report.Failed, &c.answer)
		}
	}
}

// ask sends one call now and then, to find the end of an outage. It takes turns: only rows that were never sent tell an
// outage from a stretch of rows that the service cannot take, and only rows that were can say that their last failure
// was the outage's.
func (r *run) ask(now time.Time) {
	o := &r.watch.outage
	if o.Wait(now) > 0 {
		return
	}
	ways := []func(time.Time) *call{r.newCall, r.lanes.next}
	if r.watch.askAgain {
		slices.Reverse(ways)
	}
	for _, next := range ways {
		if c := next(now); c != nil {
			r.watch.askAgain = !r.watch.askAgain
			o.Asked(now)
			c.lane.hand(c)
			return
		}
	}
}

// newCall makes a call of rows that were never sent, nil while there are none or the lane is full.
func (r *run) newCall(now time.Time) *call {
	first := r.lanes.list[0]
	if !first.hasRoom() {
		return nil
	}
	items := r.rows.call(now)
	if items == nil {
		return nil
	}
	return &call{lane: first, items: items}
}

// next takes out the call that has waited longest for its turn, nil where there is none or its lane is full.
func (ls *lanes) next(now time.Time) *call {
	for _, l := range ls.list {
		if l.hasRoom() && len(l.ready) > 0 {
			return l.pop()
		}
	}
	if w := ls.waiting; len(w) > 0 && !w[0].due.After(now) && w[0].lane.hasRoom() {
		return ls.waiting.first()
	}
	return nil
}
