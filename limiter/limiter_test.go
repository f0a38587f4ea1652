package limiter_test

import (
	"context"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/limiter"
)

// server judges as the service does: every request in any sliding second counts.
type server struct {
	limit    int
	window   limiter.Window
	accepted int
	refused  int
}

func (s *server) call(now time.Time) bool {
	s.window.Add(now)
	if s.window.Count(now) > s.limit {
		s.refused++
		return false
	}
	s.accepted++
	return true
}

func TestNeverMoreThanTheRateInAnySecondAndHardlyLess(t *testing.T) {
	for _, cfg := range []limiter.Config{
		{Rate: 200}, {Rate: 100}, {Rate: 10}, {Rate: 2}, {Rate: 1}, {Rate: 200, Burst: 5}, {Rate: 200, Burst: 10, Headroom: 0.1},
	} {
		synctest.Test(t, func(t *testing.T) {
			l, err := limiter.New(cfg)
			require.NoError(t, err)
			srv := server{limit: int(cfg.Rate)}
			start := time.Now()
			for time.Since(start) < time.Minute {
				require.NoError(t, l.Wait(t.Context()))
				srv.call(time.Now())
			}
			assert.Zero(t, srv.refused, "%+v", cfg)
			_, worst := l.Sent(time.Now())
			assert.Equal(t, srv.window.Worst(), worst)
			assert.GreaterOrEqual(t, float64(srv.accepted), 60*(l.Refill(time.Now())-0.5))
		})
	}
}

func TestAConfigWhoseWorstSecondIsOverTheRateIsRefused(t *testing.T) {
	for _, cfg := range []limiter.Config{
		{Rate: 200, Headroom: -1}, {Rate: 200, Burst: 6, Headroom: 0.025}, {Rate: 200, Burst: 200, Headroom: 0.01},
		{Rate: -1}, {Rate: math.NaN()}, {Rate: math.Inf(1)}, {Rate: 200, Headroom: 1}, {Rate: 1, Burst: 2},
	} {
		_, err := limiter.New(cfg)
		assert.Error(t, err, "%+v", cfg)
	}
}

func TestAFrozenProcessWakesWithOneTokenAndOneWaiter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, err := limiter.New(limiter.Config{Rate: 200})
		require.NoError(t, err)
		for range 500 {
			require.NoError(t, l.Wait(t.Context()))
		}
		time.Sleep(2 * time.Second) // the fake clock's: what SIGSTOP does to a process
		for range 500 {
			require.NoError(t, l.Wait(t.Context()))
		}
		_, worst := l.Sent(time.Now())
		assert.LessOrEqual(t, worst, 202)
	})
}

func TestAServiceThatAllowsHalfIsFoundAndKept(t *testing.T) {
	const rows, allowed = 3000, 100
	synctest.Test(t, func(t *testing.T) {
		l, err := limiter.New(limiter.Config{Rate: 200})
		require.NoError(t, err)
		srv := server{limit: allowed}
		start, calls, slowdowns := time.Now(), 0, 0
		for srv.accepted < rows {
			require.NoError(t, l.Wait(t.Context()))
			sentAt := time.Now()
			calls++
			if !srv.call(sentAt) && l.Throttled(time.Now(), sentAt, 0) {
				slowdowns++
			}
		}
		best := float64(rows) / allowed
		assert.LessOrEqual(t, time.Since(start).Seconds(), 1.25*best)
		assert.Less(t, float64(srv.refused), 0.1*float64(calls))
		assert.Less(t, slowdowns, 8)
		assert.True(t, l.Slowed(time.Now()))
	})
}

func TestThrottleAnswersPauseTheRunOnceAndTheRateCreepsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, err := limiter.New(limiter.Config{Rate: 200})
		require.NoError(t, err)
		for range 500 {
			require.NoError(t, l.Wait(t.Context()))
		}
		sentAt := time.Now()

		assert.True(t, l.Throttled(time.Now(), sentAt, 0))
		assert.False(t, l.Throttled(time.Now(), sentAt, 0), "a request from before the slow-down says nothing new")
		assert.InDelta(t, 130, l.Refill(time.Now()), 1)

		pausedAt := time.Now()
		require.NoError(t, l.Wait(t.Context()))
		assert.Equal(t, time.Second, time.Since(pausedAt))
		for l.Slowed(time.Now()) {
			before := l.Refill(time.Now())
			require.NoError(t, l.Wait(t.Context()))
			require.GreaterOrEqual(t, l.Refill(time.Now()), before)
		}
		assert.InDelta(t, 15, time.Since(pausedAt).Seconds(), 2)
		assert.Equal(t, 195.0, l.Refill(time.Now()))
	})
}

func TestRetryAfterIsHonouredUpToAMinute(t *testing.T) {
	for _, c := range []struct{ asked, got time.Duration }{{0, time.Second}, {7 * time.Second, 7 * time.Second}, {time.Hour, time.Minute}} {
		synctest.Test(t, func(t *testing.T) {
			l, err := limiter.New(limiter.Config{})
			require.NoError(t, err)
			now := time.Now()
			require.True(t, l.Throttled(now, now, c.asked))
			require.NoError(t, l.Wait(t.Context()))
			assert.Equal(t, c.got, time.Since(now))
		})
	}
}

func TestWithoutALimitNothingWaitsUntilTheServiceSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, err := limiter.New(limiter.Config{})
		require.NoError(t, err)
		start := time.Now()
		for range 10_000 {
			require.NoError(t, l.Wait(t.Context()))
		}
		assert.Zero(t, time.Since(start))
		assert.True(t, l.Throttled(time.Now(), time.Now(), 0))
		assert.InDelta(t, 6667, l.Refill(time.Now()), 1, "two thirds of what it sent in the second that was refused")
		time.Sleep(2 * time.Minute)
		assert.False(t, l.Slowed(time.Now()))
	})
}

func TestWaitEndsWithItsContext(t *testing.T) {
	l, err := limiter.New(limiter.Config{Rate: 1})
	require.NoError(t, err)
	require.NoError(t, l.Wait(t.Context()))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	assert.ErrorIs(t, l.Wait(ctx), context.Canceled)
}

func BenchmarkWait(b *testing.B) {
	l, _ := limiter.New(limiter.Config{})
	for b.Loop() {
		_ = l.Wait(b.Context())
	}
}

func TestAGoroutineThatComesLateNowAndThenLosesNoTokenAndExceedsNoSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, err := limiter.New(limiter.Config{Rate: 200})
		require.NoError(t, err)
		start, n := time.Now(), 0
		for ; time.Since(start) < time.Minute; n++ {
			require.NoError(t, l.Wait(t.Context()))
			if n%10 == 0 {
				time.Sleep(15 * time.Millisecond) // the fake clock's
			}
		}
		_, worst := l.Sent(time.Now())
		assert.LessOrEqual(t, worst, 196)
		assert.GreaterOrEqual(t, n, 60*194)
	})
}
