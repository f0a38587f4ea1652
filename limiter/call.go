package limiter

import (
	"context"
	"net/http/httptrace"
	"time"
)

// Call is a call that was let through. Answered, Throttled or GivenUp ends it, and once it has ended they do nothing.
type Call struct {
	limiter   *Limiter
	index     int       // in guard.open
	sentAt    time.Time // when it was let through
	writtenAt time.Time
}

// SentAt is when the call was let through.
func (c *Call) SentAt() time.Time { return c.sentAt }

// Trace has net/http tell the call when it is written, for a request with the context that it returns.
func (c *Call) Trace(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteRequest: func(w httptrace.WroteRequestInfo) {
		if w.Err == nil {
			c.Written(time.Now())
		}
	}})
}

// Written tells that the call is on its way from now on: the kernel has all of it.
func (c *Call) Written(now time.Time) {
	c.limiter.mu.Lock()
	defer c.limiter.mu.Unlock()
	c.writtenAt = now
}

// WasWritten reports whether Written was called. Another call has not been sent at all.
func (c *Call) WasWritten() bool {
	c.limiter.mu.Lock()
	defer c.limiter.mu.Unlock()
	return !c.writtenAt.IsZero()
}

// Answered tells that the service has answered something other than "too often".
func (c *Call) Answered(now time.Time) {
	c.end(func(l *Limiter) {
		l.share.accept(c, now)
		l.answeredAt(c, now)
	})
}

// Throttled tells that the service has answered "too often". retryAfter is how long it asks to wait, 0 if it does not
// say. The rate is lowered; it reports whether that is news, and not about a call from before the last slow-down.
func (c *Call) Throttled(now time.Time, retryAfter time.Duration) (news bool) {
	c.end(func(l *Limiter) {
		news = l.share.refuse(c, now, retryAfter)
		l.answeredAt(c, now)
	})
	return news
}

// GivenUp tells that no answer of the service will come. Close its connection first, so that it is not sent any more.
func (c *Call) GivenUp(now time.Time) {
	c.end(func(l *Limiter) {
		l.share.lost(c)
		l.guard.giveUp(now)
		l.seen.Add(now)
	})
}

func (c *Call) end(f func(*Limiter)) {
	l := c.limiter
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.guard.close(c) {
		return
	}
	f(l)
	select {
	case l.answered <- struct{}{}:
	default:
	}
}

func (l *Limiter) answeredAt(c *Call, now time.Time) {
	if !c.writtenAt.IsZero() {
		l.guard.trips.add(now, now.Sub(c.writtenAt))
	}
	l.guard.answer(now)
	l.seen.Add(now)
}
