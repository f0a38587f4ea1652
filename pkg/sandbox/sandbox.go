package sandbox

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"imimport/pkg/loopback"
)

// Defaults of a Config.
const (
	DefaultSDKAppID   = 1400000000
	DefaultIdentifier = "administrator"
)

// Config is one app and the rules that apply to it. The zero value is a usable app with a random key.
type Config struct {
	SDKAppID  uint64   // 0 is DefaultSDKAppID
	SecretKey string   // "" is a new random one
	Admins    []string // identifiers that may call; none is DefaultIdentifier

	RandomOptional bool // calls without random are served: some clients never send it

	Rules    Rules
	Scenario Scenario
	Seed     uint64 // of all random choices: the same seed does the same to the same accounts

	DataFile string           // the accounts are kept here and survive the process; "" is in memory
	Now      func() time.Time // nil is time.Now

	// For Start only.
	Addr        string           // "" is a free port of the loopback address
	PlainHTTP   bool             // no TLS
	Names       []string         // further names and addresses in the certificate that is made
	Certificate *tls.Certificate // nil is one made for this start, signed by a CA made for this start
}

// Sandbox is the service for one app. It is an http.Handler and safe for concurrent use. Close it when it has a
// DataFile.
type Sandbox struct {
	app    *app
	now    func() time.Time
	site   http.Handler  // the state page and /_sandbox/
	done   chan struct{} // closed by hangUp, which ends calls that hang
	hangUp func()        // may be called twice

	mu    sync.Mutex
	judge judge
}

// New checks cfg and makes a sandbox. With a DataFile it starts with the accounts in that file.
func New(cfg Config) (*Sandbox, error) {
	rules := cfg.Rules.clone()
	if err := errors.Join(rules.validate(), cfg.Scenario.validate()); err != nil {
		return nil, fmt.Errorf("make sandbox: %w", err)
	}
	s := &Sandbox{app: newApp(cfg), now: cfg.Now, done: make(chan struct{})}
	s.hangUp = sync.OnceFunc(func() { close(s.done) })
	if s.now == nil {
		s.now = time.Now
	}
	s.judge = judge{seed: cfg.Seed, rules: rules, accounts: newAccounts(), seen: newTally(s.now())}
	s.judge.follow(cfg.Scenario)
	s.site = loopback.Guard(newSite(s), cfg.Names...)
	if cfg.DataFile != "" {
		var err error
		if s.judge.accounts.file, err = openJournal(cfg.DataFile, s.app.id, &s.judge.accounts); err != nil {
			return nil, fmt.Errorf("open data file: %w", err)
		}
	}
	return s, nil
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
	c.sig, c.refused = s.app.check(cmd, r, s.now())
	if c.refused == codeOK {
		c.decode()
	}
	reply(w, r, c, s.settle(c), s.done)
}

// settle decides what becomes of the call and lets it take effect, all at one moment: calls have an order.
func (s *Sandbox) settle(c *call) verdict {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.judge.settle(c, s.now()) // the time is taken under the mutex, so that it never falls from one call to the next
}

// Close ends calls that hang and closes the data file.
func (s *Sandbox) Close() error {
	s.hangUp()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.judge.accounts.file.close()
}
