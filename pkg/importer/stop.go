package importer

import "imimport/pkg/option"

// Reason is why a run ended.
type Reason int

const (
	running         Reason = iota
	Complete               // every row has an outcome
	StoppedErrors          // more rows failed than MaxErrors
	StoppedQuota           // the quota is met
	StoppedRefused         // the service refuses the app, admin, key, region or address
	StoppedInput           // the input cannot be read on
	StoppedDisk            // the job directory cannot be written
	StoppedLimit           // Limit rows
	StoppedDuration        // MaxDuration
	Interrupted            // a signal
)

func (r Reason) String() string {
	return [...]string{"", "", "errors", "quota", "refused", "input", "disk", "limit", "duration", "interrupted"}[r]
}

// ExitCode is the process's exit code for the reason. Complete is 0 here: whether rows failed is the
// tally's to say.
func (r Reason) ExitCode() int {
	return [...]int{0, 0, 3, 4, 5, 6, 6, 7, 7, 130}[r]
}

// drains tells whether nothing is sent any more. After the end of the input and after Limit the rows
// that were read still find their outcome.
func (r Reason) drains() bool {
	return r != running && r != StoppedInput && r != StoppedLimit
}

// stop ends the sending. The first reason counts, but for one of the kind that lets rows finish.
func (r *run) stop(reason Reason, err error, hint string) {
	if r.reason.drains() {
		return
	}
	r.reason, r.err, r.hint = reason, err, hint
	r.endSending()
	for _, l := range r.lanes {
		l.next, l.again = nil, nil
	}
	r.waiting = nil
}

// finishWith ends the reading; the rows that were read find their outcome first.
func (r *run) finishWith(reason Reason, err error, hint string) {
	if r.reason == running {
		r.reason, r.err, r.hint = reason, err, hint
	}
}

// stopDisk stops for a job directory that cannot be written, whatever stopped it before: what was
// settled since the last checkpoint does not count.
func (r *run) stopDisk(err error) {
	r.stop(StoppedDisk, nil, "")
	if r.reason != StoppedDisk || r.err == nil {
		r.reason, r.err = StoppedDisk, err
		r.hint = "make room, or mend the disk or its permissions, then go on: what was imported is known"
	}
}

// exceeded tells whether more rows failed than were allowed. A percentage counts from 100 rows on.
func exceeded(most option.Bound, failed, settled int64) bool {
	return !(most.Share && settled < 100) && !most.Allows(failed, settled)
}
