package importer_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/pkg/fault"
	"imimport/pkg/im"
	"imimport/pkg/importer"
	"imimport/pkg/option"
	"imimport/report"
	"imimport/retry"
)

// outages are the answers of a service that is not well.
var outages = map[string]im.Answer{
	"502":      {HTTPStatus: 502, Class: im.ClassTransient},
	"resets":   broken(),
	"no route": {Class: im.ClassTransient, Err: errors.New("connect to 192.0.2.1:443: no route to host")},
	"code":     code(70500),
}

// stricken is a client whose service has an outage from a moment on, and counts what it is asked in it.
type stricken struct {
	*service
	answer   im.Answer
	from, to time.Time
	hang     time.Duration // before the answer of an outage
	asked    []time.Time
}

func (s *stricken) down() bool {
	now := time.Now()
	if now.Before(s.from) || !now.Before(s.to) {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, now)
	return true
}

func (s *stricken) Import(ctx context.Context, a im.Account) im.Answer {
	if s.down() {
		return s.fail(ctx)
	}
	return s.service.Import(ctx, a)
}

func (s *stricken) SetPortrait(ctx context.Context, user string, items []im.ProfileItem) im.Answer {
	if s.down() {
		return s.fail(ctx)
	}
	return s.service.SetPortrait(ctx, user, items)
}

func (s *stricken) ImportBatch(ctx context.Context, accounts []im.Account) im.Answer {
	if s.down() {
		return s.fail(ctx)
	}
	return s.service.ImportBatch(ctx, accounts)
}

func (s *stricken) fail(ctx context.Context) im.Answer {
	if s.hang > 0 {
		written(ctx)
		time.Sleep(s.hang)
	} else if s.answer.HTTPStatus != 0 || s.answer.HasCode || s.answer.Err.Error() == broken().Err.Error() {
		written(ctx)
		time.Sleep(5 * time.Millisecond)
	}
	return s.answer
}

// strike gives a job's service an outage, of a length, after as long again as a run takes to get going.
func strike(cfg *importer.Config, j *job, answer im.Answer, after, length time.Duration) *stricken {
	s := &stricken{service: j.service, answer: answer, from: time.Now().Add(after), to: time.Now().Add(after + length)}
	cfg.Client = s
	return s
}

// requireFew: once the outage is known, after three seconds, few calls a second are made.
func (s *stricken) requireFew(t *testing.T) {
	t.Helper()
	for i, at := range s.asked {
		if at.Sub(s.from) < 3500*time.Millisecond {
			continue
		}
		if i >= 5 {
			require.Greater(t, at.Sub(s.asked[i-5]), time.Second, "more than five calls in a second, %s after the begin", at.Sub(s.from))
		}
	}
}

func (j *job) requireAllIn(t *testing.T, rows int) {
	t.Helper()
	outcomes := j.outcomes()
	require.Len(t, outcomes, rows)
	for row, s := range outcomes {
		require.Equal(t, report.Succeeded, s.Outcome, "row %d: %s", row, s.Reason)
		require.Equal(t, 1, s.Attempts, "row %d: tries that an outage has used up are given back", row)
	}
}

func TestAnOutageFailsNoRowAndUsesUpNoTry(t *testing.T) {
	one := option.Bound{Set: true, Share: true, Percent: 1}
	for name, answer := range outages {
		for _, test := range []struct {
			length       time.Duration
			batch, tries int
		}{{time.Minute, 1, 1}, {time.Minute, 10, 8}, {10 * time.Minute, 1, 8}, {10 * time.Minute, 10, 1}} {
			t.Run(fmt.Sprintf("%s of %s, batch %d, %d tries", test.length, name, test.batch, test.tries), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					rows := 1000 * (1 + test.batch)
					j := newJob(int64(rows), always(success()))
					var s *stricken
					result := j.run(t.Context(), t, func(cfg *importer.Config) {
						batched(cfg, test.batch)
						cfg.MaxErrors, cfg.Policy = one, retry.Policy{MaxAttempts: test.tries}
						s = strike(cfg, j, answer, 2*time.Second, test.length)
					})
					require.Equal(t, fault.None, result.Kind(), "%v", result.Fault)
					j.requireAllIn(t, rows)
					s.requireFew(t)
					assert.Less(t, time.Since(s.to), 15*time.Second, "rows that wait are sent when it is over")
				})
			})
		}
	}
}

func TestAnOutageThatLastsTooLongStopsTheRunWhichGoesOn(t *testing.T) {
	for name, answer := range outages {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				j := newJob(1500, always(success()))
				var s *stricken
				var log bytes.Buffer
				result := j.run(t.Context(), t, func(cfg *importer.Config) {
					s = strike(cfg, j, answer, 2*time.Second, 11*time.Minute)
					cfg.Log = slog.New(slog.NewTextHandler(&log, nil))
				})
				require.Equal(t, fault.Unreachable, result.Kind())
				assert.ErrorContains(t, result.Fault, "no good answer from https://im.example.com since "+s.from.Local().Format("2006-01-02 15:04:0"))
				assert.Contains(t, result.Fault.Hint.String(), "max-outage")
				assert.Equal(t, "unreachable", result.State.StopReason)
				assert.Zero(t, result.State.Tally.Failed)
				assert.InDelta(t, 600, time.Since(s.from).Seconds(), 3)
				assert.Contains(t, log.String(), "event=outage.begin since=")
				s.requireFew(t)

				time.Sleep(30 * time.Second) // and it is not over
				again := func(cfg *importer.Config) { cfg.Client = s; cfg.Log = slog.New(slog.NewTextHandler(&log, nil)) }
				require.Equal(t, fault.None, j.run(t.Context(), t, again).Kind())
				j.requireAllIn(t, 1500)
				assert.Contains(t, log.String(), "event=outage.end since=")
			})
		})
	}
}

func TestTheLimitOfAnOutageIsTheOneThatIsAskedFor(t *testing.T) {
	for most, want := range map[time.Duration]fault.Kind{time.Minute: fault.Unreachable, 5 * time.Minute: fault.None, -1: fault.None} {
		synctest.Test(t, func(t *testing.T) {
			j := newJob(800, always(success()))
			length := 3 * time.Minute
			if most < 0 {
				length = 2 * time.Hour
			}
			result := j.run(t.Context(), t, func(cfg *importer.Config) {
				strike(cfg, j, outages["502"], 2*time.Second, length)
				cfg.MaxOutage = most
			})
			assert.Equal(t, want, result.Kind(), most)
		})
	}
}

func TestAServiceThatWasNeverReachedStopsTheRunAfterAMinute(t *testing.T) {
	for name, rows := range map[string]int64{"resets": 3000, "no route": 1} {
		for most, want := range map[time.Duration]time.Duration{0: time.Minute, 5 * time.Minute: 5 * time.Minute} {
			synctest.Test(t, func(t *testing.T) {
				started := time.Now()
				j := newJob(rows, always(success()))
				result := j.run(t.Context(), t, func(cfg *importer.Config) {
					strike(cfg, j, outages[name], 0, time.Hour)
					cfg.MaxOutage, cfg.Policy = most, retry.Policy{MaxAttempts: 2}
				})
				assert.Equal(t, fault.Unreachable, result.Kind())
				assert.ErrorContains(t, result.Fault, "cannot reach https://im.example.com")
				assert.Zero(t, result.State.Tally.Settled())
				assert.InDelta(t, want.Seconds(), time.Since(started).Seconds(), 3)
			})
		}
	}
}

// Calls that were sent in an outage and time out behind its end have failed by it, too.
func TestAnOutageInWhichCallsHangUsesUpNoTry(t *testing.T) {
	for _, batch := range []int{1, 10} {
		synctest.Test(t, func(t *testing.T) {
			rows := 1000 * (1 + batch)
			j := newJob(int64(rows), always(success()))
			var s *stricken
			result := j.run(t.Context(), t, func(cfg *importer.Config) {
				batched(cfg, batch)
				cfg.Policy = retry.Policy{MaxAttempts: 2}
				s = strike(cfg, j, im.Answer{Class: im.ClassTransient, Err: errors.New("no answer within the timeout of 10s")}, 2*time.Second, time.Minute)
				s.hang = 10 * time.Second
			})
			require.Equal(t, fault.None, result.Kind(), "%v", result.Fault)
			j.requireAllIn(t, rows)
			assert.Less(t, len(s.asked), 250)
		})
	}
}

// What is left at the end of the input is asked by, however little it is.
func TestAnOutageAtTheEndOfTheInputFailsNoRow(t *testing.T) {
	for name, rows := range map[string]int64{"no route": 401, "resets": 430, "502": 430} {
		for _, batch := range []int{1, 10} {
			synctest.Test(t, func(t *testing.T) {
				j := newJob(rows, always(success()))
				result := j.run(t.Context(), t, func(cfg *importer.Config) {
					cfg.Workers = 1
					after := 12 * time.Second
					if batched(cfg, batch); batch > 1 {
						after = 700 * time.Millisecond
					}
					strike(cfg, j, outages[name], after, 5*time.Minute)
				})
				require.Equal(t, fault.None, result.Kind())
				require.EqualValues(t, rows, result.State.Tally.Succeeded, "%s, batch %d", name, batch)
			})
		}
	}
}

// Many rows that the service cannot take are no outage, also where nothing else is left to be sent.
func TestRowsThatFailForThemselvesAreNoOutage(t *testing.T) {
	for name, answer := range outages {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				bad := func(user string) bool { return user[len(user)-1] == '7' }
				j := newJob(1000, func(user string, _ int) im.Answer {
					if bad(user) {
						return answer
					}
					return success()
				})
				result := j.run(t.Context(), t, nil)
				require.Equal(t, fault.None, result.Kind())
				for _, row := range j.outcomes() {
					if bad(row.UserID) {
						assert.Equal(t, report.Failed, row.Outcome)
						assert.Equal(t, 8, row.Attempts)
					} else {
						assert.Equal(t, report.Succeeded, row.Outcome)
					}
				}
			})
		})
	}
}

// The failures of a minute ago count: only those of the outage itself are given back.
func TestTriesBeforeAnOutageCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newJob(1000, func(_ string, nth int) im.Answer {
			if nth <= 2 {
				return code(70500)
			}
			return success()
		})
		var s *stricken
		result := j.run(t.Context(), t, func(cfg *importer.Config) { s = strike(cfg, j, outages["502"], 5*time.Second, time.Minute) })
		require.Equal(t, fault.None, result.Kind())
		given := 0
		for row, got := range j.outcomes() {
			require.Equal(t, report.Succeeded, got.Outcome)
			require.LessOrEqual(t, got.Attempts, 3, "row %d", row)
			given += 3 - got.Attempts
		}
		assert.Less(t, given, 100, "those between the last good answer and the outage are given back, too")
		s.requireFew(t)
	})
}
