package sandboxtest

import (
	"net/http"
	"sync"
)

// Gate counts the calls that go through it to Handler, and can hold them back: what a test does to a client in the middle
// of its work then happens in the middle, however slow the machine is. The zero value but for Handler is an open gate.
// Safe for concurrent use.
type Gate struct {
	Handler http.Handler

	mu      sync.Mutex
	changed sync.Cond // of all below
	calls   int       // since Hold
	from    int       // the call to hold, and all after it; 0 is none
	held    int       // calls that are held, or went on after that and have not ended
	gone    bool
}

// ServeHTTP passes the call on, at once or when the gate opens.
func (g *Gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	g.calls++
	hold := g.from > 0 && g.calls >= g.from
	if hold {
		g.held++
		defer g.change(func() { g.held-- })
		g.broadcast()
	}
	for hold && g.from > 0 {
		g.wait()
	}
	g.mu.Unlock()
	g.Handler.ServeHTTP(w, r)
}

// Hold counts anew, and holds the call with number from and all after it, until Open. from is 1 or more; 0 holds none.
func (g *Gate) Hold(from int) {
	g.change(func() { g.calls, g.from, g.gone = 0, from, false })
}

// Wait returns when a call is held, true, or after Gone, false.
func (g *Gate) Wait() (held bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for g.held == 0 && !g.gone {
		g.wait()
	}
	return g.held > 0
}

// Gone tells Wait that the client makes no more calls.
func (g *Gate) Gone() { g.change(func() { g.gone = true }) }

// Open lets the calls go on that are held, and returns when the handler is done with them.
func (g *Gate) Open() {
	g.change(func() { g.from = 0 })
	g.mu.Lock()
	defer g.mu.Unlock()
	for g.held > 0 {
		g.wait()
	}
}

func (g *Gate) change(do func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	do()
	g.broadcast()
}

// broadcast and wait are of changed. The caller holds mu.
func (g *Gate) broadcast() { g.changed.L = &g.mu; g.changed.Broadcast() }
func (g *Gate) wait()      { g.changed.L = &g.mu; g.changed.Wait() }
