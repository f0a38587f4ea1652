package sandbox

import (
	"net/http"
	"time"
)

// verdict is what becomes of a call.
type verdict struct {
	Action
	code       int // of an answer that the service gives
	delay      time.Duration
	retryAfter time.Duration
}

// settle counts the call, judges it and lets it take effect, all at one moment: calls have an order.
func (s *Sandbox) settle(c *call) verdict {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now() // under the mutex, so that time never falls from one call to the next
	t := s.seen.arrive(c, now, s.start)
	v := s.judge(c, now, t)
	if err := s.file.flush(); err != nil && (v.Kind == KindOK || v.Commit) {
		v = s.answer(c, codeInternal) // the client may ask again; then it is done
	}
	s.seen.record(c, v, t)
	return v
}

// judge goes through the reasons not to serve a call, from the network inwards.
func (s *Sandbox) judge(c *call, now time.Time, t int64) verdict {
	if o := s.plan.outage(s.seen.calls, s.seen.sinceFirst(t)); o != nil {
		answer := o.Answer
		if answer.Kind == "" {
			answer = Action{Kind: KindHTTP, Status: http.StatusServiceUnavailable}
		}
		s.state.find(c, false)
		return s.perform(c, now, verdict{Action: answer, retryAfter: o.RetryAfter})
	}
	if c.refused == codeOK && s.refusesSig(c, now) {
		c.refused = codeSigExpired
	}
	if c.refused != codeOK {
		return s.answer(c, c.refused)
	}
	if !s.gates[c.cmd].take(t, now.Unix(), s.rules.limit(c.cmd), &s.rules) {
		s.state.countRefused(c)
		v := s.answer(c, codeTooOften)
		v.retryAfter = s.rules.RetryAfter
		return v
	}
	s.seen.accept(c, t)
	if c.bad != codeOK {
		return s.answer(c, c.bad)
	}
	s.state.countAttempt(c, len(s.plan.Steps) > 0 || len(s.rules.Faults) > 0)
	return s.perform(c, now, s.chance(c))
}

// refusesSig applies the scenario's rule on UserSigs.
func (s *Sandbox) refusesSig(c *call, now time.Time) bool {
	if c.sig.first == 0 {
		c.sig.first = s.seen.calls
	}
	rule := s.plan.UserSig
	switch {
	case rule.FromCall == 0 || s.seen.calls < rule.FromCall:
		return false
	case rule.OlderThan > 0:
		return now.Sub(time.Unix(c.sig.Time, 0)) > rule.OlderThan
	}
	return c.sig.first < rule.FromCall
}

// chance is what the scenario says of the call, or where it says nothing, the faults.
func (s *Sandbox) chance(c *call) verdict {
	var v verdict
	nth := c.attempt()
	d := newDraw(s.seed, c, nth)
	v.delay = d.latency(s.rules.Latency)
	planned := false
	for i := range c.items {
		it := &c.items[i]
		st := s.plan.step(c.cmd, it.id, it.attempt(c.cmd))
		if st == nil {
			continue
		}
		planned = true
		v.delay = max(v.delay, st.Delay)
		v.retryAfter = max(v.retryAfter, st.RetryAfter)
		switch {
		case st.Answer.Kind == KindCode && c.cmd.many():
			it.code, it.commit = st.Answer.Code, st.Answer.Commit
		case v.Kind == "":
			v.Action = st.Answer
		}
	}
	if !planned && len(s.rules.Faults) > 0 {
		var slow time.Duration
		v.Action, slow = d.fault(s.rules.Faults)
		v.delay += slow
	}
	return v
}

// perform lets the call take effect where the verdict has it do so, and puts the answer into c.
func (s *Sandbox) perform(c *call, now time.Time, v verdict) verdict {
	if v.Kind == "" {
		v.Kind = KindOK
	}
	if v.Kind == KindOK || v.Commit && c.refused == codeOK && c.bad == codeOK {
		if s.file.flush() != nil { // of an earlier call: nothing more is taken on before that is on disk
			return s.answer(c, codeInternal)
		}
		v.code = s.apply(c, now)
	}
	if v.Kind == KindCode {
		v.code = v.Code
	}
	if v.code != codeOK {
		c.out = failure(c.out[:0], c.cmd.profile(), v.code)
	}
	return v
}

// answer makes the service's own answer without the call taking effect.
func (s *Sandbox) answer(c *call, code int) verdict {
	c.out = failure(c.out[:0], c.cmd.profile(), code)
	return verdict{Action: Action{Kind: KindOK}, code: code}
}

// apply does what the call asks for and leaves the answer for code 0 in c.out.
func (s *Sandbox) apply(c *call, now time.Time) int {
	switch c.cmd {
	case accountImport:
		return s.importOne(c, now)
	case multiaccountImport:
		return s.importBatch(c, now)
	case accountCheck:
		return s.check(c)
	case accountDelete:
		return s.delete(c, now)
	case portraitSet:
		return s.setPortrait(c)
	default:
		return s.getPortraits(c)
	}
}
