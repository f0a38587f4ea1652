package sandbox

import (
	"fmt"
	"strconv"
	"strings"
)

// Kind is what happens to a call.
type Kind string

// The kinds. KindOK and KindCode are answers of the service; the others are faults of a network.
const (
	KindOK       Kind = "ok"       // the call goes through
	KindCode     Kind = "code"     // HTTP 200 with a code
	KindHTTP     Kind = "http"     // another HTTP status
	KindReset    Kind = "reset"    // the connection is reset without an answer
	KindHang     Kind = "hang"     // no answer until the client or the sandbox gives up
	KindTruncate Kind = "truncate" // half an answer, then the connection ends
	KindHTML     Kind = "html"     // HTTP 200 with a web page, as from a proxy
	KindEmpty    Kind = "empty"    // HTTP 200 without a body
)

const commitThen = "commit-then-"

// Action is one thing that can happen to a call. As text it is a code ("70169"), "http502", or the name of a kind.
// With "commit-then-" before it the call takes effect although its answer says otherwise. KindTruncate always
// does, because its answer is half of a good one.
type Action struct {
	Kind   Kind
	Code   int // of KindCode
	Status int // of KindHTTP
	Commit bool
}

// ParseAction reads the text of an Action.
func ParseAction(text string) (Action, error) {
	name, commit := strings.CutPrefix(strings.TrimSpace(text), commitThen)
	a := Action{Commit: commit}
	switch kind := Kind(name); kind {
	case KindOK, KindReset, KindHang, KindHTML, KindEmpty:
		a.Kind = kind
	case KindTruncate:
		a.Kind, a.Commit = kind, true
	default:
		if digits, ok := strings.CutPrefix(name, "http"); ok {
			status, err := strconv.Atoi(digits)
			if err != nil || status < 300 || status > 599 {
				return a, fmt.Errorf("answer %q: want an HTTP status from 300 to 599, as in http502", text)
			}
			a.Kind, a.Status = KindHTTP, status
			break
		}
		code, err := strconv.Atoi(name)
		if err != nil || code <= 0 || code > 1e6 {
			return a, fmt.Errorf("answer %q: want a code (70169), http502, reset, hang, truncate, html, empty or ok, with or without %q before it", text, commitThen)
		}
		a.Kind, a.Code = KindCode, code
	}
	return a, nil
}

// String is the text that ParseAction reads.
func (a Action) String() string {
	var name string
	switch a.Kind {
	case KindCode:
		name = strconv.Itoa(a.Code)
	case KindHTTP:
		name = "http" + strconv.Itoa(a.Status)
	case "":
		return string(KindOK)
	default:
		name = string(a.Kind)
	}
	if a.Commit && a.Kind != KindTruncate {
		return commitThen + name
	}
	return name
}

// MarshalText is String, for JSON and YAML.
func (a Action) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText is ParseAction.
func (a *Action) UnmarshalText(text []byte) (err error) {
	*a, err = ParseAction(string(text))
	return err
}
