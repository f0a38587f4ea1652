package bulk

import (
	"time"

	"imimport/pkg/decide"
)

const tick = 500 * time.Millisecond // of the time without a good answer

// observe takes in what an answer shows of the service itself.
func (r *run[A, R]) observe(now time.Time, a *attempt[A, R]) error {
	o := &r.outage
	change := o.Observe(now, decide.Ending{Answer: &a.answer, SentAt: a.sentAt(), Connected: a.passes[0].WasWritten(),
		Evidence: a.Evidence() && !a.tries.Suspect(o)})
	if o.Covers(a.sentAt()) {
		a.tries.Forgive(o)
	}
	switch change {
	case decide.Began:
		r.waiting, r.spent = append(r.waiting, r.spent...), nil
		for _, a := range r.waiting {
			a.tries.Forgive(o)
			a.Forgive()
			a.dueAt = now
		}
		fallthrough
	case decide.Ended:
		event, text, attrs := o.Say(change)
		r.cfg.Log.Warn(text, append(attrs, "event", event)...)
	case decide.NoChange:
	}
	return r.giveUp(func(a *attempt[A, R]) bool { return a.tries.Refuted(o) })
}

// giveUp ends the run for a call whose tries are used up, if it has failed for itself.
func (r *run[A, R]) giveUp(refuted func(*attempt[A, R]) bool) error {
	for _, a := range r.spent {
		if refuted(a) {
			return a.fault
		}
	}
	return nil
}

// onlySpent is for calls whose tries are used up where nobody else is left to have a good answer: one that has failed
// while others got through ends the run, and the others are made again, until it is known whether it is an outage.
func (r *run[A, R]) onlySpent(now time.Time) error {
	err := r.giveUp(func(a *attempt[A, R]) bool { return a.tries.Suspect(&r.outage) })
	for _, a := range r.spent {
		a.dueAt = now.Add(tick)
	}
	r.waiting, r.spent = r.spent, nil
	return err
}

// outageLasts ends the run when an outage has lasted too long.
func (r *run[A, R]) outageLasts(now time.Time) error {
	r.outage.Tick(now)
	if f := r.outage.Over(""); f != nil {
		return f
	}
	return nil
}

// mayCall tells whether a call may be made now, as far as it does not depend on the rate.
func (r *run[A, R]) mayCall(now time.Time) bool {
	return r.inFlight < r.cfg.Workers && !(r.outage.Known() && r.outage.Wait(now) > 0)
}

// sentAt is when the call was let through by its own limiter.
func (a *attempt[A, R]) sentAt() time.Time { return a.passes[0].SentAt() }
