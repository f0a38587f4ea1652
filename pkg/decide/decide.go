// Package decide says what an answer of the service means for the call that it answers.
//
// There are two loops that make calls: package importer's, which sends rows, and package bulk's, which asks about
// accounts. Both give a [Call] each answer and do what the [Verdict] says. [Decide] is the decision itself: a pure
// function of an answer's class and of what is known beside it, with a table of all cases in its test.
//
// The loops differ in one thing. A row of an import that the service does not take goes to a file of its own, and the
// run goes on. A call that asks has no such file, and a result that leaves it out would prove nothing: it ends the run.
//
// # Decisions
//
// A call whose UserSig is refused is sent once more even where no new UserSig can be made, for it may have been
// signed just before another call's renewal. After that, or after five new UserSigs, the run ends. 70050 refuses the
// whole app for a minute, whichever UserSig a call has, so everybody waits: each call made meanwhile would only get
// 70050 again, 98 times a second, and would have to wait too.
package decide

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"time"

	"imimport/limiter"
	"imimport/pkg/fault"
	"imimport/pkg/im"
	"imimport/retry"
)

// maxResigns bounds a call whose UserSigs are refused while those of others are accepted.
const maxResigns = 5

// Action is what becomes of a call.
type Action int

const (
	Undecided Action = iota
	Settle           // every account has its own result in the answer
	Fail             // its tries are used up, or it is refused: every row of it fails; where it asks, the run stops with the fault
	Quota            // its row has met the quota; unless the user said otherwise, the run stops with the fault
	Halve            // send it again as two: one account of it is refused
	OneByOne         // send each of its rows by itself: only that tells which of them is meant, and why
	Later            // send it again after Wait
	SlowDown         // tell the limiter, then send it again
	Again            // send it again
	Stop             // the run stops with the fault; the rows of the call have no outcome
	Leave            // nobody knows whether it has arrived; its rows have no outcome
)

// Facts is an answer to a call, and what is known beside it.
type Facts struct {
	Answer   *im.Answer
	Endpoint string // as messages name it; "" is not known

	Rows    int  // of the call
	Asks    bool // the call asks: no row can fail in its place
	Killed  bool // calls are being cut off
	Reached bool // the service has answered something to somebody
	Singly  bool // a batch's rows have a try left by themselves

	Wait      time.Duration // until the next try after a transient answer
	Outage    bool          // the call was under way in an outage
	Used      int           // tries, without this one
	TriesLeft bool          // behind this one
	Resigns   int           // UserSigs of this call that were refused, the last one included
	Resigned  error         // why there is no new UserSig
}

// Verdict is what an answer means for its call.
type Verdict struct {
	Do       Action
	Wait     time.Duration // of Later
	PauseAll time.Duration // nobody sends anything for this long; 0 is no pause
	Try      bool          // the answer uses up a try of its rows
	Fault    *fault.Error  // of Stop and Quota, and of Fail where the call asks
}

// Decide says what an answer means for its call. Every class has its decision here and nowhere else.
func Decide(f Facts) Verdict {
	a := f.Answer
	switch a.Class {
	case im.ClassSuccess:
		return Verdict{Do: Settle, Try: true}
	case im.ClassTransient:
		return transient(f)
	case im.ClassThrottle:
		return Verdict{Do: SlowDown}
	case im.ClassResign:
		return resign(f)
	}
	switch {
	case f.Asks:
		return Verdict{Do: Stop, Try: true, Fault: refused(f, "the service refuses this: %w", a.Cause())}
	case a.Class == im.ClassFatal:
		return Verdict{Do: Stop, Try: true, Fault: refused(f, "the service refuses this run: %w", a.Cause())}
	case a.Class == im.ClassQuota && f.Rows > 1: // it is the answer to one of them, and uses up no try of the others
		return Verdict{Do: OneByOne}
	case a.Class == im.ClassQuota:
		code := im.Lookup(a.Code)
		return Verdict{Do: Quota, Try: true, Fault: fault.New(fault.Quota, code.Remedy, "the service's quota is met: %d %s", code.Code, code.Meaning)}
	case a.Class == im.ClassRow && f.Rows > 3:
		return Verdict{Do: Halve}
	case a.Class == im.ClassRow && f.Rows > 1:
		return Verdict{Do: OneByOne}
	case a.Class == im.ClassRow:
		return Verdict{Do: Fail, Try: true}
	}
	return Verdict{Do: Stop, Fault: fault.New(fault.Internal, fault.Hint{}, "nothing is decided for answers of class %s", a.Class)}
}

// wrongTries are those of an address that is not the service's.
const wrongTries = 3

// transient is for an answer that may be another one at the next try.
func transient(f Facts) Verdict {
	a := f.Answer
	switch {
	case f.Killed:
		return Verdict{Do: Leave}
	case !f.Reached && elsewhere(a) && (f.Used+1 >= wrongTries || !f.TriesLeft):
		return Verdict{Do: Stop, Try: true, Fault: unreached(fault.Refused, f.Endpoint, a.Cause())}
	case f.Outage:
		return Verdict{Do: Later, Wait: f.Wait}
	case f.TriesLeft || !f.Reached:
		return Verdict{Do: Later, Wait: f.Wait, Try: true}
	case f.Asks:
		return Verdict{Do: Fail, Try: true, Fault: fault.New(fault.Refused, fault.Text("start it again when the service is well"),
			"no answer after all tries: %w", a.Cause())}
	case f.Rows > 1 && f.Singly: // is it one account of these?
		return Verdict{Do: OneByOne, Try: true}
	}
	return Verdict{Do: Fail, Try: true}
}

func unreached(kind fault.Kind, endpoint string, cause error) *fault.Error {
	return fault.New(kind, fault.Hintf("check %s or %s, this machine's network and its proxy settings", fault.Option{Key: "region"}, fault.Option{Key: "endpoint"}),
		"cannot reach %s: %w", cmp.Or(endpoint, "the service"), cause)
}

// resign is for a refused UserSig. It costs the rows nothing.
func resign(f Facts) Verdict {
	err := f.Resigned
	if err == nil && f.Resigns > maxResigns {
		err = errors.New("new UserSigs are refused again and again")
	}
	if err != nil && f.Resigns > 1 {
		v := Verdict{Do: Stop, Fault: refused(f, "the service refuses the UserSig: %w: %w", err, f.Answer.Cause())}
		if hint := fault.HintOf(err); !hint.IsZero() {
			v.Fault.Hint = hint
		}
		return v
	}
	v := Verdict{Do: Again}
	if f.Answer.Blocked() {
		v.PauseAll = im.BlockedFor
	}
	return v
}

func refused(f Facts, format string, args ...any) *fault.Error {
	return &fault.Error{Kind: fault.Refused, Err: fmt.Errorf(format, args...), Hint: f.Answer.Hint()}
}

// Reaches tells whether an answer is the service's own word: a redirect, a login and a missing page are those of a
// proxy or of a wrong address.
func Reaches(a *im.Answer) bool {
	switch a.HTTPStatus {
	case http.StatusOK, http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return true
	}
	return a.HasCode || a.HTTPStatus >= http.StatusInternalServerError
}

// elsewhere tells whether an address is not that of the service.
func elsewhere(a *im.Answer) bool { return a.NoSuchHost || a.HTTPStatus != 0 && !Reaches(a) }

// End tells the limiter how a call has ended, and reports whether that has slowed it down. An answer without a code, of
// a proxy say, is none of the service.
func End(c *limiter.Call, now time.Time, a *im.Answer) (slowed bool) {
	switch {
	case a.Class == im.ClassThrottle:
		return c.Throttled(now, a.RetryAfter)
	case a.HasCode:
		c.Answered(now)
	default:
		c.GivenUp(now)
	}
	return false
}

// AskAgain tells whether an account's own code in a good answer is one to ask about again.
func AskAgain(own im.Class) bool { return own == im.ClassTransient || own == im.ClassThrottle }

// Call is what a call has been through, as far as decisions depend on it. The zero Call has not been answered. It
// belongs to one goroutine.
type Call struct {
	schedule *retry.Schedule // nil until a try fails that counts
	failed   bool
	resigns  int
}

// Retried tells whether a try of the call has failed.
func (c *Call) Retried() bool { return c.failed }

// Evidence tells whether the call has failed for the first time, as far as its failures count: more than the first say
// nothing about the service.
func (c *Call) Evidence() bool { return c.schedule == nil }

// Next is how long to wait after a failed try.
func (c *Call) Next(p retry.Policy, retryAfter time.Duration) time.Duration {
	c.failed = true
	if c.schedule == nil {
		c.schedule = p.Start()
	}
	return c.schedule.Next(retryAfter)
}

// Forgive begins anew with the waits between tries.
func (c *Call) Forgive() { c.schedule = nil }

// Answered takes an answer to the call and decides. f has the facts that the caller knows; resign is asked for a
// new UserSig where one is needed.
func (c *Call) Answered(f Facts, p retry.Policy, resign func(im.Answer) error) Verdict {
	switch f.Answer.Class {
	case im.ClassTransient:
		switch {
		case f.Killed:
		case f.Outage:
			c.failed, f.Wait = true, min(f.Answer.RetryAfter, retry.MaxRetryAfter)
		default:
			f.Wait = c.Next(p, f.Answer.RetryAfter)
		}
	case im.ClassResign:
		c.resigns++
		f.Resigns, f.Resigned = c.resigns, resign(*f.Answer)
	}
	return Decide(f)
}
