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

// Close ends what hangs and closes the data file.
func (s *Sandbox) Close() error {
	s.hangUp()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.file.close()
}

func (s *Sandbox) hangUp() { s.close.Do(func() { close(s.done) }) }
