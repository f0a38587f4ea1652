package job

import (
	"context"

	"imimport/reader"
	"imimport/report"
)

// tolerated tells whether no more rows have failed than are tolerated. A percentage is of the input's rows: for a sync of the
// files, not of what was sent.
func (j *job) tolerated(s *report.Summary) bool {
	most := j.options.Tolerate
	return most.Set && most.Allows(s.Rows.Failed, max(s.Rows.Read, s.Sync.Rows))
}

// mostCompared bounds the memory for a comparison of failed rows.
const mostCompared = 100_000

// sameFailed tells whether the rows that failed are those of the sync before.
func (j *job) sameFailed(ctx context.Context) bool {
	n := j.spec.Sync
	if n == nil || n.Before == "" || j.state.Tally.Failed == 0 || j.state.Tally.QuotaExceeded > 0 || j.state.Tally.Failed > mostCompared {
		return false
	}
	before, err := OpenOutcomes(n.Before, j.host.voice())
	if err != nil || before.Summary.State != stateComplete || before.Summary.Rows.Failed != j.state.Tally.Failed {
		return false
	}
	type failure struct{ what, class string }
	of := func(row *reader.Row) failure {
		f := failure{what: row.UserID}
		if row.Prior != nil {
			if f.class = row.Prior.Class; f.what == "" {
				f.what = row.Prior.Reason
			}
		}
		return f
	}
	open := map[failure]int{}
	err = before.Each(ctx, report.Failed, func(row *reader.Row) error { open[of(row)]++; return nil })
	same := err == nil
	err = j.eachSettled(ctx, report.Failed, func(row *reader.Row) error {
		f := of(row)
		same = same && open[f] > 0
		open[f]--
		return nil
	})
	return same && err == nil
}
