package bulk_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/limiter"
	"imimport/pkg/bulk"
	"imimport/pkg/fault"
	"imimport/pkg/im"
)

// asked is a run over n calls whose service is ill from one moment to another.
type asked struct {
	*world
	calls []time.Time // in the outage
}

func (a *asked) run(t *testing.T, n int, code int, after, length time.Duration) error {
	a.world = newWorld(t)
	var err error
	a.cfg.Limiter, err = limiter.New(100)
	require.NoError(t, err)
	a.cfg.Policy.MaxAttempts = 3
	for i := range n {
		a.chunks = append(a.chunks, []string{fmt.Sprint(i)})
	}
	from := time.Now().Add(after)
	call := func(ids []string) ([]im.Result, im.Answer) {
		now := time.Now()
		time.Sleep(10 * time.Millisecond)
		a.mu.Lock()
		defer a.mu.Unlock()
		if now.Before(from) || now.Sub(from) >= length {
			return []im.Result{{UserID: ids[0]}}, im.Answer{HasCode: true, HTTPStatus: 200}
		}
		a.calls = append(a.calls, now)
		if code < 0 {
			return nil, im.Answer{Class: im.ClassTransient, Err: fmt.Errorf("connection reset")}
		}
		return nil, im.Answer{HTTPStatus: code, Class: im.ClassTransient}
	}
	_, err = bulk.Run(t.Context(), a.cfg, a.next, ignoring(call), a.settle)
	for i, at := range a.calls {
		if i >= 5 && at.Sub(from) > 4*time.Second {
			require.Greater(t, at.Sub(a.calls[i-5]), time.Second, "calls in an outage")
		}
	}
	return err
}

func ignoring(call func([]string) ([]im.Result, im.Answer)) bulk.Call[string, im.Result] {
	return func(_ context.Context, ids []string) ([]im.Result, im.Answer) { return call(ids) }
}

func TestAnOutageUsesUpNoTryOfACallThatAsks(t *testing.T) {
	for _, length := range []time.Duration{5 * time.Second, time.Minute, 10 * time.Minute} {
		for _, n := range []int{201, 1000} { // one is left when it begins, or many
			for _, code := range []int{-1, 502} {
				synctest.Test(t, func(t *testing.T) {
					var a asked
					require.NoError(t, a.run(t, n, code, 2*time.Second, length))
					assert.Len(t, a.settled, n)
					assert.Contains(t, a.log.String(), "event=outage.begin")
					assert.Contains(t, a.log.String(), "event=outage.end")
				})
			}
		}
	}
}

func TestAnOutageThatLastsTooLongEndsARunThatAsks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var a asked
		began := time.Now()
		err := a.run(t, 1000, 502, 2*time.Second, time.Hour)
		require.Equal(t, fault.Unreachable, fault.KindOf(err), "%v", err)
		assert.InDelta(t, 602, time.Since(began).Seconds(), 3)

		began = time.Now()
		err = a.run(t, 1, -1, 0, time.Hour)
		require.Equal(t, fault.Unreachable, fault.KindOf(err), "%v", err)
		assert.ErrorContains(t, err, "cannot reach the service: connection reset")
		assert.InDelta(t, 60, time.Since(began).Seconds(), 3)
	})
}
