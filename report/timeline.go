package report

import (
	"cmp"
	"slices"
	"sort"
	"strconv"
	"time"

	"imimport/pkg/lang"
)

// timeline puts a history on one axis: the times in which the job was running, side by side with a small gap between,
// however long the job rested.
type timeline struct {
	pieces []piece
	total  int64 // milliseconds of all pieces
}

// piece is a time in which the job was running.
type piece struct {
	from, to int64   // Unix milliseconds
	x0, x1   float64 // on the axis, from 0 to axisLength
	points   []point
}

// point is what happened between two moments of a piece.
type point struct {
	from, to int64 // Unix milliseconds
	bucket
}

const (
	axisLength = 10_000
	axisGap    = 160
	maxPoints  = 160
)

// perSecond is the rate of something of which the point had n.
func (p *point) perSecond(n int64) float64 { return rate(n, p.to-p.from) }

// rate is n in so many milliseconds as a number a second. A time below 250 ms counts as 250 ms: it says little.
func rate(n, ms int64) float64 { return float64(n) * 1000 / float64(max(250, ms)) }

func (h *History) timeline() *timeline {
	var t timeline
	if h == nil || len(h.buckets) == 0 {
		return &t
	}
	width := h.width * 1000
	for _, s := range h.worked() {
		if n := len(t.pieces); n > 0 && s.from < t.pieces[n-1].to+width {
			t.pieces[n-1].to = max(t.pieces[n-1].to, s.to)
			continue
		}
		t.pieces = append(t.pieces, s)
	}
	for _, p := range t.pieces {
		t.total += p.to - p.from
	}
	t.place()
	step := width * max(1, (t.total+maxPoints*width-1)/(maxPoints*width))
	for i := range t.pieces {
		t.pieces[i].divide(width, step)
	}
	at := 0
	for i := range h.buckets {
		b := &h.buckets[i]
		for at < len(t.pieces)-1 && b.start*1000 >= t.pieces[at].to {
			at++
		}
		t.pieces[at].pointAt(b.start * 1000).add(b)
	}
	return &t
}

// worked lists the times of the runs, and of the buckets of merged runs. It leaves out a run that was killed before its
// history was saved: what that run sent is not known.
func (h *History) worked() []piece {
	var spans []piece
	for _, r := range h.runs {
		if r.Count == 1 && r.Requests > 0 {
			spans = append(spans, piece{from: r.Start, to: r.End + 1})
		}
	}
	runs := spans
	for i := range h.buckets {
		from, to := h.buckets[i].start*1000, (h.buckets[i].start+h.width)*1000
		if !slices.ContainsFunc(runs, func(r piece) bool { return from < r.to && to > r.from }) {
			spans = append(spans, piece{from: from, to: to})
		}
	}
	slices.SortFunc(spans, func(a, b piece) int { return cmp.Compare(a.from, b.from) })
	return spans
}

// place gives each piece its share of the axis, which is never too small to be seen.
func (t *timeline) place() {
	n := float64(len(t.pieces))
	gap := min(axisGap, axisLength/5/n)
	usable := axisLength - gap*(n-1)
	sliver := min(0.004, 0.5/n)
	var weights float64
	weight := func(p *piece) float64 { return max(float64(p.to-p.from)/float64(t.total), sliver) }
	for i := range t.pieces {
		weights += weight(&t.pieces[i])
	}
	var x float64
	for i := range t.pieces {
		p := &t.pieces[i]
		p.x0 = x
		p.x1 = x + usable*weight(p)/weights
		x = p.x1 + gap
	}
}

// divide makes the points. A short one at either end is merged with its neighbour: its own rate would be noise.
func (p *piece) divide(width, step int64) {
	for from := floor(p.from, width); from < p.to; from += step {
		start, end := max(from, p.from), min(from+step, p.to)
		if n := len(p.points); n > 0 && (2*(end-start) < step || n == 1 && 2*(start-p.from) < step) {
			p.points[n-1].to = end
			continue
		}
		p.points = append(p.points, point{from: start, to: end})
	}
}

// pointAt is the point in which a bucket starts, or else the nearest one.
func (p *piece) pointAt(ms int64) *point {
	return &p.points[sort.Search(len(p.points)-1, func(i int) bool { return ms < p.points[i].to })]
}

// x is the place of a moment on the axis. A moment between two pieces is at the end of the first.
func (t *timeline) x(ms int64) float64 {
	var x float64
	for i := range t.pieces {
		p := &t.pieces[i]
		if ms < p.from {
			break
		}
		x = p.at(min(ms, p.to))
	}
	return x
}

func (p *piece) at(ms int64) float64 {
	return p.x0 + (p.x1-p.x0)*float64(ms-p.from)/float64(p.to-p.from)
}

// all calls f with every point and where it is on the axis.
func (t *timeline) all(f func(p *point, x0, x1 float64)) {
	for i := range t.pieces {
		piece := &t.pieces[i]
		for k := range piece.points {
			p := &piece.points[k]
			f(p, piece.at(p.from), piece.at(p.to))
		}
	}
}

// whole is the sum of all points.
func (t *timeline) whole() point {
	var sum point
	t.all(func(p *point, _, _ float64) { sum.add(&p.bucket) })
	sum.to = t.total
	return sum
}

// coordinate writes a number for a path, rounded to keep the path short.
func coordinate(x float64) string { return strconv.Itoa(int(x + 0.5)) }

// percentAt is a place on the axis as a percentage, for what may not be stretched with the picture.
func percentAt(x float64) string {
	return strconv.FormatFloat(x/axisLength*100, 'f', 2, 64) + "%"
}

// pointRow is a part of the plots in numbers, for people who cannot see them.
type pointRow struct {
	From, Rate, OK, Refused, Retried, Throttled, P50, P95, P99 string
}

const maxPointRows = 24

// rows sums up the points to a table that is short enough to be read aloud.
func (t *timeline) rows(l lang.Lang, zone *time.Location) []pointRow {
	var points []*point
	t.all(func(p *point, _, _ float64) { points = append(points, p) })
	var rows []pointRow
	for part := range slices.Chunk(points, max(1, (len(points)+maxPointRows-1)/maxPointRows)) {
		sum := point{from: part[0].from, to: part[0].from}
		for _, p := range part {
			sum.add(&p.bucket)
			sum.to += p.to - p.from // without the time between runs
		}
		n, at := sum.attempts, sum.latency.percentile
		rows = append(rows, pointRow{moment(l, sum.from, zone), PerSecond(sum.perSecond(sum.requests())),
			Thousands(n[AttemptOK]), Thousands(n[AttemptFailed]), Thousands(n[AttemptRetry]), Thousands(n[AttemptThrottled]),
			latencyText(at(0.5)), latencyText(at(0.95)), latencyText(at(0.99))})
	}
	return rows
}
