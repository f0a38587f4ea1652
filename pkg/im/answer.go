package im

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"imimport/pkg/fault"
)

// Answer is what became of one call. It holds no secret.
type Answer struct {
	Code       int
	HasCode    bool // false: there was no valid answer
	HTTPStatus int  // 0: there was no answer at all
	NoSuchHost bool // the endpoint's name is not known
	Class      Class
	Info       string        // the service's ErrorInfo, one line of at most 200 bytes
	Failed     []string      // ImportBatch: the accounts that were not imported, as the service names them
	RetryAfter time.Duration // as the service says it, uncapped; 0: not said
	Err        error         // why there is no valid answer, in one line
	SignedBy   uint64        // which UserSig it was made with, for [Client.Resign]
	Latency    time.Duration

	date string        // by the service's clock, as its header has it
	skew time.Duration // how far our clock is ahead of the service's; 0: not known
}

// Hint is what to mend after an answer that ends a run or fails a row; "" where nothing is known.
func (a Answer) Hint() fault.Hint {
	if a.HasCode {
		return a.afterClock(Lookup(a.Code).Remedy)
	}
	return fault.HintOf(a.Err)
}

// Cause says what an answer that is no success means, in one line without a secret.
func (a Answer) Cause() error {
	switch {
	case a.HasCode && a.Info != "":
		return &codeError{a.Code, fmt.Sprintf("%d %s (%s)", a.Code, Lookup(a.Code).Meaning, a.Info)}
	case a.HasCode:
		return &codeError{a.Code, fmt.Sprintf("%d %s", a.Code, Lookup(a.Code).Meaning)}
	case a.Err != nil:
		return a.Err
	case a.HTTPStatus != 0:
		return fmt.Errorf("HTTP status %d", a.HTTPStatus)
	}
	return errors.New("no answer")
}

// codeError is an answer with a code as an error.
type codeError struct {
	code int
	text string
}

func (e *codeError) Error() string { return e.text }

// ServiceCode is the service's code, for who wants to know it without reading the text.
func (e *codeError) ServiceCode() int { return e.code }

// Blocked tells whether the service refuses every call of the app for [BlockedFor], whichever UserSig it has.
func (a Answer) Blocked() bool { return a.HasCode && a.Code == codeBlocked }

const maxSkew = 5 * time.Minute

// afterClock puts a hint behind what is to be said of a clock that is so wrong that its UserSigs can be refused.
func (a Answer) afterClock(hint fault.Hint) fault.Hint {
	where := "ahead of"
	if a.skew < 0 {
		where = "behind"
	}
	if a.Code != codeExpired && a.Code != codeMalformed || a.skew.Abs() <= maxSkew {
		return hint
	}
	span := strings.TrimSuffix(a.skew.Abs().Round(time.Minute).String(), "0s")
	return fault.Hintf("this machine's clock is %s %s the service's: set it, for a UserSig holds the time. Else: %s", span, where, hint)
}
