package importer_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/limiter"
	"imimport/pkg/fault"
	"imimport/pkg/im"
	"imimport/pkg/importer"
	"imimport/pkg/option"
	"imimport/reader"
	"imimport/report"
	"imimport/retry"
)

func always(a im.Answer) func(string, int) im.Answer { return func(string, int) im.Answer { return a } }

func TestEachClassPutsARowWhereTheTableSays(t *testing.T) {
	// What the service answers to a row's tries, and what becomes of it. The row's UserID names its script.
	scripts := map[string]struct {
		answers  []im.Answer // the last one goes on
		outcome  report.Outcome
		class    string
		code     int
		hasCode  bool
		attempts int
	}{
		"ok":         {[]im.Answer{success()}, report.Succeeded, "success", 0, true, 1},
		"once":       {[]im.Answer{code(70169), success()}, report.Succeeded, "success", 0, true, 2},
		"seven":      {[]im.Answer{code(40006), code(70500), code(40006), code(70500), broken(), broken(), broken(), success()}, report.Succeeded, "success", 0, true, 8},
		"never":      {[]im.Answer{code(70500)}, report.Failed, "transient", 70500, true, 8},
		"reset":      {[]im.Answer{broken()}, report.Failed, "transient", 0, false, 8},
		"badgateway": {[]im.Answer{{HTTPStatus: 502, Class: im.ClassTransient}}, report.Failed, "transient", 502, true, 8},
		"lastcode":   {[]im.Answer{code(70500), code(70500), code(70500), code(70500), code(70500), code(70500), code(70500), code(70169)}, report.Failed, "transient", 70169, true, 8},
		"throttled":  {[]im.Answer{code(60007), code(60007), success()}, report.Succeeded, "success", 0, true, 1},
		"resigned":   {[]im.Answer{code(70001), success()}, report.Succeeded, "success", 0, true, 1},
		"invalid":    {[]im.Answer{code(70402)}, report.Failed, "row", 70402, true, 1},
		"unknown":    {[]im.Answer{code(99999)}, report.Failed, "row", 99999, true, 1},
		"mixed":      {[]im.Answer{code(60007), code(70500), code(70001), code(40601)}, report.Failed, "row", 40601, true, 2},
		"quota":      {[]im.Answer{code(70398)}, report.QuotaExceeded, "quota", 70398, true, 1},
	}
	names := make([]string, 0, len(scripts))
	for name := range scripts {
		names = append(names, name)
	}
	synctest.Test(t, func(t *testing.T) {
		j := newJob(3000, func(user string, nth int) im.Answer {
			name, _, _ := strings.Cut(user, "-")
			answers := scripts[name].answers
			return answers[min(nth, len(answers))-1]
		})
		user := func(row int64) string { return fmt.Sprintf("%s-%d", names[row%int64(len(names))], row) }
		j.src = func() *source { return &source{n: 3000, user: user} }
		result := j.run(t.Context(), t, func(cfg *importer.Config) { cfg.QuotaContinue = true })
		require.Equal(t, fault.None, result.Kind())
		require.Nil(t, result.Fault)
		outcomes := j.outcomes()
		require.Len(t, outcomes, 3000)
		for row, got := range outcomes {
			name, _, _ := strings.Cut(user(row), "-")
			want := scripts[name]
			assert.Equal(t, want.outcome, got.Outcome, name)
			assert.Equal(t, want.class, got.Class, name)
			assert.Equal(t, want.code, got.Code, name)
			assert.Equal(t, want.hasCode, got.HasCode, name)
			assert.Equal(t, want.attempts, got.Attempts, name)
			assert.Equal(t, want.outcome == report.Succeeded, got.Reason == "", name)
		}
	})
}

func TestAThirdOfFirstTriesFailingDoesNotLowerTheRate(t *testing.T) {
	for _, latency := range []time.Duration{60 * time.Millisecond, 120 * time.Millisecond} {
		synctest.Test(t, func(t *testing.T) {
			j := newJob(6000, func(user string, nth int) im.Answer {
				if nth == 1 && len(user)%3 == 0 {
					return code(70169)
				}
				return success()
			})
			j.src = func() *source {
				return &source{n: 6000, user: func(row int64) string { return fmt.Sprintf("u%0*d", 6+row%3, row) }}
			}
			j.service.latency = latency
			started := time.Now()
			result := j.run(t.Context(), t, nil)
			require.Equal(t, fault.None, result.Kind())
			assert.EqualValues(t, 6000, result.State.Tally.Succeeded)
			assert.EqualValues(t, 8000, result.State.Counters.Requests)
			assert.EqualValues(t, 2000, result.State.Counters.Retries)
			assert.LessOrEqual(t, j.service.window.Worst(), 200)
			assert.InDelta(t, j.service.window.Worst(), result.State.Counters.WorstSecond, 2)
			assert.GreaterOrEqual(t, 8000/time.Since(started).Seconds(), 190.0) // the last retries wait alone
		})
	}
}

func TestWorkersGrowToTheLatencyAndNoFurther(t *testing.T) {
	for latency, most := range map[time.Duration]int{20 * time.Millisecond: 20, 2 * time.Second: 450, 5 * time.Second: 1050} {
		t.Run(latency.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const rows = 4000
				goroutines, busiest := runtime.NumGoroutine(), 0
				var answers []time.Time
				j := newJob(rows, func(string, int) im.Answer {
					busiest = max(busiest, runtime.NumGoroutine()-goroutines)
					answers = append(answers, time.Now())
					return success()
				})
				j.service.latency = latency
				result := j.run(t.Context(), t, func(cfg *importer.Config) { cfg.Workers = 10_000 })
				require.Equal(t, fault.None, result.Kind())
				assert.GreaterOrEqual(t, (rows/2)/answers[3*rows/4].Sub(answers[rows/4]).Seconds(), 190.0, "in the middle of the run")
				assert.LessOrEqual(t, j.service.window.Worst(), 200)
				assert.InDelta(t, j.service.window.Worst(), result.State.Counters.WorstSecond, 5)
				assert.LessOrEqual(t, busiest, most)
			})
		})
	}
}

func TestNoMoreCallsAreInFlightThanThereMayBeWorkers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newJob(500, func(string, int) im.Answer { return success() })
		j.service.latency = time.Second
		result := j.run(t.Context(), t, func(cfg *importer.Config) { cfg.Workers = 7 })
		require.Equal(t, fault.None, result.Kind())
		assert.Equal(t, 7, j.service.most)
	})
}

func TestAnAddressThatIsNotTheServicesStopsTheRunAndFailsNoRow(t *testing.T) {
	for _, answer := range []im.Answer{{HTTPStatus: 301}, {HTTPStatus: 403}, {HTTPStatus: 404}, {NoSuchHost: true, Err: errors.New("look up im.example.com: no such host")}} {
		synctest.Test(t, func(t *testing.T) {
			answer.Class = im.ClassTransient
			j := newJob(3000, always(answer))
			started := time.Now()
			result := j.run(t.Context(), t, nil)
			assert.Equal(t, fault.Refused, result.Kind())
			assert.ErrorContains(t, result.Fault, "cannot reach https://im.example.com")
			assert.Contains(t, result.Fault.Hint.String(), "endpoint")
			assert.Zero(t, result.State.Tally.Settled())
			assert.Equal(t, 3, slices.Max(slices.Collect(maps.Values(j.service.calls))), "tries")
			assert.Less(t, time.Since(started), 3*time.Second)
		})
	}
}

func TestAServiceThatAllowsHalfFailsNoRow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen limiter.Window
		j := newJob(3000, func(string, int) im.Answer {
			seen.Add(time.Now())
			if seen.Count(time.Now()) > 100 {
				return code(60007)
			}
			return success()
		})
		j.service.latency = 60 * time.Millisecond
		started := time.Now()
		result := j.run(t.Context(), t, func(cfg *importer.Config) { cfg.Policy = retry.Policy{MaxAttempts: 3} })
		assert.EqualValues(t, 3000, result.State.Tally.Succeeded)
		assert.Less(t, float64(result.State.Counters.Throttled), 0.1*float64(result.State.Counters.Requests))
		assert.LessOrEqual(t, time.Since(started).Seconds(), 1.25*30)
	})
}

func TestRowsOfOneUserIDGoOneAfterTheOtherAndTheLastWins(t *testing.T) {
	for _, batch := range []int{1, 20} {
		synctest.Test(t, func(t *testing.T) {
			j := newJob(2000, func(_ string, nth int) im.Answer {
				if nth%3 == 1 {
					return code(70500)
				}
				return success()
			})
			j.src = func() *source {
				return &source{n: 2000, user: func(row int64) string { return fmt.Sprintf("u%d", row%7) }}
			}
			result := j.run(t.Context(), t, func(cfg *importer.Config) { batched(cfg, batch) })
			assert.EqualValues(t, 2000, result.State.Tally.Settled())
			for _, lines := range j.ledger.lines {
				last := map[string]int64{}
				for _, line := range lines {
					assert.Greater(t, line.Row, last[line.UserID], "in the order of the file")
					last[line.UserID] = line.Row
				}
			}
		})
	}
}

func TestAQuotaStopsTheRunWithinTheRowsInFlightAndTheNextRunEndsIt(t *testing.T) {
	for _, batch := range []int{1, 100} {
		synctest.Test(t, func(t *testing.T) {
			quota := 100
			var j *job
			j = newJob(3000, func(user string, _ int) im.Answer {
				if _, in := j.service.accounts[user]; !in && len(j.service.accounts) >= quota {
					return code(70398)
				}
				return success()
			})
			result := j.run(t.Context(), t, func(cfg *importer.Config) { batched(cfg, batch) })
			require.Equal(t, fault.Quota, result.Kind())
			assert.EqualValues(t, 100, result.State.Tally.Succeeded)
			assert.Positive(t, result.State.Tally.QuotaExceeded)
			assert.LessOrEqual(t, result.State.Tally.QuotaExceeded, int64(40))
			assert.True(t, result.State.QuotaMet)
			assert.Contains(t, result.Fault.Hint.String(), "")

			quota = 1 << 20
			result = j.run(t.Context(), t, func(cfg *importer.Config) { batched(cfg, batch) })
			assert.Equal(t, fault.None, result.Kind())
			assert.EqualValues(t, 3000, result.State.Tally.Settled())
			assert.True(t, result.State.QuotaMet, "its rows are still to be sent again")
		})
	}
}

func TestARefusalOfTheAppStopsTheRunAndCountsNoRowAsFailed(t *testing.T) {
	for _, refused := range []int{60026, 70009, 70403, 60010, 70013, 60021} {
		synctest.Test(t, func(t *testing.T) {
			n := 0
			j := newJob(3000, func(string, int) im.Answer {
				if n++; n > 500 {
					return code(refused)
				}
				return success()
			})
			result := j.run(t.Context(), t, nil)
			assert.Equal(t, fault.Refused, result.Kind())
			assert.Zero(t, result.State.Tally.Failed)
			assert.EqualValues(t, 500, result.State.Tally.Succeeded)
			assert.LessOrEqual(t, j.service.requests, 500+40+3)
			assert.NotEmpty(t, result.Fault.Hint.String())
		})
	}
}

func TestAUserSigThatCannotBeRenewedStopsTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newJob(100, always(code(70001)))
		j.service.resign = errors.New("refused again at once")
		result := j.run(t.Context(), t, nil)
		assert.Equal(t, fault.Refused, result.Kind())
		assert.ErrorContains(t, result.Fault, "refused again at once")
		assert.Zero(t, result.State.Tally.Settled())
	})
}

func TestTooManyWrongUserSigsWaitAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		j := newJob(50, func(string, int) im.Answer {
			if n++; n == 1 {
				return code(70050)
			}
			return success()
		})
		started := time.Now()
		result := j.run(t.Context(), t, nil)
		assert.EqualValues(t, 50, result.State.Tally.Succeeded)
		assert.GreaterOrEqual(t, time.Since(started), time.Minute)
		assert.Less(t, j.service.requests, 60, "the whole run waits")
	})
}

func TestMaxErrorsStopsTheRun(t *testing.T) {
	for _, c := range []struct {
		bound       string
		stops       bool
		least, most int64
	}{{"10", true, 11, 51}, {"0", true, 1, 41}, {"1500", false, 1000, 1000}, {"20%", true, 21, 80}, {"40%", false, 1000, 1000}, {"", false, 1000, 1000}} {
		synctest.Test(t, func(t *testing.T) {
			bound, err := option.Bounds("rows").Parse(c.bound)
			require.NoError(t, err)
			j := newJob(3000, func(user string, _ int) im.Answer {
				if strings.HasSuffix(user, "0") || strings.HasSuffix(user, "3") || strings.HasSuffix(user, "6") {
					return code(70402)
				}
				return success()
			})
			result := j.run(t.Context(), t, func(cfg *importer.Config) { cfg.MaxErrors = bound })
			assert.Equal(t, c.stops, result.Kind() == fault.Errors, c.bound)
			if c.stops {
				assert.GreaterOrEqual(t, result.State.Tally.Failed, c.least, c.bound)
				assert.LessOrEqual(t, result.State.Tally.Failed, c.most, c.bound)
			}
		})
	}
}

func TestLimitStopsAfterThatManyRowsUnlessTheInputEndsThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newJob(250, func(_ string, nth int) im.Answer {
			if nth < 3 {
				return code(70500)
			}
			return success()
		})
		limit := func(cfg *importer.Config) { cfg.Limit = 100 }
		for _, want := range []struct {
			reason fault.Kind
			rows   int64
		}{{fault.Limit, 100}, {fault.Limit, 200}, {fault.None, 250}} {
			result := j.run(t.Context(), t, limit)
			assert.Equal(t, want.reason, result.Kind())
			assert.Equal(t, want.rows, result.State.Tally.Succeeded)
			assert.Equal(t, want.rows, result.Read)
		}
		exact := newJob(100, always(success()))
		assert.Equal(t, fault.None, exact.run(t.Context(), t, limit).Kind())
	})
}

func TestMaxDurationStopsCleanly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newJob(3000, always(success()))
		result := j.run(t.Context(), t, func(cfg *importer.Config) { cfg.MaxDuration = 5 * time.Second })
		assert.Equal(t, fault.Duration, result.Kind())
		assert.InDelta(t, 5*199, result.State.Tally.Succeeded, 10)
		assert.Equal(t, fault.None, j.run(t.Context(), t, nil).Kind())
		assert.Equal(t, 3000, len(j.service.accounts))
		assert.Equal(t, 3000, j.service.requests, "nothing is sent twice after a clean stop")
	})
}

func TestTheFirstSignalDrainsAndTheSecondStopsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newJob(3000, always(success()))
		j.service.latency = 100 * time.Millisecond
		stop := make(chan struct{})
		time.AfterFunc(2*time.Second, func() { close(stop) })
		result := j.run(t.Context(), t, func(cfg *importer.Config) { cfg.Stop = stop })
		assert.Equal(t, fault.Interrupted, result.Kind())
		assert.Equal(t, len(j.service.accounts), int(result.State.Tally.Succeeded), "what was in flight was finished")

		ctx, cancel := context.WithCancel(t.Context())
		j.service.latency = 1500 * time.Millisecond // some calls are answered, some cut off
		time.AfterFunc(2*time.Second, cancel)
		started := time.Now()
		result = j.run(ctx, t, func(cfg *importer.Config) {
			cfg.Policy = retry.Policy{MaxAttempts: 1, Initial: time.Second, Max: time.Second}
		})
		assert.Equal(t, fault.Interrupted, result.Kind())
		assert.Zero(t, result.State.Tally.Failed, "of a row whose call was cut off nobody knows")
		assert.Equal(t, 2*time.Second, time.Since(started))
		assert.Positive(t, result.Read-result.State.Tally.Settled())
		j.service.latency = 0
		j.service.inFlight = map[string]bool{}
		assert.Equal(t, fault.None, j.run(t.Context(), t, nil).Kind())
		assert.Len(t, j.outcomes(), 3000)
	})
}

// While other calls get through, a batch whose tries are used up is taken apart: one account of it may be the cause.
func TestABatchThatFailsAgainAndAgainFailsOnlyTheRowThatIsTheCause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newJob(3000, func(user string, _ int) im.Answer {
			if user == "u77" {
				return code(70500)
			}
			return success()
		})
		j.service.batch = func(users []string, _ int) im.Answer {
			if slices.Contains(users, "u77") {
				return code(70500)
			}
			return success()
		}
		result := j.run(t.Context(), t, func(cfg *importer.Config) { batched(cfg, 10) })
		assert.Equal(t, fault.None, result.Kind())
		assert.EqualValues(t, 1, result.State.Tally.Failed)
		assert.Equal(t, report.Failed, j.outcomes()[77].Outcome)
	})
}

// Its tries in batches and its tries singly are one count; only the last one is kept for a try by itself.
func TestARowOfABatchHasNoMoreTriesThanAnyOther(t *testing.T) {
	for _, most := range []int{1, 2, 3, 8} {
		for name, answer := range map[string]int{"transient": 70500, "refused": 70402} {
			synctest.Test(t, func(t *testing.T) {
				j := newJob(3000, func(user string, _ int) im.Answer {
					if user == "u77" {
						return code(70500)
					}
					return success()
				})
				j.service.batch = func(users []string, _ int) im.Answer {
					if slices.Contains(users, "u77") {
						return code(answer)
					}
					return success()
				}
				j.run(t.Context(), t, func(cfg *importer.Config) {
					batched(cfg, 100)
					cfg.Policy = retry.Policy{MaxAttempts: most}
				})
				assert.Equal(t, most, j.outcomes()[77].Attempts, "%s, %d", name, most)
				for _, row := range j.outcomes() {
					assert.LessOrEqual(t, row.Attempts, most, "%s, %d", name, most)
				}
				if answer == 70402 || most > 1 {
					assert.Equal(t, report.Succeeded, j.outcomes()[78].Outcome, "%s, %d", name, most)
				}
			})
		}
	}
}

func TestAnInputThatFailsInTheMiddleLeavesTheRowsBeforeItSettled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newJob(500, always(success()))
		whole := j.src
		j.src = func() *source {
			s := whole()
			s.n, s.fail = 300, fault.New(fault.Input, fault.Hintf("mend the disk"), "input/output error").At("users.csv", 0)
			return s
		}
		result := j.run(t.Context(), t, nil)
		assert.Equal(t, fault.Input, result.Kind())
		assert.Equal(t, "mend the disk", result.Fault.Hint.String())
		assert.EqualValues(t, 300, result.State.Tally.Succeeded)
		j.src = whole
		assert.Equal(t, fault.None, j.run(t.Context(), t, nil).Kind())
		assert.Equal(t, 500, j.service.requests)
	})
}

func TestADiskThatFailsStopsTheRunAndWhatItLostIsSentAgain(t *testing.T) {
	for k := 1; k < 40; k += 3 {
		synctest.Test(t, func(t *testing.T) {
			j := newJob(1500, always(success()))
			calls := 0
			j.saveFail = func() error {
				if calls++; calls == k {
					return errors.New("no space left on device")
				}
				return nil
			}
			for result := j.run(t.Context(), t, nil); result.Kind() != fault.None; result = j.run(t.Context(), t, nil) {
				assert.Equal(t, fault.Disk, result.Kind())
				assert.ErrorContains(t, result.Fault, "no space left")
			}
			assert.Len(t, j.outcomes(), 1500)
		})
	}
}

// The input ends for a run that was told to end: that is no end of the input.
func TestAnInterruptedRunIsNeverComplete(t *testing.T) {
	for range 50 {
		j := newJob(100_000, always(success()))
		j.src = func() *source { return &source{n: 100_000, user: func(int64) string { return "" }} } // no row is sent
		ctx, cancel := context.WithCancel(t.Context())
		stop := make(chan struct{})
		reads := 0
		result := j.run(ctx, t, func(cfg *importer.Config) {
			cfg.Stop = stop
			cfg.Source = &interrupting{Source: cfg.Source, at: 1000, do: func() { reads++; close(stop); cancel() }}
		})
		require.Equal(t, 1, reads)
		require.Equal(t, fault.Interrupted, result.Kind())
		require.False(t, result.State.Complete)
	}
}

// interrupting does something before a row is read.
type interrupting struct {
	importer.Source
	at int
	do func()
}

func (s *interrupting) Read(row *reader.Row) error {
	if s.at--; s.at == 0 {
		s.do()
	}
	return s.Source.Read(row)
}
