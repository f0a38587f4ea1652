package sandbox

import (
	"crypto/rand"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Defaults of a Config.
const (
	DefaultSDKAppID   = 1400000000
	DefaultIdentifier = "administrator"
)

// Config is one app and the rules that it lives under. The zero value is a usable app with a key of its own.
type Config struct {
	SDKAppID  uint64   // 0 is DefaultSDKAppID
	SecretKey string   // "" is a new random one
	Admins    []string // identifiers that may call; none is DefaultIdentifier

	Rules    Rules
	Scenario Scenario
	Seed     uint64 // of all chance: the same seed does the same to the same accounts

	DataFile string           // accounts are kept here and survive the process; "" is in memory
	Now      func() time.Time // nil is time.Now

	// For Start only.
	Addr        string           // "" is a free port of the loopback address
	PlainHTTP   bool             // no TLS
	Certificate *tls.Certificate // nil is one made for this start, signed by a CA made for this start
}

// Sandbox is the service for one app. It is an http.Handler and safe for concurrent use; Close it when it
// has a DataFile.
type Sandbox struct {
	app    uint64
	key    string
	admins map[string]bool
	ident  string // the first admin
	seed   uint64
	now    func() time.Time
	start  time.Time
	site   http.Handler  // the state page and /_sandbox/
	done   chan struct{} // closed by Close, which ends calls that hang
	close  sync.Once
	sigs   sigCache

	mu    sync.Mutex // all below
	rules Rules
	plan  plan
	state state
	seen  tally
	gates [commandCount]gate
	file  *journal // nil without a DataFile
}

// New checks cfg and makes a sandbox. With a DataFile it holds the accounts that the file does.
func New(cfg Config) (*Sandbox, error) {
	rules := cfg.Rules.clone()
	if err := errors.Join(rules.validate(), cfg.Scenario.validate()); err != nil {
		return nil, fmt.Errorf("make sandbox: %w", err)
	}
	s := &Sandbox{
		app: cfg.SDKAppID, key: cfg.SecretKey, seed: cfg.Seed, now: cfg.Now,
		admins: make(map[string]bool), done: make(chan struct{}),
		rules: rules, plan: newPlan(cfg.Scenario), state: newState(), seen: newTally(),
	}
	if s.app == 0 {
		s.app = DefaultSDKAppID
	}
	if s.key == "" {
		s.key = newKey()
	}
	if s.now == nil {
		s.now = time.Now
	}
	admins := cfg.Admins
	if len(admins) == 0 {
		admins = []string{DefaultIdentifier}
	}
	s.ident = admins[0]
	for _, name := range admins {
		s.admins[name] = true
	}
	s.start = s.now()
	s.overrule()
	s.site = s.newSite()
	if cfg.DataFile != "" {
		var err error
		if s.file, err = openJournal(cfg.DataFile, s.app, &s.state); err != nil {
			return nil, fmt.Errorf("open data file: %w", err)
		}
	}
	return s, nil
}

// newKey makes a key as the console shows them: 64 hexadecimal digits.
func newKey() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// overrule gives the scenario's own limits and quota their precedence.
func (s *Sandbox) overrule() {
	if len(s.plan.Limits) > 0 && s.rules.Limits == nil {
		s.rules.Limits = make(map[string]int)
	}
	for name, n := range s.plan.Limits {
		s.rules.Limits[name] = n
	}
	if s.plan.Quota != 0 {
		s.rules.Quota = s.plan.Quota
	}
}

// ServeHTTP answers the API's commands under /v4/, and serves the state page and /_sandbox/ beside them.
func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	cmd, ok := commandOf(r.URL.Path)
	switch {
	case ok:
		s.serveCommand(w, r, cmd)
	case strings.HasPrefix(r.URL.Path, "/v4/"):
		writeAnswer(w, failure(nil, false, codeNoCommand))
	default:
		s.site.ServeHTTP(w, r)
	}
}

// serveCommand is a call from its arrival to its answer.
func (s *Sandbox) serveCommand(w http.ResponseWriter, r *http.Request, cmd command) {
	c := newCall(cmd)
	defer c.free()
	c.readBody(r)
	c.sig, c.refused = s.checkQuery(cmd, r, s.now())
	if c.refused == codeOK {
		c.decode()
	}
	s.reply(w, r, c, s.settle(c))
}

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
		case st.Answer.Kind == KindCode && len(c.items) > 1:
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

// Close ends what hangs and closes the data file.
func (s *Sandbox) Close() error {
	s.hangUp()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.file.close()
}

func (s *Sandbox) hangUp() { s.close.Do(func() { close(s.done) }) }
