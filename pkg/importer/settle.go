package importer

import (
	"errors"
	"fmt"

	"imimport/pkg/fault"
	"imimport/pkg/im"
	"imimport/reader"
	"imimport/report"
)

// settle gives a row its outcome: the only place where a row that was sent gets one.
func (r *run) settle(it *item, outcome report.Outcome, a *im.Answer) {
	s := r.outcome(it, outcome)
	s.Attempts = it.attempts
	s.Class = a.Class.String()
	s.Code, s.HasCode = answerCode(a)
	if outcome != report.Succeeded {
		s.Reason = describe(a).Error()
	}
	r.close(it, s)
}

// passOver settles a row that need not be sent: the service has what stands in a later one.
func (r *run) passOver(it *item, reason string) {
	s := r.outcome(it, report.Succeeded)
	s.Class, s.Reason = im.ClassSuccess.String(), reason
	r.close(it, s)
}

// close takes a row out of the window, and lets the next one of its UserID go.
func (r *run) close(it *item, s *report.Settled) {
	follower := r.window.settle(it)
	r.record(s)
	it.row = reader.Row{} // or its slab would keep it
	if follower != nil {
		r.release(follower)
	}
}

// refuse settles a row that is never sent.
func (r *run) refuse(it *item, class, reason string) {
	s := r.outcome(it, report.Failed)
	s.Class, s.Reason = class, reason
	r.window.skip(&it.row)
	r.record(s)
	it.row = reader.Row{}
}

const warningsTold = 5

// warn tells the first few rows that break no rule but look wrong; finish tells how many there were.
func (r *run) warn(it *item) {
	if r.warned++; r.warned <= warningsTold {
		s := r.outcome(it, report.Succeeded)
		r.cfg.Log.Warn(place(s)+": "+it.row.Warning, "event", "row.warning", "row", s.Row)
	}
}

func (r *run) outcome(it *item, outcome report.Outcome) *report.Settled {
	row := &it.row
	s := &report.Settled{Outcome: outcome, Row: row.Number, Line: row.Line, UserID: row.UserID, Fields: row.Fields, Object: row.Object}
	if row.File < len(r.cfg.Names) {
		s.File = r.cfg.Names[row.File]
	}
	if p := row.Prior; r.cfg.From.Retry && p != nil {
		s.Row, s.Line = p.Row, p.Line
		if p.File != "" {
			s.File = p.File
		}
	}
	return s
}

// place is where a row stands. Outcome files of one input do not keep the line.
func place(s *report.Settled) string {
	if s.Line == 0 {
		return fmt.Sprintf("%s: row %d", s.File, s.Row)
	}
	return fmt.Sprintf("%s:%d", s.File, s.Line)
}

// faultOf is what is wrong with a row. What an earlier pass said of it was said of the user's own file.
func (r *run) faultOf(it *item) string {
	if p := it.row.Prior; r.cfg.From.Retry && p != nil {
		if p.Class == "invalid" {
			return p.Reason
		}
		return place(r.outcome(it, report.Failed)) + ": " + it.row.Fault.Msg
	}
	return it.row.Fault.Error()
}

// record writes the outcome and counts it.
func (r *run) record(s *report.Settled) {
	if err := r.cfg.Ledger.Append(s); err != nil {
		r.stopDisk(err)
		return
	}
	r.tally.Add(s)
	r.cfg.Metrics.Settled(s.Outcome.String())
	r.settled++
	if s.Outcome == report.Failed {
		r.failed++
		if exceeded(r.cfg.MaxErrors, r.failed, r.settled) {
			r.stop(StoppedErrors, fmt.Errorf("more rows failed than %s, the most allowed", r.cfg.MaxErrors),
				"the failed rows and their reasons are in the failed file; mend the cause, then go on")
		}
	}
}

// answerCode is what _code says: the service's code, else the HTTP status where that was the answer.
func answerCode(a *im.Answer) (int, bool) {
	if a.HasCode {
		return a.Code, true
	}
	if a.HTTPStatus != 0 && a.HTTPStatus != 200 {
		return a.HTTPStatus, true
	}
	return 0, false
}

// describe says what an answer means, in one line without a secret.
func describe(a *im.Answer) error {
	switch {
	case a.HasCode && a.Info != "":
		return fmt.Errorf("%d %s (%s)", a.Code, im.Lookup(a.Code).Meaning, a.Info)
	case a.HasCode:
		return fmt.Errorf("%d %s", a.Code, im.Lookup(a.Code).Meaning)
	case a.Err != nil:
		return a.Err
	case a.HTTPStatus != 0:
		return fmt.Errorf("HTTP status %d", a.HTTPStatus)
	}
	return errors.New("no answer")
}

// hintOf is what to do about an error or, where that does not say, about the answer behind it.
func hintOf(err error, a *im.Answer) string {
	var hinted interface{ Hint() string }
	if errors.As(err, &hinted) {
		return hinted.Hint()
	}
	return a.Hint()
}

func inputHint(err error) string {
	return fault.HintOf(err).String()
}
