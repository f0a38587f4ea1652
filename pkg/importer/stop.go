package importer

import (
	"fmt"
	"strconv"
	"strings"
)

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

// MaxErrors bounds the failed rows of a run, as a number or as a percentage of the settled ones, which
// counts from 100 rows on. The zero value is no bound.
type MaxErrors struct {
	set     bool
	rows    int64
	percent float64
	text    string
}

// ParseMaxErrors reads "N" or "N%"; "" is no bound.
func ParseMaxErrors(s string) (MaxErrors, error) {
	if s == "" || s == "none" {
		return MaxErrors{}, nil
	}
	m := MaxErrors{set: true, rows: -1, text: s}
	var err error
	if number, isPercent := strings.CutSuffix(s, "%"); isPercent {
		m.percent, err = strconv.ParseFloat(number, 64)
		if err == nil && !(m.percent >= 0 && m.percent <= 100) {
			err = strconv.ErrRange
		}
	} else {
		m.rows, err = strconv.ParseInt(s, 10, 64)
		if err == nil && m.rows < 0 {
			err = strconv.ErrRange
		}
	}
	if err != nil {
		return MaxErrors{}, fmt.Errorf("max errors %q: must be a number of rows, or a percentage from 0%% to 100%%", s)
	}
	return m, nil
}

func (m MaxErrors) String() string { return m.text }

func (m MaxErrors) exceeded(failed, settled int64) bool {
	switch {
	case !m.set:
		return false
	case m.rows >= 0:
		return failed > m.rows
	}
	return settled >= 100 && float64(failed)*100 > m.percent*float64(settled)
}
