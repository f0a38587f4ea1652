package sandbox

import (
	"errors"
	"io"
	"net/http"
	"sync"
)

const (
	maxBody  = 1 << 20  // a larger body is refused
	maxDrain = 16 << 20 // this much of a larger body is read, so that the client sees the refusal
	maxKept  = 64 << 10 // larger buffers are not kept for the next call
)

// item is one account that a call names.
type item struct {
	id         string
	nick, face optional
	account    *account // nil if the sandbox has none of this name
	code       int      // what the scenario says of this account alone, then what became of it
	commit     bool     // the account is imported although the scenario's code says otherwise
}

// optional is a string that may be missing.
type optional struct {
	given bool
	value string
}

// set overwrites a field. A missing value leaves it as it is, and so does an empty one unless emptyClears.
func (o optional) set(field *string, emptyClears bool) {
	if o.given && (o.value != "" || emptyClears) {
		*field = o.value
	}
}

// attempt is the number of this attempt of the account, from 1.
func (it *item) attempt(cmd command) uint32 {
	if it.account == nil {
		return 1
	}
	return it.account.attempts[commands[cmd].attempt]
}

// call is one request that has not been answered yet. Calls and their buffers are reused.
type call struct {
	cmd     command
	sig     *signature
	refused int // the code for what is wrong with the query
	bad     int // the code for what is wrong in the body
	items   []item
	profile []profileItem // of portrait_set
	tags    []string      // of portrait_get
	body    []byte
	out     []byte // the answer's body
	json    jsonReader
}

var calls = sync.Pool{New: func() any { return new(call) }}

func newCall(cmd command) *call {
	c := calls.Get().(*call)
	c.cmd = cmd
	return c
}

// free returns c to the pool: do not use c or its slices afterwards. Strings made from it stay valid.
func (c *call) free() {
	if cap(c.body) > maxKept || cap(c.out) > maxKept || cap(c.json.scratch) > maxKept {
		return
	}
	clear(c.items)
	clear(c.profile)
	clear(c.tags)
	c.items, c.profile, c.tags = c.items[:0], c.profile[:0], c.tags[:0]
	c.body, c.out = c.body[:0], c.out[:0]
	c.sig, c.refused, c.bad = nil, codeOK, codeOK
	calls.Put(c)
}

// attempt is the number of this attempt of the call's first account.
func (c *call) attempt() uint32 {
	if len(c.items) == 0 {
		return 1
	}
	return c.items[0].attempt(c.cmd)
}

// readBody reads the whole body, or notes that it is too large.
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
				c.bad = codeBadJSON // it was cut
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
