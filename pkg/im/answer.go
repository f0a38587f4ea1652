package im

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Answer is what became of one call. It holds no secret.
type Answer struct {
	Code       int
	HasCode    bool // false: there was no valid answer
	HTTPStatus int  // 0: there was no answer at all
	Class      Class
	Info       string        // the service's ErrorInfo, one line of at most 200 bytes
	Failed     []string      // ImportBatch: the accounts that were not imported, as the service names them
	RetryAfter time.Duration // as the service says it, uncapped; 0: not said
	Err        error         // why there is no valid answer, in one line
	SignedBy   uint64        // which UserSig it was made with, for Resign
	Latency    time.Duration

	skew time.Duration // how far our clock is ahead of the service's, where it said
}

// Hint is what to mend after an answer that ends a run or fails a row; "" where nothing is known.
func (a Answer) Hint() string {
	if a.HasCode {
		return a.clockHint() + Lookup(a.Code).Remedy
	}
	var hinted *Error
	if errors.As(a.Err, &hinted) {
		return hinted.hint
	}
	return ""
}

const maxSkew = 5 * time.Minute

// clockHint tells of a clock that is so wrong that UserSigs made by it can be refused.
func (a Answer) clockHint() string {
	where := "ahead of"
	if a.skew < 0 {
		where = "behind"
	}
	if a.Code != codeExpired && a.Code != codeMalformed || a.skew.Abs() <= maxSkew {
		return ""
	}
	span := strings.TrimSuffix(a.skew.Abs().Round(time.Minute).String(), "0s")
	return fmt.Sprintf("this machine's clock is %s %s the service's: set it, for a UserSig holds the time. Else: ", span, where)
}
