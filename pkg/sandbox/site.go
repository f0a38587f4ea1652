package sandbox

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
)

const (
	accountsPage = 1000 // accounts in one answer unless limit says otherwise
	accountsMost = 100_000
)

// site is what is served beside the API: the state page for people, and the same and more as JSON.
type site struct{ sandbox *Sandbox }

// newSite makes the handler. A page of another site can make a browser send requests here; those that change
// something are refused.
func newSite(s *Sandbox) http.Handler {
	st := site{s}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", st.page)
	mux.HandleFunc("GET /_sandbox/stats", func(w http.ResponseWriter, _ *http.Request) { writeValue(w, s.Stats()) })
	mux.HandleFunc("GET /_sandbox/calls", func(w http.ResponseWriter, _ *http.Request) { writeValue(w, s.Recent()) })
	mux.HandleFunc("GET /_sandbox/accounts", st.accounts)
	mux.HandleFunc("GET /_sandbox/rules", func(w http.ResponseWriter, _ *http.Request) { writeValue(w, s.Rules().toJSON()) })
	mux.HandleFunc("POST /_sandbox/rules", st.change(func(body []byte) (err error) {
		invalid := s.ChangeRules(func(r *Rules) { err = patchRules(r, body) })
		return cmp.Or(err, invalid)
	}))
	mux.HandleFunc("POST /_sandbox/scenario", st.change(func(body []byte) error {
		sc, err := ParseScenario(body)
		if err == nil {
			err = s.SetScenario(sc)
		}
		return err
	}))
	mux.HandleFunc("POST /_sandbox/reset", st.reset)
	return http.NewCrossOriginProtection().Handler(mux)
}

// accounts lists accounts by UserID: ?userid=NAME is one of them, ?offset=N&limit=N a part of the list.
func (st site) accounts(w http.ResponseWriter, r *http.Request) {
	offset, err := number(r, "offset", 0)
	limit, err2 := number(r, "limit", accountsPage)
	if err := errors.Join(err, err2); err != nil {
		refuse(w, http.StatusBadRequest, err)
		return
	}
	list := []Account{}
	if id := r.FormValue("userid"); id != "" {
		if a, ok := st.sandbox.Account(id); ok {
			list = append(list, a)
		}
	} else {
		list = st.sandbox.Accounts()
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

// change gives a request's body to do, and answers with the rules as they are then.
func (st site) change(do func(body []byte) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err == nil {
			err = do(body)
		}
		if err != nil {
			refuse(w, http.StatusBadRequest, err)
			return
		}
		writeValue(w, st.sandbox.Rules().toJSON())
	}
}

func (st site) reset(w http.ResponseWriter, _ *http.Request) {
	if err := st.sandbox.Reset(); err != nil {
		refuse(w, http.StatusInternalServerError, err)
		return
	}
	writeValue(w, st.sandbox.Stats())
}

func writeValue(w http.ResponseWriter, v any) {
	w.Header()["Content-Type"] = jsonType
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(v) // the client may be gone
}

func refuse(w http.ResponseWriter, status int, err error) {
	w.Header()["Content-Type"] = jsonType
	w.WriteHeader(status)
	writeValue(w, map[string]string{"error": err.Error()})
}
