package sandbox

import (
	"errors"
	"io"
	"net/http"
	"sync"
)

const (
	maxBody  = 1 << 20  // a larger body is refused
	maxDrain = 16 << 20 // of a larger body this much is read, so that the client gets to see the refusal
	maxKept  = 64 << 10 // larger buffers are not kept for the next call
)

// item is one account as a call names it.
type item struct {
	id         string
	nick, face optional
	account    *account // nil where the sandbox keeps none
	code       int      // what the scenario says of this account alone, then what became of it
	commit     bool     // the scenario's code comes although the account was imported
}

// optional is a string that need not be there.
type optional struct {
	set   bool
	value string
}

// attempt is which attempt of this account the call is, from 1 on.
func (it *item) attempt(cmd command) uint32 {
	if it.account == nil {
		return 1
	}
	return it.account.attempts[commands[cmd].attempt]
}

// call is one request on its way. Calls and their buffers are used again.
type call struct {
	cmd     command
	sig     *signature
	refused int // the code for what is wrong with the query, or the body as a whole
	bad     int // the code for what is wrong in the body
	items   []item
	profile []profileItem // of portrait_set
	tags    []string      // of portrait_get
	body    []byte
	out     []byte // the answer's body
	scratch []byte
	json    jsonReader
}

var calls = sync.Pool{New: func() any { return new(call) }}

func newCall(cmd command) *call {
	c := calls.Get().(*call)
	c.cmd = cmd
	return c
}

// free gives c back. Nothing of it is used afterwards; strings made from it live on.
func (c *call) free() {
	if cap(c.body) > maxKept || cap(c.out) > maxKept || cap(c.scratch) > maxKept {
		return
	}
	clear(c.items)
	clear(c.profile)
	clear(c.tags)
	c.items, c.profile, c.tags = c.items[:0], c.profile[:0], c.tags[:0]
	c.body, c.out, c.scratch = c.body[:0], c.out[:0], c.scratch[:0]
	c.sig, c.refused, c.bad = nil, codeOK, codeOK
	calls.Put(c)
}

// attempt is which attempt of its first account the call is.
func (c *call) attempt() uint32 {
	if len(c.items) == 0 {
		return 1
	}
	return c.items[0].attempt(c.cmd)
}

// readBody reads the body whole, or notes that it is too large.
func (c *call) readBody(r *http.Request) {
	if c.body == nil {
		c.body = make([]byte, 0, 1024)
	}
	for r.ContentLength <= maxBody {
		if len(c.body) == cap(c.body) {
			c.body = append(c.body, 0)[:len(c.body)]
		}
		n, err := r.Body.Read(c.body[len(c.body):cap(c.body)])
		c.body = c.body[:len(c.body)+n]
		if err != nil {
			if !errors.Is(err, io.EOF) {
				c.bad = codeBadJSON // it broke off
			}
			return
		}
		if len(c.body) > maxBody {
			break
		}
	}
	c.bad = codeBadBody
	c.body = c.body[:0]
	_, _ = io.CopyN(io.Discard, r.Body, maxDrain) // as far as it goes
}
