package im

import "strconv"

// Class is what a code means for a run. Package decide says what is done about it.
type Class int

const (
	ClassSuccess   Class = iota
	ClassTransient       // the row is tried again, within its policy
	ClassThrottle        // the whole run slows down; the row is sent again
	ClassResign          // a new UserSig, and the row is sent again
	ClassRow             // the row fails
	ClassQuota           // the app's account limit
	ClassFatal           // the service refuses the whole run
)

var classNames = [...]string{"success", "transient", "throttle", "re-sign", "row", "quota", "run-fatal"}

func (c Class) String() string {
	if c < 0 || int(c) >= len(classNames) {
		return "Class(" + strconv.Itoa(int(c)) + ")"
	}
	return classNames[c]
}
