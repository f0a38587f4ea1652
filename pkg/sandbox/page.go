package sandbox

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"
)

//go:embed page.html
var pageText string

//go:embed page.js
var pageScript string

var page = template.Must(template.New("page").Parse(pageText))

// pagePolicy lets the page do what it does: style itself, run its own script, and ask for itself again.
var pagePolicy = func() string {
	sum := sha256.Sum256([]byte(pageScript))
	return "default-src 'none'; style-src 'unsafe-inline'; connect-src 'self'; script-src 'sha256-" +
		base64.StdEncoding.EncodeToString(sum[:]) + "'"
}()

// pageView is what the page shows. No key and no UserSig is anywhere in it.
type pageView struct {
	Stats
	Now    time.Time
	Uptime time.Duration
	Rules  []pageRule
	Codes  []pageCode
	Action []pageAction
	Recent []Call
	Script template.JS
}

type pageRule struct{ Name, Value string }

type pageCode struct {
	Code    int
	Meaning string
	Calls   uint64
}

type pageAction struct {
	Name  string
	Calls uint64
}

// servePage shows all at one moment, so that the figures agree with each other.
func (s *Sandbox) servePage(w http.ResponseWriter, _ *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", pagePolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	_ = page.Execute(w, s.view()) // a browser that went away is no fault of ours
}

func (s *Sandbox) view() pageView {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := pageView{Stats: s.stats(), Now: s.now(), Rules: s.rules.shown(), Recent: s.recent(), Script: template.JS(pageScript)}
	v.Uptime = v.Now.Sub(s.start).Round(time.Second)
	for _, code := range slices.Sorted(maps.Keys(v.Stats.Codes)) {
		meaning := infoOf(code)
		if code == codeOK {
			meaning = "done"
		}
		v.Codes = append(v.Codes, pageCode{code, meaning, v.Stats.Codes[code]})
	}
	for _, name := range slices.Sorted(maps.Keys(v.Actions)) {
		v.Action = append(v.Action, pageAction{name, v.Actions[name]})
	}
	return v
}

// shown lists the rules that a person would ask for.
func (r *Rules) shown() []pageRule {
	list := []pageRule{{"Edition", r.edition()}, {"Window", r.window()}, {"Latency", r.Latency.String()}}
	bar := "none"
	if r.bar() > 0 {
		bar = strconv.FormatFloat(r.bar().Hours(), 'f', -1, 64) + " h"
	}
	list = append(list, pageRule{"Bar after deletion", bar})
	for _, f := range r.Faults {
		list = append(list, pageRule{"Fault", f.String()})
	}
	return list
}

// TooOften is all calls refused for the rate.
func (v pageView) TooOften() (n uint64) {
	for _, c := range v.Commands {
		n += c.Refused
	}
	return n
}

// Befallen is all calls that did not simply go through.
func (v pageView) Befallen() (n uint64) {
	for _, a := range v.Action {
		n += a.Calls
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

// Delayed is the delay as it is worth showing.
func (c Call) Delayed() time.Duration { return c.Delay.Round(time.Millisecond) }

// Shown is what a call got, in a word or two.
func (c Call) Shown() string {
	if c.Action.Kind == KindOK {
		return strconv.Itoa(c.Code)
	}
	return c.Action.String()
}
