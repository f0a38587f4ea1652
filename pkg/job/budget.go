package job

import (
	"context"
	"time"

	"imimport/pkg/fault"
)

// budget is the time that a run may take. Before the loop runs, its end ends the context: a download may stall while it is
// looked at.
type budget struct {
	end   time.Time // zero is never
	timer *time.Timer
}

// watch is the context of all that comes before the loop.
func (j *job) watch(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	if j.options.MaxDuration <= 0 {
		return ctx, func() { cancel(nil) }
	}
	began := j.host.Started
	if began.IsZero() {
		began = time.Now()
	}
	b := budget{end: began.Add(j.options.MaxDuration)}
	b.timer = time.AfterFunc(time.Until(b.end), func() {
		cancel(fault.New(fault.Duration, fault.Hint{}, "the time was over before the first request; nothing was sent by this run"))
	})
	j.budget = b
	return ctx, func() {
		b.timer.Stop()
		cancel(nil)
	}
}

// left is the time for the loop, which watches it from now on; 0 is no limit.
func (b *budget) left() time.Duration {
	if b.end.IsZero() {
		return 0
	}
	b.timer.Stop()
	return max(time.Until(b.end), 1)
}

// timeIsUp tells whether the budget has ended the context.
func timeIsUp(ctx context.Context) bool { return fault.KindOf(context.Cause(ctx)) == fault.Duration }
