package limiter_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"imimport/limiter"
)

// services count in the ways that a service may.
var services = map[string]counter{
	"by the sliding second":           {},
	"by the sliding second, accepted": {acceptedOnly: true},
	"by the clock's second":           {clock: true},
	"by the clock's second, accepted": {clock: true, acceptedOnly: true},
}

func TestRunsThatKnowNothingOfEachOtherShareTheLimit(t *testing.T) {
	together := []int{2, 5}
	if seeds() > 1 {
		together = []int{2, 3, 5}
	}
	for name, service := range services {
		for _, n := range together {
			t.Run(name, func(t *testing.T) {
				for seed := range seeds() {
					w := newWorld(seed)
					s := service
					s.limit = 200
					runs := make([]*program, n)
					for i := range runs {
						runs[i] = newProgram(w, &s, 200)
						runs[i].start(w.upTo(3 * time.Second))
					}
					w.run(30 * time.Second)
					s.refused, s.seen = 0, 0
					for _, p := range runs {
						p.accepted = 0
					}
					w.run(time.Minute)
					accepted := 0
					for _, p := range runs {
						accepted += p.accepted
					}
					assert.GreaterOrEqual(t, accepted, 60*182)
					assert.LessOrEqual(t, float64(s.refused), 0.04*float64(s.seen))
					for _, p := range runs {
						assert.GreaterOrEqual(t, float64(p.accepted), 0.7*float64(accepted)/float64(n))
					}
				}
			})
		}
	}
}

func TestAForeignProgramIsLeftInPeace(t *testing.T) {
	for name, service := range services {
		t.Run(name, func(t *testing.T) {
			w := newWorld(1)
			s := service
			s.limit = 200
			foreign, refused := 0, 0
			w.every(10*ms, func() {
				foreign++
				if !s.call(w.now) {
					refused++
				}
			})
			p := newProgram(w, &s, 200)
			p.start(2 * time.Second)
			w.run(62 * time.Second)
			assert.GreaterOrEqual(t, p.accepted, 60*92)
			assert.LessOrEqual(t, float64(refused), 0.02*float64(foreign))
		})
	}
}

func TestAServiceThatAllowsHalfIsFoundAndKept(t *testing.T) {
	const rows, allowed = 4000, 100
	for name, service := range services {
		t.Run(name, func(t *testing.T) {
			for seed := range seeds() {
				w := newWorld(seed)
				s := service
				s.limit = allowed
				w.run(w.upTo(time.Second))
				began := w.now
				p := newProgram(w, &s, 200)
				p.most = rows
				p.start(0)
				w.run(time.Minute)
				assert.LessOrEqual(t, p.doneAt.Sub(began).Seconds(), 1.06*rows/allowed)
				assert.LessOrEqual(t, s.refused, rows/50)
			}
		})
	}
}

func TestOneRefusalAtTheVeryStartCostsLittle(t *testing.T) {
	for limit, best := range map[float64]time.Duration{200: 20 * time.Second, limiter.None: 4 * time.Second} {
		w := newWorld(1)
		s := counter{refuse: 1}
		p := newProgram(w, &s, limit)
		p.most, p.workers = 4000, 64
		p.start(0)
		w.run(time.Minute)
		assert.LessOrEqual(t, p.doneAt.Sub(start), best+3*time.Second, "limit %g", limit)
	}
}

func TestOneRefusalFarAwayCostsNoWholeRoundTrip(t *testing.T) {
	done := func(refuse int) time.Duration {
		w := newWorld(1)
		var s counter
		p := newProgram(w, &s, 200)
		away(5*time.Second, false)(p)
		p.most = 4000
		p.start(0)
		w.after(14*time.Second, func() { s.refuse = refuse })
		w.run(time.Minute)
		return p.doneAt.Sub(start)
	}
	assert.LessOrEqual(t, done(1), done(0)+2500*ms)
}

func TestWhatTheServiceStillRefusesIsAskedSeldom(t *testing.T) {
	w := newWorld(1)
	s := counter{refuse: 1 << 30}
	p := newProgram(w, &s, 200)
	p.start(0)
	w.run(time.Minute)
	assert.Less(t, s.refused, 100)
	s.refuse = 0
	w.run(10 * time.Second)
	assert.Greater(t, p.accepted, 10*100)
}
