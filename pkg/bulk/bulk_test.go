package bulk_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/limiter"
	"imimport/pkg/bulk"
	"imimport/pkg/fault"
	"imimport/pkg/im"
	"imimport/retry"
)

// reply is one answer of the service.
type reply struct {
	code  int // of the whole call; below 0 is no answer
	after time.Duration
	own   map[string]int // codes of accounts; 0 for the others
	takes time.Duration

	panics bool
}

// world is a service with a script, and a run that asks it.
type world struct {
	cfg    bulk.Config
	chunks [][]string
	script map[string][]reply // the answers to calls that begin with an account, in turn; then success

	mu       sync.Mutex
	calls    [][]string
	at       []time.Time // the calls
	inFlight int
	most     int

	nextErr   error // in place of the accounts that begin with "never"
	settleErr error // of the account "end"
	ended     bool  // next has said so
	panics    bool  // settle does, for the account "end"

	resigned []im.Answer
	settled  map[string][]int // by account, the codes it was settled with
	log      bytes.Buffer
}

func newWorld(t *testing.T, chunks ...[]string) *world {
	unlimited, err := limiter.New(limiter.None)
	require.NoError(t, err)
	w := &world{chunks: chunks, script: map[string][]reply{}, settled: map[string][]int{}}
	w.cfg = bulk.Config{Limiter: unlimited, Policy: retry.Policy{Initial: time.Second, Max: time.Second}, Stop: make(chan struct{}),
		Log: slog.New(slog.NewTextHandler(&w.log, nil)), Resign: func(a im.Answer) error {
			w.resigned = append(w.resigned, a)
			return nil
		}}
	return w
}

func (w *world) next() ([]string, bool, error) {
	if w.ended {
		return nil, false, errors.New("next was called after its end")
	}
	if w.ended = len(w.chunks) == 0; w.ended {
		return nil, false, nil
	}
	chunk := w.chunks[0]
	if chunk[0] == "never" && w.nextErr != nil {
		return nil, false, w.nextErr
	}
	w.chunks = w.chunks[1:]
	return chunk, true, nil
}

func (w *world) call(ctx context.Context, ids []string) ([]im.Result, im.Answer) {
	w.mu.Lock()
	w.calls, w.at = append(w.calls, ids), append(w.at, time.Now())
	w.inFlight++
	w.most = max(w.most, w.inFlight)
	var r reply
	if replies := w.script[ids[0]]; len(replies) > 0 {
		r, w.script[ids[0]] = replies[0], replies[1:]
	}
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.inFlight--
	}()
	select {
	case <-time.After(r.takes):
	case <-ctx.Done():
		return nil, im.Answer{Class: im.ClassTransient, Err: ctx.Err()}
	}
	if r.panics {
		panic("no such account")
	}
	a := im.Answer{Code: r.code, HasCode: r.code >= 0, Class: im.ClassOf(r.code), RetryAfter: r.after}
	if !a.HasCode {
		a.Class, a.Err = im.ClassTransient, errors.New("connection reset")
	}
	if a.Class != im.ClassSuccess {
		return nil, a
	}
	results := make([]im.Result, len(ids))
	for i, id := range ids {
		results[i] = im.Result{UserID: id, ResultCode: r.own[id]}
	}
	return results, a
}

func (w *world) settle(ids []string, results []im.Result) error {
	if len(ids) == 0 {
		return errors.New("nothing was settled")
	}
	for i, id := range ids {
		if id == "end" && w.panics {
			panic("no such result")
		}
		if id == "end" && w.settleErr != nil {
			return w.settleErr
		}
		if results[i].UserID != id {
			return fmt.Errorf("%s was settled with the result of %s", id, results[i].UserID)
		}
		w.settled[id] = append(w.settled[id], results[i].ResultCode)
	}
	return nil
}

func (w *world) run(ctx context.Context) (int64, error) {
	return bulk.Run(ctx, w.cfg, w.next, w.call, w.settle)
}

// once is what settled is where each account has been settled once, with 0.
func once(ids ...string) map[string][]int {
	m := map[string][]int{}
	for _, id := range ids {
		m[id] = []int{0}
	}
	return m
}

func replies(r reply, n int) []reply { return slices.Repeat([]reply{r}, n) }

// stopAfter closes Stop once d has passed.
func (w *world) stopAfter(d time.Duration) {
	stop := make(chan struct{})
	w.cfg.Stop = stop
	time.AfterFunc(d, func() { close(stop) })
}

func requireRefused(t *testing.T, err error) *fault.Error {
	t.Helper()
	var refused *fault.Error
	require.ErrorAs(t, err, &refused)
	require.Equal(t, fault.Refused, refused.Kind)
	return refused
}

func requireInterrupted(t *testing.T, err error) {
	t.Helper()
	require.Equal(t, fault.Interrupted, fault.KindOf(err), "%v", err)
}

func TestEachAccountIsSettledOnceAndNoMoreCallsRunThanWorkers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var all []string
		for i := range 20 {
			chunk := []string{fmt.Sprint("a", i), fmt.Sprint("b", i)}
			w.chunks, all = append(w.chunks, chunk), append(all, chunk...)
			w.script[chunk[0]] = []reply{{takes: time.Duration(20-i) * time.Second}}
		}
		w.cfg.Workers = 3
		n, err := w.run(t.Context())
		require.NoError(t, err)
		assert.EqualValues(t, 20, n)
		assert.Len(t, w.calls, 20)
		assert.Equal(t, 3, w.most)
		assert.Equal(t, once(all...), w.settled)
	})
}

func TestATransientAnswerIsAskedAgainAfterABackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, []string{"a", "b"}, []string{"c"})
		w.script["a"] = []reply{{code: 70169}, {code: 70500, after: 10 * time.Second}}
		began := time.Now()
		n, err := w.run(t.Context())
		require.NoError(t, err)
		assert.EqualValues(t, 4, n)
		assert.Equal(t, once("a", "b", "c"), w.settled)
		assert.GreaterOrEqual(t, time.Since(began), 10500*time.Millisecond, "the backoff's half second at the least, and what the service said")
		assert.Equal(t, []string{"a", "b"}, w.calls[3], "the whole call")
	})
}

func TestCallsThatWaitAreMadeWhenEachIsDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, []string{"a"}, []string{"b"}, []string{"c"})
		w.cfg.Workers = 1
		w.script["a"] = []reply{{code: 70169, after: 50 * time.Second}}
		w.script["b"] = []reply{{code: 70169, after: 5 * time.Second}}
		w.script["c"] = []reply{{code: 70169, after: 20 * time.Second}}
		began := time.Now()
		_, err := w.run(t.Context())
		require.NoError(t, err)
		require.Equal(t, [][]string{{"a"}, {"b"}, {"c"}, {"b"}, {"c"}, {"a"}}, w.calls)
		for i, seconds := range []time.Duration{5, 20, 50} {
			assert.Equal(t, began.Add(seconds*time.Second), w.at[3+i])
		}
	})
}

func TestACallThatIsDueWaitsForAWorker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, []string{"a"}, []string{"b"})
		w.cfg.Workers = 1
		w.script["a"] = []reply{{code: 70169}}
		w.script["b"] = []reply{{takes: time.Minute}}
		_, err := w.run(t.Context())
		require.NoError(t, err)
		assert.Equal(t, [][]string{{"a"}, {"b"}, {"a"}}, w.calls)
		assert.Equal(t, once("a", "b"), w.settled)
	})
}

func TestACallWhoseTriesAreUsedUpEndsTheRunWhileOthersGetThrough(t *testing.T) {
	for _, code := range []int{-1, 70169} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, []string{"a"})
			for i := range 20 {
				id := fmt.Sprint("b", i)
				w.chunks, w.script[id] = append(w.chunks, []string{id}), []reply{{takes: time.Second}}
			}
			w.cfg.Policy.MaxAttempts, w.cfg.Workers = 3, 2
			w.script["a"] = replies(reply{code: code}, 3)
			n, err := w.run(t.Context())
			refused := requireRefused(t, err)
			assert.ErrorContains(t, err, "no answer after all tries: ")
			assert.Contains(t, refused.Hint.String(), "start it again")
			assert.EqualValues(t, len(w.calls), n)
			assert.Empty(t, w.script["a"], "all three were made")
			assert.NotContains(t, w.settled, "a")
		})
	}
}

// What one account met is no reason to ask about the others again, nor to end the run.
func TestAnAccountWithATransientCodeIsAskedAgainAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, []string{"a", "b", "c", "d"})
		w.cfg.Policy.MaxAttempts = 3
		w.script["a"] = []reply{{own: map[string]int{"b": 70169, "c": 60007, "d": 70051}}}
		w.script["b"] = []reply{{own: map[string]int{"b": 70169}}, {own: map[string]int{"b": 70500}}}
		began := time.Now()
		n, err := w.run(t.Context())
		require.NoError(t, err)
		assert.EqualValues(t, 3, n)
		assert.Equal(t, [][]string{{"a", "b", "c", "d"}, {"b", "c"}, {"b"}}, w.calls)
		assert.Equal(t, map[string][]int{"a": {0}, "b": {70500}, "c": {0}, "d": {70051}}, w.settled)
		assert.GreaterOrEqual(t, time.Since(began), time.Second, "two backoffs of half a second at the least")
	})
}

func TestThrottlingPausesAndUsesUpNoTry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, []string{"a"})
		w.cfg.Policy.MaxAttempts = 1
		w.script["a"] = append(replies(reply{code: 60007}, 5), reply{code: 60011, after: 20 * time.Second})
		began := time.Now()
		n, err := w.run(t.Context())
		require.NoError(t, err)
		assert.EqualValues(t, 7, n)
		assert.Equal(t, once("a"), w.settled)
		assert.GreaterOrEqual(t, time.Since(began), 20450*time.Millisecond, "five pauses of 90 ms, and what the service said")
		assert.Contains(t, w.log.String(), "event=throttle.begin")
	})
}

func TestAWrongUserSigIsMadeAnew(t *testing.T) {
	for code, wait := range map[int]time.Duration{70001: 0, 70050: time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, []string{"a"})
			w.script["a"] = replies(reply{code: code}, 2)
			w.cfg.Policy.MaxAttempts = 1
			began := time.Now()
			n, err := w.run(t.Context())
			require.NoError(t, err)
			assert.EqualValues(t, 3, n)
			assert.Len(t, w.resigned, 2)
			assert.Equal(t, code, w.resigned[0].Code)
			assert.Equal(t, 2*wait, time.Since(began))
			assert.Equal(t, once("a"), w.settled)
		})
	}
}

func TestAUserSigThatStaysWrongEndsTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, []string{"a"})
		w.script["a"] = replies(reply{code: 70001}, 100)
		n, err := w.run(t.Context())
		refused := requireRefused(t, err)
		assert.ErrorContains(t, err, "again and again")
		assert.Equal(t, im.Lookup(70001).Remedy, refused.Hint)
		assert.EqualValues(t, 6, n)

		w = newWorld(t, []string{"a"})
		w.script["a"] = replies(reply{code: 70001}, 100)
		w.cfg.Resign = func(im.Answer) error { return errors.New("a ready UserSig cannot be renewed") }
		n, err = w.run(t.Context())
		requireRefused(t, err)
		assert.ErrorContains(t, err, "a ready UserSig")
		assert.EqualValues(t, 2, n, "it may have been signed before another call's renewal")
	})
}

// Deletions that were on their way have taken place, and whoever counts them must know.
func TestWhatIsInFlightIsSettledWhateverEndsTheRun(t *testing.T) {
	full := fault.New(fault.Disk, fault.Hint{}, "disk full")
	for _, test := range []struct {
		name string
		end  func(*world)
		kind fault.Kind
	}{
		{"stop", func(w *world) { w.stopAfter(2 * time.Second) }, fault.Interrupted},
		{"a fatal code", func(w *world) { w.script["end"] = []reply{{code: 60010, takes: 2 * time.Second}} }, fault.Refused},
		{"next", func(w *world) { w.nextErr, w.cfg.Workers = full, 5 }, fault.Disk},
		{"settle", func(w *world) { w.settleErr, w.script["end"] = full, []reply{{takes: 2 * time.Second}} }, fault.Disk},
		{"a call that panics", func(w *world) { w.script["end"] = []reply{{takes: 2 * time.Second, panics: true}} }, fault.Internal},
		{"settle that panics", func(w *world) { w.panics, w.script["end"] = true, []reply{{takes: 2 * time.Second}} }, fault.Internal},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, []string{"a"}, []string{"b", "c"}, []string{"d"}, []string{"end"}, []string{"never"})
				w.cfg.Workers = 4
				w.script["a"] = []reply{{takes: 5 * time.Second}}
				w.script["b"] = []reply{{takes: 6 * time.Second, own: map[string]int{"b": 70169, "c": 70107}}}
				w.script["d"] = []reply{{takes: 7 * time.Second, code: 70169}}
				w.script["end"] = []reply{{takes: 8 * time.Second, code: 70500}}
				test.end(w)
				n, err := w.run(t.Context())
				require.Equal(t, test.kind, fault.KindOf(err), "%v", err)
				assert.Equal(t, map[string][]int{"a": {0}, "c": {70107}}, w.settled, "and what has no result is not")
				assert.EqualValues(t, 4, n)
				assert.Len(t, w.calls, 4, "nothing new was begun")
			})
		})
	}
}

// A second signal ends the context: nobody waits for answers then.
func TestAnEndedContextEndsCallsAndWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, []string{"a"}, []string{"b"}, []string{"never"})
		w.cfg.Workers = 2
		w.script["a"] = []reply{{takes: time.Hour}}
		w.script["b"] = []reply{{takes: time.Hour}}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		began := time.Now()
		_, err := w.run(ctx)
		requireInterrupted(t, err)
		assert.Equal(t, time.Second, time.Since(began))
		assert.Empty(t, w.settled)
	})
}

func TestAfterStopNothingIsAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, []string{"a"})
		stop := make(chan struct{})
		close(stop)
		w.cfg.Stop = stop
		n, err := w.run(t.Context())
		requireInterrupted(t, err)
		assert.Zero(t, n)
		assert.Empty(t, w.calls)
	})
}

func TestStopEndsEveryWait(t *testing.T) {
	for name, first := range map[string]reply{
		"throttle pause":   {code: 60007, after: time.Minute},
		"refused UserSigs": {code: 70050},
		"backoff":          {code: 70169, after: time.Minute},
		"own backoff":      {own: map[string]int{"a": 70169}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, []string{"a"})
				w.cfg.Policy = retry.Policy{Initial: time.Minute, Max: time.Minute}
				w.script["a"] = []reply{first}
				w.stopAfter(time.Second)
				began := time.Now()
				n, err := w.run(t.Context())
				requireInterrupted(t, err)
				assert.Equal(t, time.Second, time.Since(began))
				assert.EqualValues(t, 1, n)
				assert.Empty(t, w.settled)

				w.cfg.Stop, w.chunks, w.ended = nil, [][]string{{"a"}}, false
				w.script["a"] = []reply{first}
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				began = time.Now()
				_, err = w.run(ctx)
				requireInterrupted(t, err)
				assert.Equal(t, time.Second, time.Since(began))
			})
		})
	}
}

func TestStopEndsTheWaitForTheRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, []string{"a"}, []string{"b"})
		var err error
		w.cfg.Limiter, err = limiter.New(0.01)
		require.NoError(t, err)
		w.stopAfter(time.Second)
		began := time.Now()
		_, err = w.run(t.Context())
		requireInterrupted(t, err)
		assert.Equal(t, time.Second, time.Since(began))
		assert.Equal(t, once("a"), w.settled)
	})
}

func TestACodeThatRefusesTheWholeCallEndsTheRun(t *testing.T) {
	for _, code := range []int{60010, 70402, 70398, 71000} { // of the run, a row, the quota
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, []string{"a"}, []string{"b"})
			w.cfg.Workers = 1
			w.script["a"] = []reply{{code: code}}
			n, err := w.run(t.Context())
			refused := requireRefused(t, err)
			assert.ErrorContains(t, err, fmt.Sprintf("the service refuses this: %d %s", code, im.Lookup(code).Meaning))
			assert.Equal(t, im.Lookup(code).Remedy, refused.Hint)
			assert.EqualValues(t, 1, n)
		})
	}
}

func TestTheRateIsHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var err error
		w.cfg.Limiter, err = limiter.New(10)
		require.NoError(t, err)
		for i := range 50 {
			w.chunks = append(w.chunks, []string{fmt.Sprint(i)})
		}
		_, err = w.run(t.Context())
		require.NoError(t, err)
		_, worst := w.cfg.Limiter.Seen(time.Now())
		assert.LessOrEqual(t, worst, 10)
		assert.Len(t, w.settled, 50)
	})
}

// A service that refuses each call must not make a run grow, nor be called at the full rate.
func TestCallsThatWaitAreBoundedWhateverTheServiceAnswers(t *testing.T) {
	for _, test := range []struct {
		name  string
		reply reply
		calls int // in five minutes, at the most
	}{
		{"blocked", reply{code: 70050, takes: 50 * time.Millisecond}, 5 * (8 + 1)},
		{"throttled", reply{code: 60007, takes: 50 * time.Millisecond}, 300 * (8 + 1)},
		{"transient", reply{code: 70169, takes: 50 * time.Millisecond}, 10 * (8 + 100)},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				var err error
				w.cfg.Limiter, err = limiter.New(100)
				require.NoError(t, err)
				beside, err := limiter.New(limiter.None)
				require.NoError(t, err)
				w.cfg.Workers, w.cfg.Beside = 8, []*limiter.Limiter{beside}
				w.cfg.Policy = retry.Policy{MaxAttempts: 1 << 30, Initial: 30 * time.Second, Max: time.Minute}
				given := 0
				endless := func() ([]string, bool, error) {
					given++
					return []string{fmt.Sprint(given)}, true, nil
				}
				var mu sync.Mutex
				calls := 0
				call := func(context.Context, []string) ([]im.Result, im.Answer) {
					mu.Lock()
					calls++
					mu.Unlock()
					time.Sleep(test.reply.takes)
					return nil, im.Answer{Code: test.reply.code, HasCode: true, Class: im.ClassOf(test.reply.code)}
				}
				w.stopAfter(270 * time.Second) // new UserSigs are given up after six of them
				_, err = bulk.Run(t.Context(), w.cfg, endless, call, w.settle)
				requireInterrupted(t, err)
				assert.LessOrEqual(t, given, 8+100, "calls that are open")
				assert.LessOrEqual(t, calls, test.calls)
				assert.GreaterOrEqual(t, calls, 8)
				if test.reply.code == 70050 {
					ctx, cancel := context.WithTimeout(t.Context(), time.Second)
					defer cancel()
					_, err := beside.Wait(ctx)
					assert.Error(t, err, "the app's other commands wait too")
				}
			})
		})
	}
}
