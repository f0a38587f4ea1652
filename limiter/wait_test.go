package limiter_test

import (
	"context"
	"net/http/httptrace"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/limiter"
)

// waited is how long Wait takes, with the call that it lets through.
func waited(t *testing.T, l *limiter.Limiter) (time.Duration, *limiter.Call) {
	t.Helper()
	from := time.Now()
	c, err := l.Wait(t.Context())
	require.NoError(t, err)
	return time.Since(from), c
}

// inBubble runs f in virtual time with a limiter that has sent, and got answered, a call.
func inBubble(t *testing.T, limit float64, f func(*testing.T, *limiter.Limiter)) {
	synctest.Test(t, func(t *testing.T) {
		l, err := limiter.New(limit)
		require.NoError(t, err)
		_, c := waited(t, l)
		c.Written(time.Now())
		time.Sleep(60 * ms)
		c.Answered(time.Now())
		f(t, l)
	})
}

func TestWaitEndsWithItsContext(t *testing.T) {
	inBubble(t, 200, func(t *testing.T, l *limiter.Limiter) {
		l.Pause(time.Now(), 30*time.Second)
		cause := context.DeadlineExceeded
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		from := time.Now()
		c, err := l.Wait(ctx)
		assert.Nil(t, c)
		require.ErrorIs(t, err, cause)
		assert.Equal(t, time.Second, time.Since(from))

		_, err = l.Wait(ctx) // it does not wait, nor take a token, when it is over already
		require.ErrorIs(t, err, cause)
		assert.Equal(t, time.Second, time.Since(from))

		d, _ := waited(t, l)
		assert.Equal(t, 29*time.Second, d)
	})
}

func TestRetryAfterIsWaitedForUpToAMinute(t *testing.T) {
	for asked, want := range map[time.Duration]time.Duration{
		0:                90 * ms,
		3 * time.Second:  3 * time.Second,
		59 * time.Second: 59 * time.Second,
		time.Hour:        time.Minute,
	} {
		inBubble(t, 200, func(t *testing.T, l *limiter.Limiter) {
			_, c := waited(t, l)
			assert.True(t, c.Throttled(time.Now(), asked))
			d, _ := waited(t, l)
			assert.Equal(t, want, d, "asked for %v", asked)
		})
	}
}

func TestPauseSendsNothingAndLeavesTheRate(t *testing.T) {
	for asked, want := range map[time.Duration]time.Duration{5 * time.Second: 5 * time.Second, time.Hour: time.Minute} {
		inBubble(t, 200, func(t *testing.T, l *limiter.Limiter) {
			rate := l.Rate(time.Now())
			l.Pause(time.Now(), asked)
			l.Pause(time.Now(), time.Second) // a shorter one takes nothing away
			d, _ := waited(t, l)
			assert.Equal(t, want, d)
			assert.Equal(t, rate, l.Rate(time.Now()))
			assert.False(t, l.Slowed(time.Now()))
		})
	}
}

// With everything that may be sent on its way, only an answer lets the next call through.
func TestAnAnswerEndsTheWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, err := limiter.New(1)
		require.NoError(t, err)
		_, c := waited(t, l)
		time.AfterFunc(7*time.Second, func() { c.Answered(time.Now()) })
		d, _ := waited(t, l)
		assert.Equal(t, 8*time.Second, d, "and a second after it")
	})
}

// BenchmarkWaitAt is a call's whole way through the limiter, with so many others under way.
func BenchmarkWaitAt(b *testing.B) {
	for name, inFlight := range map[string]int{"12 in flight": 12, "1000 in flight": 1000} {
		b.Run(name, func(b *testing.B) {
			l, err := limiter.New(200)
			require.NoError(b, err)
			now, trip := start, time.Duration(inFlight)*5*ms
			var open []*limiter.Call
			for b.Loop() {
				now = now.Add(5100 * time.Microsecond)
				for len(open) > 0 && now.Sub(open[0].SentAt()) >= trip {
					open[0].Answered(now)
					open = open[1:]
				}
				if c, _ := l.WaitAt(now); c != nil {
					c.Written(now)
					open = append(open, c)
				}
			}
		})
	}
}

// A machine of ours that is busy is no way that is long: what it does not write in time, the service does not see.
func TestARoundTripBeginsWhenTheCallIsWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, err := limiter.New(1)
		require.NoError(t, err)
		for range 30 {
			_, c := waited(t, l)
			trace := httptrace.ContextClientTrace(c.Trace(t.Context()))
			if trace.GotConn != nil {
				trace.GotConn(httptrace.GotConnInfo{})
			}
			time.Sleep(200 * ms)
			trace.WroteRequest(httptrace.WroteRequestInfo{})
			time.Sleep(60 * ms)
			c.Answered(time.Now())
		}
		d, _ := waited(t, l)
		assert.InDelta(t, 940*ms, d, float64(5*ms))
	})
}
