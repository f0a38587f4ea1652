package importer

import (
	"fmt"

	"imimport/pkg/fault"
	"imimport/pkg/im"
	"imimport/pkg/option"
	"imimport/reader"
	"imimport/report"
)

// settler admits rows and gives each its outcome, in one place for each way: settle for rows that were sent, passOver
// for rows of a retry that an accepted row has replaced, refuse for rows that are never sent.
type settler struct {
	cfg      *Config
	rows     *rows
	accounts *accounts
	stop     *stop
	profiles bool  // rows may have a Profile
	warned   int64 // rows that break no rule but look wrong
}

// admit takes in a row that was read.
func (st *settler) admit(it *item) {
	switch p := it.row.Prior; {
	case st.cfg.From.Retry && p != nil && p.Class == "invalid": // it was never sent, and nobody has mended it
		st.refuse(it, p.Class, p.Reason)
		return
	case it.row.Fault != nil:
		st.refuse(it, "invalid", it.row.Fault.At(st.place(it)))
		return
	}
	if it.row.Warning != "" {
		st.warn(it)
	}
	if st.cfg.Duplicate != nil {
		if reason := st.cfg.Duplicate(&it.row); reason != "" {
			st.refuse(it, "duplicate", reason)
			return
		}
	}
	if st.rows.add(it) {
		st.release(it)
	}
}

// release takes a row whose turn has come: no row of its UserID before it is unsettled.
func (st *settler) release(it *item) {
	for it != nil {
		reason := ""
		if st.cfg.Overtaken != nil {
			reason = st.cfg.Overtaken(&it.row)
		}
		if reason == "" {
			st.rows.enqueue(it)
			return
		}
		it = st.passOver(it, reason)
	}
}

func (st *settler) settle(it *item, outcome report.Outcome, a *im.Answer) {
	s := st.outcome(it, outcome)
	s.Attempts = int(it.before) + it.tries.Used
	s.Class = a.Class.String()
	s.Code, s.HasCode = answerCode(a)
	if outcome != report.Succeeded {
		s.Command, s.Reason = st.command(it), a.Cause().Error()
	}
	if s.Command != "" {
		s.Reason = s.Command + ": " + s.Reason
	}
	st.release(st.close(it, s))
}

// command is the one that has ended a row, "" in a run whose rows have only one.
func (st *settler) command(it *item) string {
	switch {
	case !st.profiles:
		return ""
	case it.isImported():
		return im.PortraitSet.Name
	}
	return im.AccountImport.Name
}

// passOver settles a row without sending it: the service has accepted a later row of its UserID.
func (st *settler) passOver(it *item, reason string) (follower *item) {
	s := st.outcome(it, report.Succeeded)
	s.Class, s.Reason = im.ClassSuccess.String(), reason
	return st.close(it, s)
}

// close returns the row that has waited for this one, if any.
func (st *settler) close(it *item, s *report.Settled) (follower *item) {
	follower = st.rows.settle(it)
	st.record(s)
	if s.Outcome == report.Succeeded && st.cfg.Accepted != nil {
		st.cfg.Accepted(&it.row)
	}
	it.row = reader.Row{} // or its slab would keep it
	return follower
}

func (st *settler) refuse(it *item, class, reason string) {
	s := st.outcome(it, report.Failed)
	s.Class, s.Reason = class, reason
	st.rows.skip(&it.row)
	st.record(s)
	it.row = reader.Row{}
}

const warningsTold = 5

// warn tells the first few rows that break no rule but look wrong; warnedInAll tells how many there were.
func (st *settler) warn(it *item) {
	if st.warned++; st.warned <= warningsTold {
		st.cfg.Log.Warn(st.place(it)+": "+it.row.Warning, "event", "row.warning", "row", st.outcome(it, report.Succeeded).Row)
	}
}

func (st *settler) warnedInAll() {
	if st.warned > warningsTold {
		st.cfg.Log.Warn(fault.Hintf("%d rows like these were sent; %s lists their kinds, %s refuses them", st.warned,
			st.cfg.Check, fault.Option{Key: "strict"}).Say(st.cfg.Voice), "event", "row.warnings", "rows", st.warned)
	}
}

func (st *settler) record(s *report.Settled) {
	if err := st.accounts.record(s); err != nil {
		st.stop.unsaved(err)
		return
	}
	if most := st.cfg.MaxErrors; s.Outcome == report.Failed && exceeded(most, st.accounts.failed, st.accounts.settled) {
		st.stop.now(fault.New(fault.Errors, fault.Text("the failed rows and their reasons are in the failed file; mend the cause, then go on"),
			"more rows failed than %s, the most allowed", most))
	}
}

// exceeded tells whether more rows failed than were allowed. A percentage counts from 100 rows on.
func exceeded(most option.Bound, failed, settled int64) bool {
	return !(most.Share && settled < 100) && !most.Allows(failed, settled)
}

func (st *settler) outcome(it *item, outcome report.Outcome) *report.Settled {
	row := &it.row
	s := &report.Settled{Outcome: outcome, Row: row.Number, Sheet: row.Sheet, Line: row.Line, UserID: row.UserID, Fields: row.Fields, Object: row.Object, SentAs: row.SentAs}
	if row.Fault != nil {
		s.Kind = row.Fault.Kind
	}
	if row.File < len(st.cfg.Names) {
		s.File = st.cfg.Names[row.File]
	}
	if p := row.Prior; st.cfg.From.Retry && p != nil {
		s.Row, s.Line = p.Row, p.Line
		if p.File != "" {
			s.File = p.File
		}
	}
	return s
}

// place is where the user finds a row. Outcome files of one input do not keep the line.
func (st *settler) place(it *item) string {
	s := st.outcome(it, report.Failed)
	if s.Line == 0 {
		return fmt.Sprintf("%s: row %d", s.File, s.Row)
	}
	return fault.Place{File: s.File, Sheet: s.Sheet, Line: s.Line}.String()
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
