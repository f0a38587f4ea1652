package report

import "time"

// pointRow is a part of the plots in numbers, for people who cannot see them.
type pointRow struct {
	From, Rate, OK, Refused, Retried, Throttled, P50, P95, P99 string
}

const maxPointRows = 24

// rows sums up the points to a table that is short enough to be read aloud.
func (t *timeline) rows(zone *time.Location) []pointRow {
	points := 0
	t.all(func(*point, float64, float64) { points++ })
	each := max(1, (points+maxPointRows-1)/maxPointRows)
	var rows []pointRow
	var sum point
	var worked int64
	taken := 0
	flush := func() {
		if taken == 0 {
			return
		}
		sum.to = sum.from + worked
		n := sum.attempts
		rows = append(rows, pointRow{moment(sum.from, zone), PerSecond(sum.perSecond(sum.requests())),
			Thousands(n[AttemptOK]), Thousands(n[AttemptFailed]), Thousands(n[AttemptRetry]), Thousands(n[AttemptThrottled]),
			latencyText(sum.latency.percentile(0.5)), latencyText(sum.latency.percentile(0.95)), latencyText(sum.latency.percentile(0.99))})
		sum, worked, taken = point{}, 0, 0
	}
	t.all(func(p *point, _, _ float64) {
		if taken == 0 {
			sum.from = p.from
		}
		sum.add(&p.bucket)
		worked += p.to - p.from
		if taken++; taken == each {
			flush()
		}
	})
	flush()
	return rows
}
