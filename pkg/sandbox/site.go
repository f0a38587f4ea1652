package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

const (
	accountsPage = 1000 // accounts in one answer unless limit says otherwise
	accountsMost = 100_000
)

// newSite is what stands beside the API: the state page for people, and the same and more as JSON. A page of
// another site can make a browser send requests here; those that change something are refused.
func (s *Sandbox) newSite() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.servePage)
	mux.HandleFunc("GET /_sandbox/stats", func(w http.ResponseWriter, _ *http.Request) { writeValue(w, s.Stats()) })
	mux.HandleFunc("GET /_sandbox/calls", func(w http.ResponseWriter, _ *http.Request) { writeValue(w, s.Recent()) })
	mux.HandleFunc("GET /_sandbox/accounts", s.serveAccounts)
	mux.HandleFunc("GET /_sandbox/rules", func(w http.ResponseWriter, _ *http.Request) { writeValue(w, s.Rules().toJSON()) })
	mux.HandleFunc("POST /_sandbox/rules", s.serveChange)
	mux.HandleFunc("POST /_sandbox/scenario", s.serveScenario)
	mux.HandleFunc("POST /_sandbox/reset", s.serveReset)
	return http.NewCrossOriginProtection().Handler(mux)
}

// serveAccounts gives accounts by UserID: ?userid=NAME one of them, ?offset=N&limit=N a stretch.
func (s *Sandbox) serveAccounts(w http.ResponseWriter, r *http.Request) {
	offset, err := number(r, "offset", 0)
	limit, err2 := number(r, "limit", accountsPage)
	if err := errors.Join(err, err2); err != nil {
		refuse(w, err)
		return
	}
	list := []Account{}
	if id := r.FormValue("userid"); id != "" {
		if a, ok := s.Account(id); ok {
			list = append(list, a)
		}
	} else {
		list = s.Accounts()
	}
	total := len(list)
	list = list[min(offset, total):]
	list = list[:min(limit, accountsMost, len(list))]
	writeValue(w, struct {
		Total    int       `json:"total"`
		Offset   int       `json:"offset"`
		Accounts []Account `json:"accounts"`
	}{total, offset, list})
}

func number(r *http.Request, name string, otherwise int) (int, error) {
	text := r.FormValue(name)
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("%s %q: want a number from 0 on", name, text)
	}
	return n, nil
}

// serveChange changes the rules that the request names, and gives them all.
func (s *Sandbox) serveChange(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err == nil {
		err = s.changeRules(func(r *Rules) error { return patchRules(r, body) })
	}
	if err != nil {
		refuse(w, err)
		return
	}
	writeValue(w, s.Rules().toJSON())
}

func (s *Sandbox) serveScenario(w http.ResponseWriter, r *http.Request) {
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var sc Scenario
	if err == nil {
		sc, err = ParseScenario(text)
	}
	if err == nil {
		err = s.SetScenario(sc)
	}
	if err != nil {
		refuse(w, err)
		return
	}
	writeValue(w, s.Rules().toJSON())
}

func (s *Sandbox) serveReset(w http.ResponseWriter, _ *http.Request) {
	if err := s.Reset(); err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		writeValue(w, map[string]string{"error": err.Error()})
		return
	}
	writeValue(w, s.Stats())
}

func writeValue(w http.ResponseWriter, v any) {
	w.Header()["Content-Type"] = jsonType
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(v) // a client that went away is no fault of ours
}

func refuse(w http.ResponseWriter, err error) {
	w.Header()["Content-Type"] = jsonType
	w.WriteHeader(http.StatusBadRequest)
	writeValue(w, map[string]string{"error": err.Error()})
}

// Call is a call as the state page shows it.
type Call struct {
	Number   uint64        `json:"number"`
	At       time.Time     `json:"at"`
	Command  string        `json:"command"`
	UserID   string        `json:"userid"` // the first that it named
	Accounts int           `json:"accounts"`
	Code     int           `json:"code"`
	Action   Action        `json:"action"`
	Delay    time.Duration `json:"delay_ns"`
}

// Recent lists the last calls, the newest first.
func (s *Sandbox) Recent() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.recent()
}

func (s *Sandbox) recent() []Call {
	list := make([]Call, 0, recentCalls)
	for n := s.seen.calls; n > 0 && len(list) < recentCalls; n-- {
		r := &s.seen.recent[n%recentCalls]
		list = append(list, Call{
			n, s.start.Add(time.Duration(r.at)), commands[r.cmd].name, r.userID, r.items, r.code, r.action, r.delayed,
		})
	}
	return list
}
