package sandbox

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// query is what stands in the URL. Names are case-sensitive; the first of two wins.
type query struct {
	sdkappid, identifier, usersig, random, contenttype optional
}

// parseQuery takes a query apart without a map: most calls cost no allocation.
func parseQuery(raw string) (query, bool) {
	var q query
	for raw != "" {
		var pair string
		pair, raw, _ = strings.Cut(raw, "&")
		name, value, _ := strings.Cut(pair, "=")
		field := q.field(name)
		if field == nil || field.set {
			continue
		}
		if strings.ContainsAny(value, "%+") {
			var err error
			if value, err = url.QueryUnescape(value); err != nil {
				return q, false
			}
		}
		*field = optional{true, value}
	}
	return q, true
}

func (q *query) field(name string) *optional {
	switch name {
	case "sdkappid":
		return &q.sdkappid
	case "identifier":
		return &q.identifier
	case "usersig":
		return &q.usersig
	case "random":
		return &q.random
	case "contenttype":
		return &q.contenttype
	}
	return nil
}

// checkQuery goes through what every call must have, in the service's order.
func (s *Sandbox) checkQuery(cmd command, r *http.Request, now time.Time) (*signature, int) {
	q, ok := parseQuery(r.URL.RawQuery)
	if r.Method != http.MethodPost || !ok {
		return nil, codeBadURL
	}
	switch app, err := strconv.ParseUint(q.sdkappid.value, 10, 64); {
	case err != nil || app == 0:
		return nil, codeNoSDKAppID
	case app != s.app:
		return nil, codeUnknownApp
	}
	if q.contenttype.value != "json" {
		return nil, codeBadURL
	}
	if _, err := strconv.ParseUint(q.random.value, 10, 32); err != nil {
		return nil, codeBadURL
	}
	sig, code := s.verify(q.usersig.value, q.identifier.value, now)
	if code != codeOK {
		return nil, code
	}
	if !s.admins[q.identifier.value] {
		if cmd.profile() {
			return nil, codeNotAdmin
		}
		return nil, codeCallerNoAdmin
	}
	return sig, codeOK
}
