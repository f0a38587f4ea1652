package report

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestPercentilesAreWithinTheHistogramsError(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var l latencies
	var all []time.Duration
	for range 20_000 {
		d := time.Duration(float64(time.Millisecond) * (1 + random.ExpFloat64()*80))
		all = append(all, d)
		l.observe(d)
	}
	slices.Sort(all)
	for _, p := range []float64{0.01, 0.5, 0.95, 0.99, 0.999} {
		exact := all[int(p*float64(len(all)))-1]
		assert.InEpsilon(t, exact, l.percentile(p), 1.0/16+0.001, "p%v", p*100)
	}
	assert.Zero(t, new(latencies).percentile(0.5))
}

func TestEachTimeHasABinThatIsNear(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := time.Duration(rapid.Int64Range(0, int64(300*time.Second)).Draw(t, "time"))
		bin := latencyBin(d)
		require.True(t, bin >= 0 && bin < latencyBins)
		if d >= lowestLatency && d < highestLatency {
			require.InEpsilon(t, float64(d), float64(binMiddle(bin)), 1.0/15)
			require.Equal(t, bin, latencyBin(binMiddle(bin)))
		}
	})
}

func TestTimelineHasEveryAttemptOnTheAxis(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var h History
		now := time.Unix(1_700_000_000, 0)
		want := int64(0)
		for range rapid.IntRange(1, 120).Draw(t, "runs") {
			h.Mark(now, MarkStart, "")
			for range rapid.IntRange(0, 40).Draw(t, "attempts") {
				h.Attempt(now, time.Millisecond, AttemptOK, 1)
				now = now.Add(time.Duration(rapid.Int64Range(1, 9000).Draw(t, "step")) * time.Millisecond)
				want++
			}
			if rapid.Bool().Draw(t, "marked") {
				h.Mark(now, MarkStop, "")
			}
			now = now.Add(time.Duration(rapid.Int64Range(0, 9000).Draw(t, "rest")) * time.Second)
		}
		line := h.timeline()
		whole := line.whole()
		require.Equal(t, want, whole.requests())
		points, end := 0, -1.0
		line.all(func(p *point, x0, x1 float64) {
			points++
			require.Less(t, p.from, p.to)
			require.LessOrEqual(t, end, x0+1e-6)
			require.LessOrEqual(t, x0, x1)
			end = x1
		})
		require.LessOrEqual(t, end, float64(axisLength)+1e-6)
		require.LessOrEqual(t, points, maxBuckets+maxPoints)
		require.LessOrEqual(t, len(line.rows("", time.UTC)), maxPointRows)
	})
}

func TestTimeAtRestTakesNoRoom(t *testing.T) {
	var h History
	now := time.Unix(1_700_000_000, 0)
	for range 2 {
		h.Mark(now, MarkStart, "")
		for range 100 {
			h.Attempt(now, time.Millisecond, AttemptOK, 1)
			now = now.Add(time.Second)
		}
		h.Mark(now, MarkStop, "")
		now = now.Add(72 * time.Hour)
	}
	line := h.timeline()
	require.Len(t, line.pieces, 2)
	assert.InDelta(t, line.pieces[0].x1-line.pieces[0].x0, line.pieces[1].x1-line.pieces[1].x0, 1)
	assert.EqualValues(t, 200_002, line.total, "milliseconds, the last of each run with them")
	rows := h.runRows("", time.UTC)
	assert.Equal(t, "3 d", rows[1].Rested)
	assert.Equal(t, "1", rows[0].Rate)
}

func TestARunWithoutAnswersForAWhileShowsThem(t *testing.T) {
	var h History
	now := time.Unix(1_700_000_000, 0)
	h.Mark(now, MarkStart, "")
	h.Attempt(now, time.Millisecond, AttemptOK, 1)
	h.Attempt(now.Add(time.Minute), time.Millisecond, AttemptOK, 1)
	h.Mark(now.Add(time.Minute), MarkStop, "")
	line := h.timeline()
	require.Len(t, line.pieces, 1)
	assert.Equal(t, 60, len(line.pieces[0].points))
}

func TestARunThatLeftNoHistoryIsNotDrawnAsSilence(t *testing.T) {
	var h History
	now := time.Unix(1_700_000_000, 0)
	h.Mark(now, MarkStart, "")
	h.Mark(now.Add(time.Hour), MarkKill, "")
	h.Mark(now.Add(2*time.Hour), MarkStart, "")
	h.Attempt(now.Add(2*time.Hour), time.Millisecond, AttemptOK, 1)
	assert.Less(t, h.timeline().total, int64(60_000))
	assert.Equal(t, "not recorded", h.runRows("", time.UTC)[0].Requests)
}

func TestWhatBeganAndEndedIsOneEvent(t *testing.T) {
	var h History
	now := time.Unix(1_700_000_000, 0)
	at := func(s int, kind MarkKind, text string) { h.Mark(now.Add(time.Duration(s)*time.Second), kind, text) }
	at(0, MarkStart, "")
	at(10, MarkThrottleBegin, "slow")
	at(12, MarkOutageBegin, "gone")
	at(40, MarkThrottleEnd, "")
	at(50, MarkKill, "")
	at(90, MarkStart, "")
	list := h.events("", time.UTC)
	assert.Empty(t, list.Left)
	var said []string
	for _, e := range list.List {
		said = append(said, e.What+" "+e.Lasted)
	}
	assert.Equal(t, []string{"Run began ", "Throttled 30 s", "Outage 38 s", "Process killed or crashed ", "Resumed "}, said)
}

func TestTheFirstAndTheLatestEventsAreListed(t *testing.T) {
	var h History
	for i := range 1000 {
		h.Mark(time.Unix(int64(i), 0), MarkQuota, Thousands(int64(i)))
	}
	list := h.events("", time.UTC)
	events := list.List
	require.Len(t, events, maxEvents)
	assert.Equal(t, "960 more events", list.Left)
	assert.Equal(t, "0", events[0].Text)
	assert.Equal(t, "999", events[maxEvents-1].Text)
	assert.Equal(t, maxEvents, events[maxEvents-1].Number)
}

// Runs begin and end within a second: what they did in it is no dip of the rate.
func TestRatesOfBrokenSecondsAreRight(t *testing.T) {
	var h History
	now := time.Unix(1_700_000_000, int64(700*time.Millisecond))
	h.Mark(now, MarkStart, "")
	for range 900 {
		h.Attempt(now, time.Millisecond, AttemptOK, 1)
		now = now.Add(5 * time.Millisecond)
	}
	h.Mark(now, MarkStop, "")
	h.timeline().all(func(p *point, _, _ float64) { assert.InDelta(t, 200, p.perSecond(p.requests()), 2) })
}
