package sandbox

import (
	"maps"
	"net/http"
	"time"
)

// judge decides what becomes of a call: it has the rules, the plan, the accounts, and the figures of the calls
// before. All of it is under the Sandbox's mutex.
type judge struct {
	seed     uint64
	rules    Rules
	plan     plan
	accounts accounts
	seen     tally
	gates    [commandCount]gate
}

// verdict is what becomes of a call.
type verdict struct {
	Action
	code       int // of an answer that the service gives
	delay      time.Duration
	retryAfter time.Duration
}

// settle counts the call, decides, and lets it take effect.
func (j *judge) settle(c *call, now time.Time) verdict {
	t := j.seen.arrive(c, now)
	v := j.decide(c, now, t)
	if err := j.accounts.file.flush(); err != nil && (v.Kind == KindOK || v.Commit) {
		v = answer(c, codeInternal) // the client may ask again; then it is done
	}
	j.seen.record(c, v, t)
	return v
}

// decide goes through the reasons not to serve a call, from the network inwards.
func (j *judge) decide(c *call, now time.Time, t int64) verdict {
	if o := j.plan.outage(j.seen.calls, time.Duration(t-j.seen.first)); o != nil {
		fault := o.Answer
		if fault.Kind == "" {
			fault = Action{Kind: KindHTTP, Status: http.StatusServiceUnavailable}
		}
		j.accounts.find(c, false)
		return j.perform(c, now, verdict{Action: fault, retryAfter: o.RetryAfter})
	}
	if c.refused == codeOK && j.plan.UserSig.refuses(c.sig, j.seen.calls, now) {
		c.refused = codeSigExpired
	}
	if c.refused != codeOK {
		return answer(c, c.refused)
	}
	if !j.gates[c.cmd].take(t, now.Unix(), j.rules.limit(c.cmd), &j.rules) {
		j.accounts.count(c, refusedForRate, false)
		v := answer(c, codeTooOften)
		v.retryAfter = j.rules.RetryAfter
		return v
	}
	j.seen.accept(c, t)
	if c.bad != codeOK {
		return answer(c, c.bad)
	}
	j.accounts.count(c, commands[c.cmd].attempt, len(j.plan.Steps) > 0 || len(j.rules.Faults) > 0)
	return j.perform(c, now, j.chance(c))
}

// chance is what the scenario does to the call, or what the faults do if the scenario does nothing.
func (j *judge) chance(c *call) verdict {
	d := newDraw(j.seed, c)
	v, planned := j.plan.verdict(c)
	v.delay = max(v.delay, d.latency(j.rules.Latency))
	if !planned && len(j.rules.Faults) > 0 {
		var slow time.Duration
		v.Action, slow = d.fault(j.rules.Faults)
		v.delay += slow
	}
	return v
}

// perform lets the call take effect if the verdict says so, and puts the answer into c.
func (j *judge) perform(c *call, now time.Time, v verdict) verdict {
	if v.Kind == "" {
		v.Kind = KindOK
	}
	if v.Kind == KindOK || v.Commit && c.refused == codeOK && c.bad == codeOK {
		if j.accounts.file.flush() != nil { // of an earlier call: nothing new before that is written
			return answer(c, codeInternal)
		}
		v.code = j.accounts.apply(c, &j.rules, now)
	}
	if v.Kind == KindCode {
		v.code = v.Code
	}
	if v.code != codeOK {
		c.out = failure(c.out[:0], c.cmd.profile(), v.code)
	}
	return v
}

// answer makes the service's own answer; the call does not take effect.
func answer(c *call, code int) verdict {
	c.out = failure(c.out[:0], c.cmd.profile(), code)
	return verdict{Action: Action{Kind: KindOK}, code: code}
}

// follow takes a scenario up, whose own limits and quota win over those of the rules.
func (j *judge) follow(sc Scenario) {
	j.plan = newPlan(sc)
	if len(sc.Limits) > 0 && j.rules.Limits == nil {
		j.rules.Limits = make(map[string]int)
	}
	maps.Copy(j.rules.Limits, sc.Limits)
	if sc.Quota != 0 {
		j.rules.Quota = sc.Quota
	}
}
