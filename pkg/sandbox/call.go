package sandbox

import (
	"bytes"
	"io"
	"net/http"
	"sync"

	"github.com/go-json-experiment/json/jsontext"
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
	return it.account.calls[commands[cmd].attempt]
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
	body    bytes.Buffer
	out     []byte // the answer's body
	json    jsonReader
}

var calls = sync.Pool{New: func() any { return &call{json: jsonReader{Decoder: new(jsontext.Decoder)}} }}

func newCall(cmd command) *call {
	c := calls.Get().(*call)
	c.cmd = cmd
	return c
}

// free returns c to the pool: do not use c or its slices afterwards. Strings made from it stay valid.
func (c *call) free() {
	if c.body.Cap() > maxKept || cap(c.out) > maxKept || cap(c.json.scratch) > maxKept {
		return
	}
	clear(c.items)
	clear(c.profile)
	clear(c.tags)
	c.items, c.profile, c.tags = c.items[:0], c.profile[:0], c.tags[:0]
	c.body.Reset()
	c.out = c.out[:0]
	c.sig, c.refused, c.bad = nil, codeOK, codeOK
	calls.Put(c)
}

// readBody reads the whole body, or notes that it is too large.
func (c *call) readBody(r *http.Request) {
	if r.ContentLength <= maxBody {
		_, err := c.body.ReadFrom(io.LimitReader(r.Body, maxBody+1))
		switch {
		case err != nil:
			c.bad = codeBadJSON // it was cut
			return
		case c.body.Len() <= maxBody:
			return
		}
	}
	c.bad = codeBadJSON
	_, _ = io.CopyN(io.Discard, r.Body, maxDrain) // as far as it goes
}
