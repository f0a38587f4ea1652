package importer_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/pkg/fault"
	"imimport/pkg/im"
	"imimport/pkg/importer"
	"imimport/report"
)

// giftOf gives every row a Location but each fifth.
func giftOf(row int64) string {
	if row%5 == 0 {
		return ""
	}
	return fmt.Sprint("place ", row)
}

// newProfiled is a job of n rows of which most have a profile.
func newProfiled(n int64, answer, portrait func(user string, nth int) im.Answer) *job {
	j := newJob(n, answer)
	plain := j.src
	j.src = func() *source { s := plain(); s.gift = giftOf; return s }
	j.service.portrait = portrait
	return j
}

func TestARowWithAProfileIsSettledOnceByTheLastOfItsTwoCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newProfiled(2000, always(success()), always(success()))
		began := time.Now()
		result := j.run(t.Context(), t, profiled)
		require.Equal(t, fault.None, result.Kind())
		assert.Less(t, time.Since(began), 2000*time.Second/195, "the lanes do not wait for each other")
		assert.EqualValues(t, 2000, result.State.Tally.Succeeded)
		assert.Equal(t, 1600, j.service.sets, "no second call without a profile")
		assert.EqualValues(t, 3600, result.State.Counters.Requests)
		assert.EqualValues(t, 1600, result.State.Counters.Profiles)
		assert.EqualValues(t, 2000, result.State.Counters.Accounts)
		for row, line := range j.outcomes() {
			assert.Equal(t, giftOf(row), j.service.profiles[line.UserID])
			assert.Equal(t, 1+min(1, len(giftOf(row))), line.Attempts)
			assert.Empty(t, line.Reason)
		}
	})
}

func TestAnOutcomeNamesTheCommandThatRefusedTheRow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answer := func(user string, _ int) im.Answer {
			if user == "u7" {
				return code(70402)
			}
			return success()
		}
		portrait := func(user string, nth int) im.Answer {
			switch user {
			case "u11/profile":
				return code(40009)
			case "u12/profile":
				return code(70398)
			case "u13/profile":
				return code(im.CodeNoAccount)
			case "u14/profile":
				if nth < 3 {
					return code(im.CodeNoAccount)
				}
			}
			return success()
		}
		j := newProfiled(40, answer, portrait)
		result := j.run(t.Context(), t, func(cfg *importer.Config) { profiled(cfg); cfg.QuotaContinue, cfg.Policy.MaxAttempts = true, 4 })
		require.Equal(t, fault.None, result.Kind())
		lines := j.outcomes()
		assert.Equal(t, "account_import: 70402 a parameter is missing or invalid", lines[7].Reason)
		assert.Equal(t, "portrait_set: 40009 no such profile field", lines[11].Reason)
		assert.Equal(t, 2, lines[11].Attempts)
		assert.Equal(t, "row", lines[11].Class)
		assert.Equal(t, report.QuotaExceeded, lines[12].Outcome, "though the account is there")
		assert.Contains(t, lines[12].Reason, "portrait_set: 70398 ")
		assert.Equal(t, "portrait_set: 40003 no such account", lines[13].Reason)
		assert.Equal(t, "transient", lines[13].Class, "the service has taken it just before")
		assert.Equal(t, 5, lines[13].Attempts)
		assert.Equal(t, report.Succeeded, lines[14].Outcome)
		assert.Contains(t, result.State.Tally.Codes, report.CodeKey{Code: 70402, Class: "row", Command: "account_import"})
		assert.Contains(t, result.State.Tally.Codes, report.CodeKey{Code: 40009, Class: "row", Command: "portrait_set"})
	})
}

func TestALaterRowOfAUserIDComesBehindTheProfileOfTheEarlierOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		order := []string{}
		note := func(user string, nth int) im.Answer {
			if order = append(order, user); nth == 1 && user == "u/profile" {
				return broken()
			}
			return success()
		}
		j := newProfiled(3, note, note)
		plain := j.src
		j.src = func() *source { s := plain(); s.user = func(int64) string { return "u" }; return s }
		require.Equal(t, fault.None, j.run(t.Context(), t, profiled).Kind())
		assert.Equal(t, []string{"u", "u/profile", "u/profile", "u", "u/profile", "u", "u/profile"}, order)
		assert.Equal(t, "place 3", j.service.profiles["u"])
	})
}

func TestAStopBetweenTheTwoCallsLeavesTheRowForTheNextRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newProfiled(40, always(success()), func(user string, nth int) im.Answer {
			if user == "u21/profile" && nth == 1 {
				return code(60020) // the run stops
			}
			return success()
		})
		require.Equal(t, fault.Refused, j.run(t.Context(), t, profiled).Kind())
		assert.NotContains(t, j.outcomes(), int64(21))
		require.Equal(t, fault.None, j.run(t.Context(), t, profiled).Kind())
		assert.Len(t, j.outcomes(), 40)
		assert.Equal(t, 2, j.service.calls["u21"], "both calls are made again")
		assert.Equal(t, "place 21", j.service.profiles["u21"])
	})
}

func TestImportsDoNotRunFarAheadOfProfilesThatAreThrottled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began, most := time.Now(), 0
		var j *job
		j = newProfiled(1500, always(success()), func(string, int) im.Answer {
			if most = max(most, len(j.service.accounts)-len(j.service.profiles)-len(j.service.accounts)/5); time.Since(began) < 5*time.Second {
				return code(60007)
			}
			return success()
		})
		require.Equal(t, fault.None, j.run(t.Context(), t, profiled).Kind())
		assert.Equal(t, 1500, len(j.service.accounts))
		assert.Less(t, most, 350)
	})
}
