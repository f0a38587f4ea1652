package limiter_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

const ms = time.Millisecond

// TestNoSecondAtTheServiceHoldsMoreThanTheLimit looks at the worst second over a minute, and at the mean rate once the
// first seconds are over.
func TestNoSecondAtTheServiceHoldsMoreThanTheLimit(t *testing.T) {
	for name, c := range map[string]struct {
		limit   float64
		change  func(*program)
		atLeast float64 // of the limit
	}{
		"quiet":                               {200, nil, 0.9925},
		"late by 0 to 40 ms":                  {200, lateBy(40 * ms), 0.97},
		"late by 0 to 120 ms":                 {200, lateBy(120 * ms), 0.925},
		"late by 0 to 120 ms both ways":       {200, func(p *program) { p.lateThere, p.lateBack = 120*ms, 120*ms }, 0.87},
		"late by 0 to 120 ms, 2 ms away":      {200, func(p *program) { p.there, p.back, p.lateThere, p.lateBack = ms, ms, 120*ms, 120*ms }, 0.87},
		"now and then a second late":          {200, func(p *program) { p.stray = time.Second }, 0.9},
		"a machine busy in bursts":            {200, busyInBursts, 0.95},
		"stopped for 2 s now and then":        {200, stopped(2 * time.Second), 0.75},
		"the service is stuck for 3 s":        {200, stuck(3 * time.Second), 0.7},
		"the service is stuck for 9 s":        {200, stuck(9 * time.Second), 0.5},
		"it takes a hundred given-up calls":   {200, func(p *program) { p.workers = 100; stuck(15 * time.Second)(p) }, 0.2},
		"0.4 s away, with handshakes":         {200, away(400*ms, true), 0.98},
		"1 s away, with handshakes":           {200, away(time.Second, true), 0.96},
		"2 s away":                            {200, away(2*time.Second, false), 0.96},
		"5 s away":                            {200, away(5*time.Second, false), 0.96},
		"a twentieth of the calls unanswered": {200, func(p *program) { p.unanswered = 0.05 }, 0.6},
		"quiet times":                         {200, func(p *program) { p.breaks = 40 * time.Second }, 0.05},
		"a round trip that becomes longer":    {200, func(p *program) { p.w.after(2*time.Second, func() { p.there += 300 * ms }) }, 0.93},
		"batches":                             {100, nil, 0.9925},
		"batches late by 0 to 120 ms":         {100, lateBy(120 * ms), 0.925},
		"ten a second":                        {10, lateBy(40 * ms), 0.95},
		"one a second, late by 0 to 120 ms":   {1, lateBy(120 * ms), 0.9},
		"five hundred a second, handshakes":   {500, func(p *program) { p.handshake, p.lateThere = true, 10*ms }, 0.98},
	} {
		t.Run(name, func(t *testing.T) {
			for seed := range seeds() {
				w := newWorld(seed)
				s := &counter{}
				p := newProgram(w, s, c.limit)
				if c.change != nil {
					c.change(p)
				}
				p.start(0)
				w.every(100*ms, func() { p.limiter.Seen(w.now) }) // looking changes nothing
				w.run(20 * time.Second)
				before := s.seen
				w.run(40 * time.Second)
				assert.LessOrEqual(t, s.worst, int(c.limit))
				assert.GreaterOrEqual(t, float64(s.seen-before)/40, c.limit*c.atLeast)
				_, worst := p.limiter.Seen(w.now)
				assert.InDelta(t, s.worst, worst, max(2, c.limit/10))
			}
		})
	}
}

func lateBy(d time.Duration) func(*program) { return func(p *program) { p.lateThere = d } }

func away(d time.Duration, handshake bool) func(*program) {
	return func(p *program) { p.there, p.back, p.lateThere, p.handshake = d/2, d/2, 5*ms, handshake }
}

// busyInBursts takes the processor away for up to 20 ms at a time, in 150 of 450 ms.
func busyInBursts(p *program) {
	if p.w.now.UnixMilli()%450 < 150 {
		p.frozenUntil = p.w.now.Add(p.w.upTo(20 * ms))
	}
	p.w.after(20*ms, func() { busyInBursts(p) })
}

func stopped(d time.Duration) func(*program) {
	return func(p *program) {
		p.w.every(10*time.Second, func() { p.frozenUntil = p.w.now.Add(d) })
	}
}

func stuck(d time.Duration) func(*program) {
	return func(p *program) {
		p.w.every(25*time.Second, func() { p.service.stuckUntil = p.w.now.Add(d) })
	}
}

func TestARoundTripThatBecomesShorterIsSeenOnce(t *testing.T) {
	w := newWorld(1)
	s := &counter{}
	p := newProgram(w, s, 200)
	p.there = 130 * ms
	p.start(0)
	w.after(20*time.Second, func() { p.there = 30 * ms })
	w.run(25 * time.Second)
	assert.LessOrEqual(t, s.worst, 200+20, "rate times the difference")
	s.worst = 0
	w.run(time.Minute)
	assert.LessOrEqual(t, s.worst, 200)
}

func TestAProcessThatWasStoppedCannotSendABurst(t *testing.T) {
	w := newWorld(1)
	s := &counter{}
	p := newProgram(w, s, 200)
	p.start(0)
	w.run(3 * time.Second)
	p.frozenUntil = w.now.Add(2 * time.Second)
	w.run(2100 * ms)
	seen := s.seen
	w.run(50 * ms)
	assert.LessOrEqual(t, s.seen-seen, 15)
}
