package decide_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"imimport/pkg/decide"
	"imimport/pkg/fault"
	"imimport/pkg/im"
)

var (
	good = im.Answer{HasCode: true, HTTPStatus: 200}
	none = im.Answer{Class: im.ClassTransient, Err: errors.New("connection refused")}
	bad  = im.Answer{HTTPStatus: 502, Class: im.ClassTransient, Err: errors.New("HTTP status 502")}
)

// ill has calls fail for the first time, one every 100 ms for so long, and tells whether it is an outage then.
func ill(o *decide.Outage, from time.Time, long time.Duration, e decide.Ending) bool {
	for at := from; !at.After(from.Add(long)); at = at.Add(100 * time.Millisecond) {
		e.SentAt = at.Add(-10 * time.Millisecond)
		o.Observe(at, e)
	}
	return o.Known()
}

func TestWhatAnOutageIs(t *testing.T) {
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for name, test := range map[string]struct {
		e     decide.Ending
		asks  bool
		fresh bool // nothing was answered before
		long  time.Duration
		want  bool
	}{
		"three seconds of new calls":         {decide.Ending{Answer: &bad, Connected: true, Evidence: true}, false, false, 3 * time.Second, true},
		"less":                               {decide.Ending{Answer: &bad, Connected: true, Evidence: true}, false, false, 2900 * time.Millisecond, false},
		"rows that failed before":            {decide.Ending{Answer: &bad, Connected: true}, false, false, time.Minute, false},
		"no connection":                      {decide.Ending{Answer: &none}, false, false, 3 * time.Second, true},
		"calls that ask":                     {decide.Ending{Answer: &bad, Connected: true, Evidence: true}, true, false, 3 * time.Second, true},
		"never an answer":                    {decide.Ending{Answer: &im.Answer{Class: im.ClassTransient}, Connected: true, Evidence: true}, false, true, 3 * time.Second, true},
		"a wrong address":                    {decide.Ending{Answer: &im.Answer{Class: im.ClassTransient, HTTPStatus: 404}, Connected: true, Evidence: true}, false, true, time.Minute, false},
		"a code for each of many rows":       {decide.Ending{Answer: &im.Answer{Class: im.ClassTransient, Code: 70500, HasCode: true}, Connected: true, Evidence: true, NewRows: true}, false, false, 3 * time.Second, true},
		"a code for all rows that were left": {decide.Ending{Answer: &im.Answer{Class: im.ClassTransient, Code: 70500, HasCode: true}, Connected: true, Evidence: true}, false, false, time.Minute, false},
		"throttled":                          {decide.Ending{Answer: &im.Answer{Class: im.ClassThrottle}, Connected: true, Evidence: true}, false, false, time.Minute, false},
	} {
		o := decide.Outage{Asks: test.asks}
		if !test.fresh {
			o.Observe(start, decide.Ending{Answer: &good, SentAt: start})
		}
		assert.Equal(t, test.want, ill(&o, start.Add(time.Hour), test.long, test.e), name)
		if test.want {
			at := start.Add(2 * time.Hour)
			assert.Equal(t, decide.NoChange, o.Observe(at, decide.Ending{Answer: &good, SentAt: start.Add(time.Minute)}), "it was sent before")
			assert.Equal(t, decide.Ended, o.Observe(at, decide.Ending{Answer: &good, SentAt: at}), name)
			assert.False(t, o.Failing())
		}
	}
}

// A process that is stopped, or has nothing to ask, sees no outage in that time.
func TestTimeInWhichNothingWasAskedIsNoOutage(t *testing.T) {
	now := time.Now()
	var o decide.Outage
	o.Observe(now, decide.Ending{Answer: &good, SentAt: now})
	for range 20 { // what was in flight fails at once when the process goes on
		now = now.Add(time.Millisecond)
		o.Observe(now.Add(time.Hour), decide.Ending{Answer: &bad, SentAt: now, Connected: true, Evidence: true})
	}
	assert.False(t, o.Known())
	now = now.Add(time.Hour)
	assert.True(t, ill(&o, now, 5*time.Second, decide.Ending{Answer: &bad, Connected: true, Evidence: true}))
	now = now.Add(time.Hour)
	o.Tick(now)
	ill(&o, now, 5*time.Second, decide.Ending{Answer: &bad, Connected: true})
	assert.Nil(t, o.Over(""))
	ill(&o, now, 11*time.Minute, decide.Ending{Answer: &bad, Connected: true})
	assert.Equal(t, fault.Unreachable, o.Over("").Kind)
}

func TestTriesSinceTheLastGoodAnswerAreGivenBack(t *testing.T) {
	now := time.Now()
	var o decide.Outage
	var tries decide.Tries
	tries.Failed(now, &o)
	now = now.Add(time.Second)
	o.Observe(now, decide.Ending{Answer: &good, SentAt: now})
	assert.True(t, tries.Refuted(&o))
	assert.True(t, tries.Suspect(&o))
	for range 3 {
		now = now.Add(time.Second)
		tries.Failed(now, &o)
	}
	assert.False(t, tries.Refuted(&o))
	assert.Equal(t, 4, tries.Used)
	assert.True(t, ill(&o, now, 4*time.Second, decide.Ending{Answer: &none}))
	tries.Forgive(&o)
	tries.Forgive(&o)
	assert.Equal(t, 1, tries.Used)
	end := now.Add(time.Minute)
	o.Observe(end, decide.Ending{Answer: &good, SentAt: end})
	assert.True(t, o.Covers(end.Add(-time.Second)), "a call that was sent in the outage and fails after it")
	assert.False(t, o.Covers(end.Add(time.Second)))
}

func TestAnOutageIsAskedAboutTwiceASecond(t *testing.T) {
	now := time.Now()
	var o decide.Outage
	ill(&o, now, 4*time.Second, decide.Ending{Answer: &none})
	now = now.Add(10 * time.Second)
	assert.Zero(t, o.Wait(now))
	o.Asked(now)
	assert.Equal(t, 500*time.Millisecond, o.Wait(now))
	later := bad
	later.RetryAfter = time.Hour
	o.Observe(now, decide.Ending{Answer: &later, SentAt: now})
	assert.Equal(t, time.Minute, o.Wait(now), "as the service asks, within bounds")
}
