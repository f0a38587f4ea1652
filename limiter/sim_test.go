package limiter_test

import (
	"container/heap"
	"math/rand/v2"
	"os"
	"strconv"
	"time"

	"imimport/limiter"
)

// seeds are one, or as many as IMIMPORT_SEEDS says: .ci/soak pace.
func seeds() uint64 {
	n, err := strconv.ParseUint(os.Getenv("IMIMPORT_SEEDS"), 10, 16)
	if err != nil {
		return 1
	}
	return n
}

// world is virtual time: what is to happen, in its order.
type world struct {
	now    time.Time
	rng    *rand.Rand
	events events
}

type event struct {
	at time.Time
	do func()
}

type events []event

func (e events) Len() int           { return len(e) }
func (e events) Less(i, j int) bool { return e[i].at.Before(e[j].at) }
func (e events) Swap(i, j int)      { e[i], e[j] = e[j], e[i] }
func (e *events) Push(x any)        { *e = append(*e, x.(event)) }
func (e *events) Pop() any {
	old := *e
	last := old[len(old)-1]
	*e = old[:len(old)-1]
	return last
}

var start = time.Unix(1_700_000_000, 0)

func newWorld(seed uint64) *world {
	return &world{now: start, rng: rand.New(rand.NewPCG(seed, 1))}
}

func (w *world) at(t time.Time, do func()) { heap.Push(&w.events, event{t, do}) }

func (w *world) after(d time.Duration, do func()) { w.at(w.now.Add(d), do) }

func (w *world) every(d time.Duration, do func()) {
	w.after(d, func() {
		do()
		w.every(d, do)
	})
}

// run lets everything happen that does within d.
func (w *world) run(d time.Duration) {
	end := w.now.Add(d)
	for len(w.events) > 0 && !w.events[0].at.After(end) {
		e := heap.Pop(&w.events).(event)
		w.now = e.at
		e.do()
	}
	w.now = end
}

func (w *world) upTo(d time.Duration) time.Duration {
	if d <= 0 {
		return 0
	}
	return time.Duration(w.rng.Int64N(int64(d)))
}

// counter is a service that counts the calls that it sees, and refuses those that are over its limit.
type counter struct {
	limit        int  // 0 refuses nothing
	clock        bool // counts by the clock's second instead of the second before
	acceptedOnly bool // does not count what it refuses
	refuse       int  // so many calls, whatever it counts
	stuckUntil   time.Time

	times         []time.Time // of those that count in the second before
	second        int64       // of the clock,
	inSecond      int         // and what counts in it
	worst         int         // in any second
	seen, refused int
}

func (s *counter) call(now time.Time) bool {
	if second := now.Unix(); second != s.second {
		s.second, s.inSecond = second, 0
	}
	for len(s.times) > 0 && now.Sub(s.times[0]) >= time.Second {
		s.times = s.times[1:]
	}
	used := len(s.times)
	s.worst = max(s.worst, used+1)
	if s.clock {
		used = s.inSecond
	}
	ok := s.limit == 0 || used < s.limit
	if s.refuse > 0 {
		ok = false
		s.refuse--
	}
	if ok || !s.acceptedOnly {
		s.times = append(s.times, now)
		s.inSecond++
	}
	if s.seen++; !ok {
		s.refused++
	}
	return ok
}

// program calls a service as often as its limiter lets it.
type program struct {
	w                   *world
	service             *counter
	limiter             *limiter.Limiter
	there, back         time.Duration
	lateThere, lateBack time.Duration // at most
	stray               time.Duration // by which one call in a hundred is late
	handshake           bool          // two round trips for each new connection
	unanswered          float64       // of the calls
	breaks              time.Duration // a break after each 500 calls
	workers             int           // 0 is as many as it takes
	most                int           // calls accepted until it is done; 0 is no end
	frozenUntil         time.Time     // by SIGSTOP, the garbage collector, a busy machine

	inFlight, idle, sent, wake int
	accepted                   int
	doneAt                     time.Time
}

func newProgram(w *world, s *counter, limit float64) *program {
	l, err := limiter.New(limit)
	if err != nil {
		panic(err)
	}
	return &program{w: w, service: s, limiter: l, there: 30 * ms, back: 30 * ms, lateThere: 2 * ms, lateBack: 2 * ms}
}

func (p *program) start(d time.Duration) { p.w.after(d, p.step) }

// mine calls do as soon as the program is not frozen.
func (p *program) mine(do func()) {
	if p.w.now.Before(p.frozenUntil) {
		p.w.at(p.frozenUntil, func() { p.mine(do) })
		return
	}
	do()
}

func (p *program) step() {
	for p.workers == 0 || p.inFlight < p.workers {
		if p.most > 0 && p.accepted+p.inFlight >= p.most {
			return
		}
		c, wait := p.limiter.WaitAt(p.w.now)
		if c == nil {
			p.sleep(wait)
			return
		}
		p.send(c)
		if p.sent++; p.breaks > 0 && p.sent%500 == 0 {
			p.frozenUntil = p.w.now.Add(p.breaks)
			p.sleep(p.breaks)
			return
		}
	}
}

// sleep steps after d, unless an answer makes it step before.
func (p *program) sleep(d time.Duration) {
	p.wake++
	this := p.wake
	if d < time.Hour {
		p.w.after(d+p.w.upTo(ms), func() {
			if this == p.wake {
				p.mine(p.step)
			}
		})
	}
}

func (p *program) send(c *limiter.Call) {
	p.inFlight++
	connecting := p.w.upTo(ms / 10)
	if p.idle > 0 {
		p.idle--
	} else if p.handshake {
		connecting += 2 * (p.there + p.back)
	}
	p.w.after(connecting, func() {
		p.mine(func() {
			c.Written(p.w.now)
			p.underWay(c)
		})
	})
}

// underWay has the call arrive, and gives it up after 10 s.
func (p *program) underWay(c *limiter.Call) {
	open := true
	end := func(do func()) func() {
		return func() {
			p.mine(func() {
				if open {
					open = false
					p.inFlight--
					do()
					p.step()
				}
			})
		}
	}
	p.w.after(10*time.Second, end(func() { c.GivenUp(p.w.now) }))
	if p.w.rng.Float64() < p.unanswered {
		return
	}
	late := p.w.upTo(p.lateThere)
	if p.w.rng.IntN(100) == 0 {
		late += p.stray
	}
	p.w.after(p.there+late, func() {
		p.arrive(func() {
			ok := p.service.call(p.w.now)
			p.w.after(p.back+p.w.upTo(p.lateBack), end(func() { p.answered(c, ok) }))
		})
	})
}

func (p *program) arrive(do func()) {
	if p.w.now.Before(p.service.stuckUntil) {
		p.w.at(p.service.stuckUntil, func() { p.arrive(do) })
		return
	}
	do()
}

func (p *program) answered(c *limiter.Call, ok bool) {
	p.idle++
	if !ok {
		c.Throttled(p.w.now, 0)
		return
	}
	c.Answered(p.w.now)
	if p.accepted++; p.accepted == p.most {
		p.doneAt = p.w.now
	}
}
