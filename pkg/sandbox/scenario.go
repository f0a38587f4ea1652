package sandbox

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Scenario says exactly what happens to which call, so that a test knows the outcome in advance.
// In YAML:
//
//	steps:
//	  - userid: u10*              # * and ? as in file names; without it, every account
//	    command: account_import   # without it, every command
//	    attempt: 1                # the nth time that a call names the account: 2, 1-3, 4-; without it, every time
//	    answer: 70169             # a code, http502, reset, hang, truncate, html, empty, ok; commit-then-reset
//	    delay: 2s                 # before the answer
//	    retry_after: 3s           # the header of that name
//	outages:
//	  - calls: 1000-1200          # by number of call, the first is 1
//	    answer: http503
//	  - from: 5s                  # by the time since the first call
//	    for: 10s
//	    answer: reset
//	usersig:
//	  from_call: 500              # from this call on, UserSigs that were used before it are refused (70001)
//	  older_than: 1h              # or, with this, those that were made longer ago
//	limits: {account_import: 50}  # limits and quota win over those of the rules
//	quota: 1000
//
// The first step that matches decides. Both import commands share one count of attempts, because either way
// the account is imported. A call that is refused for the rate or for its query is no attempt. In a batch,
// a step with a code fails only its account; any other answer is that of the whole call.
type Scenario struct {
	Steps   []Step         `yaml:"steps"`
	Outages []Outage       `yaml:"outages"`
	UserSig UserSigRule    `yaml:"usersig"`
	Limits  map[string]int `yaml:"limits"`
	Quota   int            `yaml:"quota"`
}

// Step is what happens to some attempts of some accounts.
type Step struct {
	UserID     string        `yaml:"userid"`
	Command    string        `yaml:"command"`
	Attempt    Span          `yaml:"attempt"`
	Answer     Action        `yaml:"answer"`
	Delay      time.Duration `yaml:"delay"`
	RetryAfter time.Duration `yaml:"retry_after"`
}

// UserSigRule has UserSigs refused as expired although they are still valid.
type UserSigRule struct {
	FromCall  uint64        `yaml:"from_call"` // 0 is never
	OlderThan time.Duration `yaml:"older_than"`
}

// refuses tells whether a call with this number and UserSig is refused.
func (rule UserSigRule) refuses(sig *signature, call uint64, now time.Time) bool {
	first := sig.firstUse(call)
	switch {
	case rule.FromCall == 0 || call < rule.FromCall:
		return false
	case rule.OlderThan > 0:
		return now.Sub(time.Unix(sig.Time, 0)) > rule.OlderThan
	}
	return first < rule.FromCall
}

// ParseScenario reads a scenario's YAML. An unknown key is an error.
func ParseScenario(text []byte) (Scenario, error) {
	var sc Scenario
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(&sc); err != nil && !errors.Is(err, io.EOF) {
		return sc, fmt.Errorf("read scenario: %w", err)
	}
	return sc, sc.validate()
}

func (sc *Scenario) validate() error {
	var faults []error
	bad := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	for i, st := range sc.Steps {
		if err := unknownCommand(st.Command); st.Command != "" && err != nil {
			bad("scenario step %d: %w", i+1, err)
		}
		if st.Delay < 0 || st.RetryAfter < 0 {
			bad("scenario step %d: a duration must not be below 0", i+1)
		}
	}
	for i, o := range sc.Outages {
		byCall, byTime := o.Calls != Span{}, o.For != 0
		if byCall == byTime || o.From < 0 || o.For < 0 || o.RetryAfter < 0 || byCall && o.From != 0 {
			bad("scenario outage %d: want either calls, or from and for", i+1)
		}
		if o.Answer.Kind == KindOK {
			bad("scenario outage %d: the answer must not be ok", i+1)
		}
	}
	if sc.UserSig.OlderThan < 0 {
		bad("scenario usersig: a duration must not be below 0")
	}
	rules := Rules{Limits: sc.Limits, Quota: sc.Quota}
	if err := rules.validate(); err != nil {
		bad("scenario: %w", err)
	}
	return errors.Join(faults...)
}

// plan is a Scenario with an index, so that it can be looked up for each call.
type plan struct {
	Scenario
	exact map[string][]int // steps by their whole UserID, in order
	globs []int            // the others, in order
}

func newPlan(sc Scenario) plan {
	p := plan{Scenario: sc, exact: make(map[string][]int)}
	for i, st := range sc.Steps {
		if st.UserID == "" || strings.ContainsAny(st.UserID, "*?") {
			p.globs = append(p.globs, i)
		} else {
			p.exact[st.UserID] = append(p.exact[st.UserID], i)
		}
	}
	return p
}

// verdict is what the steps do to a call, and whether there is a step for it. Codes for one account of many go to
// its item.
func (p *plan) verdict(c *call) (v verdict, planned bool) {
	for i := range c.items {
		it := &c.items[i]
		st := p.step(c.cmd, it.id, it.attempt(c.cmd))
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
	return v, planned
}

// step finds the first step for the nth attempt of an account, nil for none.
func (p *plan) step(cmd command, userID string, nth uint32) *Step {
	first := len(p.Steps)
	for _, steps := range [2][]int{p.exact[userID], p.globs} {
		for _, i := range steps {
			st := &p.Steps[i]
			if st.Attempt.has(uint64(nth)) && (st.Command == "" || st.Command == commands[cmd].name) && match(st.UserID, userID) {
				first = min(first, i)
				break
			}
		}
	}
	if first == len(p.Steps) {
		return nil
	}
	return &p.Steps[first]
}

// outage finds the outage that a call falls into, nil for none.
func (p *plan) outage(number uint64, sinceFirst time.Duration) *Outage {
	for i := range p.Outages {
		o := &p.Outages[i]
		byCall := o.Calls != Span{}
		if byCall && o.Calls.has(number) || !byCall && sinceFirst >= o.From && sinceFirst < o.From+o.For {
			return o
		}
	}
	return nil
}

// match compares a name with a pattern in which * is any text and ? any byte. An empty pattern matches every name.
func match(pattern, name string) bool {
	if pattern == "" {
		return true
	}
	star, retry := -1, 0
	p, n := 0, 0
	for n < len(name) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, retry = p, n
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == name[n]):
			p++
			n++
		case star >= 0:
			retry++
			p, n = star+1, retry
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
