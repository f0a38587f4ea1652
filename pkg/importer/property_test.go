package importer_test

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"imimport/pkg/fault"
	"imimport/pkg/im"
	"imimport/pkg/importer"
	"imimport/report"
)

// TestEveryRowIsInOneOutcomeWhateverHappens runs jobs of random rows against a service of random answers,
// with random stops, kills and disk faults, until they are complete. run checks the sums after each.
func TestEveryRowIsInOneOutcomeWhateverHappens(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		seed := rapid.Uint64().Draw(rt, "seed")
		rows := rapid.Int64Range(0, 400).Draw(rt, "rows")
		users := rapid.Int64Range(1, 500).Draw(rt, "users")
		batch := rapid.SampledFrom([]int{1, 1, 2, 7, 100}).Draw(rt, "batch")
		goOn := rapid.Bool().Draw(rt, "quota continue")
		gifts := batch == 1 && rapid.Bool().Draw(rt, "profiles")
		stops := rapid.SliceOfN(rapid.IntRange(0, 3), 0, 6).Draw(rt, "stops")
		synctest.Test(t, func(t *testing.T) {
			j := newJob(rows, func(user string, nth int) im.Answer { return randomAnswer(seed, user, nth) })
			j.src = func() *source {
				return &source{n: rows, user: func(row int64) string {
					if row%17 == 0 {
						return ""
					}
					return fmt.Sprintf("u%d", row%users)
				}, gift: func(row int64) string {
					if !gifts || row%3 == 0 {
						return ""
					}
					return fmt.Sprint(row)
				}}
			}
			change := func(cfg *importer.Config) {
				if batched(cfg, batch); gifts {
					profiled(cfg)
				}
				cfg.QuotaContinue = goOn
			}
			j.service.batch = func(_ []string, nth int) im.Answer { return randomAnswer(seed, "batch", nth) }
			for _, kind := range stops {
				stopOnce(t, j, kind, change)
			}
			for {
				result := j.run(t.Context(), t, change)
				if result.Kind() == fault.None {
					break
				}
				require.Contains(t, []fault.Kind{fault.Quota, fault.Refused}, result.Kind())
			}
			require.Len(t, j.outcomes(), int(rows))
			last := map[string]string{} // by UserID, the profile of its last row that has one and was accepted
			for row := int64(1); row <= rows; row++ {
				src, line := j.src(), j.outcomes()[row]
				switch gift := src.gift(row); {
				case gift == "" || line.UserID == "":
				case line.Outcome == report.Succeeded:
					last[line.UserID] = gift
				case last[line.UserID] != "": // one that failed may have given it or not
					last[line.UserID] = "?"
				}
			}
			for user, gift := range last {
				if gift != "?" {
					require.Equal(t, gift, j.service.profiles[user], "the profile of %s", user)
				}
			}
		})
	})
}

// stopOnce works on the job until it is stopped in one of the ways there are, at a random moment.
func stopOnce(t *testing.T, j *job, kind int, change func(*importer.Config)) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	stop := make(chan struct{})
	moment := time.Duration(len(j.service.calls)*37%1900) * time.Millisecond
	switch kind {
	case 0:
		time.AfterFunc(moment, cancel)
	case 1:
		time.AfterFunc(moment, func() { close(stop) })
	case 2: // nothing after this moment reaches the disk: a kill, as far as the disk can tell
		dead := time.Now().Add(moment)
		j.saveFail = func() error {
			if time.Now().After(dead) {
				return errors.New("killed")
			}
			return nil
		}
		time.AfterFunc(moment+500*time.Millisecond, cancel)
	case 3:
		n := len(j.service.calls)
		j.ledger.fail = func() error {
			if n++; n%200 == 199 {
				return errors.New("no space left on device")
			}
			return nil
		}
	}
	j.run(ctx, t, func(cfg *importer.Config) { change(cfg); cfg.Stop = stop })
	j.saveFail, j.ledger.fail = nil, nil
	j.service.mu.Lock()
	defer j.service.mu.Unlock()
	clear(j.service.inFlight)
}

// randomAnswer is the same for the same try of the same user.
func randomAnswer(seed uint64, user string, nth int) im.Answer {
	h := fnv.New64a()
	fmt.Fprintf(h, "%d %s %d", seed, user, nth)
	switch n := h.Sum64() % 100; {
	case n < 20:
		return code(70500)
	case n < 25:
		return broken()
	case n < 28:
		return code(60007)
	case n < 30:
		return code(70001)
	case n < 35:
		return code(70402)
	case n < 37:
		return code(70398)
	case n < 38 && nth < 3:
		return code(60026)
	}
	return success()
}
