package sandbox

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// app is the app that the sandbox serves: who may call it, and with which key they sign. It is safe for concurrent use.
type app struct {
	id     uint64
	key    string
	admins []string
	random bool // calls must have one
	sigs   sigCache
}

func newApp(cfg Config) *app {
	a := &app{id: cmp.Or(cfg.SDKAppID, DefaultSDKAppID), key: cmp.Or(cfg.SecretKey, newKey()), admins: slices.Clone(cfg.Admins), random: !cfg.RandomOptional}
	if len(a.admins) == 0 {
		a.admins = []string{DefaultIdentifier}
	}
	return a
}

// newKey makes a key as the console shows them: 64 hexadecimal digits.
func newKey() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

// query is the part of the URL that every call has. Names are case-sensitive; of the same name twice, the first counts.
type query [len(queryNames)]optional

const (
	sdkappid = iota
	identifier
	usersig
	random
	contenttype
)

var queryNames = [...]string{"sdkappid", "identifier", "usersig", "random", "contenttype"} // by the constants above

// parseQuery reads a query without a map: most calls need no allocation.
func parseQuery(raw string) (query, bool) {
	var q query
	for raw != "" {
		var pair string
		pair, raw, _ = strings.Cut(raw, "&")
		name, value, _ := strings.Cut(pair, "=")
		field := slices.Index(queryNames[:], name)
		if field < 0 || q[field].given {
			continue
		}
		if strings.ContainsAny(value, "%+") {
			var err error
			if value, err = url.QueryUnescape(value); err != nil {
				return q, false
			}
		}
		q[field] = optional{true, value}
	}
	return q, true
}

// check checks what every call must have, in the service's order.
func (a *app) check(cmd command, r *http.Request, now time.Time) (*signature, int) {
	q, ok := parseQuery(r.URL.RawQuery)
	if r.Method != http.MethodPost || !ok {
		return nil, codeBadURL
	}
	switch id, err := strconv.ParseUint(q[sdkappid].value, 10, 64); {
	case err != nil || id == 0:
		return nil, codeNoSDKAppID
	case id != a.id:
		return nil, codeUnknownApp
	}
	if q[contenttype].value != "json" {
		return nil, codeBadURL
	}
	if _, err := strconv.ParseUint(q[random].value, 10, 32); err != nil && (a.random || q[random].given) {
		return nil, codeBadURL
	}
	sig, code := a.verify(q[usersig].value, q[identifier].value, now)
	if code != codeOK {
		return nil, code
	}
	if !slices.Contains(a.admins, q[identifier].value) {
		if cmd.profile() {
			return nil, codeNotAdmin
		}
		return nil, codeCallerNoAdmin
	}
	return sig, codeOK
}
