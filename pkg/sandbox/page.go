package sandbox

import (
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"net/http"
	"strconv"
	"strings"
	"time"
)

//go:embed page.html
var pageText string

//go:embed page.js
var pageScript string

var page = template.Must(template.New("page").Parse(pageText))

// pagePolicy lets the page use its own styles, run its own script and fetch itself again; nothing else.
var pagePolicy = func() string {
	sum := sha256.Sum256([]byte(pageScript))
	return "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; style-src 'unsafe-inline'; connect-src 'self'; script-src 'sha256-" +
		base64.StdEncoding.EncodeToString(sum[:]) + "'"
}()

// pageView is what the page shows. It holds no key and no UserSig.
type pageView struct {
	Stats
	Now    time.Time
	Uptime time.Duration
	Rules  []pageRule
	Recent []Call
	Latest *Account // the last whose profile was set; nil for none
	Script template.JS
}

type pageRule struct{ Name, Value string }

// page shows the state of one moment, so that the figures agree with each other.
func (st site) page(w http.ResponseWriter, _ *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", pagePolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	_ = page.Execute(w, st.view()) // the browser may be gone
}

func (st site) view() pageView {
	s := st.sandbox
	s.mu.Lock()
	defer s.mu.Unlock()
	v := pageView{Stats: s.stats(), Now: s.now(), Rules: s.judge.rules.shown(), Recent: s.judge.seen.list(), Script: template.JS(pageScript)}
	if a := s.judge.accounts.byID[s.judge.accounts.latest]; a != nil && a.imported {
		v.Latest = &Account{s.judge.accounts.latest, a.nick, a.face, a.allCalls(), a.profile()}
	}
	v.Uptime = v.Now.Sub(v.StartedAt).Round(time.Second)
	return v
}

// shown lists the rules that are on the page.
func (r *Rules) shown() []pageRule {
	bar := "none"
	if r.bar() > 0 {
		bar = strconv.FormatFloat(r.bar().Hours(), 'f', -1, 64) + " h"
	}
	list := []pageRule{{"Edition", r.edition()}, {"Window", r.window()}, {"Latency", r.Latency.String()}, {"Bar after deletion", bar}}
	if len(r.Custom) > 0 {
		list = append(list, pageRule{"Profile fields of the app", strings.Join(r.Custom, ", ")})
	}
	for _, f := range r.Faults {
		list = append(list, pageRule{"Fault", f.String()})
	}
	return list
}

// Meaning is what a code says.
func (pageView) Meaning(code int) string { return cmp.Or(infoOf(code), "done") }

// TooOften is the number of calls that were refused for the rate.
func (v pageView) TooOften() (n uint64) {
	for _, c := range v.Commands {
		n += c.Refused
	}
	return n
}

// Befallen is the number of calls to which a fault or the scenario did something.
func (v pageView) Befallen() (n uint64) {
	for _, calls := range v.Actions {
		n += calls
	}
	return n
}

// Limited writes a limit or a quota for people.
func (v pageView) Limited(n int) string {
	if n == None {
		return "none"
	}
	return strconv.Itoa(n)
}

// Delayed is the delay in whole milliseconds.
func (c Call) Delayed() time.Duration { return c.Delay.Round(time.Millisecond) }

// Shown is the call's code, or what was done to it instead.
func (c Call) Shown() string {
	if c.Action.Kind == KindOK {
		return strconv.Itoa(c.Code)
	}
	return c.Action.String()
}
