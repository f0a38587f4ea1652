package report

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"imimport/pkg/lang"
)

// timeSteps are the distances between round times, from the shortest.
var timeSteps = []time.Duration{
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour,
	48 * time.Hour, 7 * 24 * time.Hour, 30 * 24 * time.Hour, 365 * 24 * time.Hour,
}

const (
	roomWide   = axisLength * 11 / 100 // between two labels on a desktop
	roomNarrow = axisLength * 24 / 100 // on a phone
	roomFlags  = axisLength * 10 / 100 // between the numbers of two events on a phone
	nearEdge   = axisLength * 4 / 100
)

// times are the labels below a plot: the start of each piece, and round times between, as many as there is room for.
func (t *timeline) times(l lang.Lang, zone *time.Location) []timeLabel {
	step := timeSteps[len(timeSteps)-1]
	if i := slices.IndexFunc(timeSteps, func(s time.Duration) bool { return s.Milliseconds()*7 >= t.total }); i >= 0 {
		step = timeSteps[i]
	}
	layout := "15:04"
	if step < time.Minute {
		layout = "15:04:05"
	}
	var moments labelMoments
	for i := range t.pieces {
		moments.add(t.pieces[i].from, t.pieces[i].x0)
	}
	distance := step.Milliseconds()
	for i := range t.pieces {
		p := &t.pieces[i]
		_, offset := time.UnixMilli(p.from).In(zone).Zone()
		east := int64(offset) * 1000
		for at := floor(p.from+east, distance) + distance - east; at < p.to; at += distance {
			moments.add(at, p.at(at))
		}
	}
	return moments.labels(layout, say(l, "2 Jan"), zone)
}

// labelMoments are the moments on the axis that get a label.
type labelMoments []labelMoment

type labelMoment struct {
	at    int64 // Unix milliseconds
	x     float64
	minor bool // no room on a phone
}

// add takes a moment in if there is room beside those before it.
func (m *labelMoments) add(at int64, x float64) {
	roomy := func(o labelMoment, room float64) bool { return x >= o.x+room || x <= o.x-room }
	if slices.ContainsFunc(*m, func(o labelMoment) bool { return !roomy(o, roomWide) }) {
		return
	}
	minor := slices.ContainsFunc(*m, func(o labelMoment) bool { return !o.minor && !roomy(o, roomNarrow) })
	*m = append(*m, labelMoment{at, x, minor})
}

// labels are the moments in words. The date stands only where it is not the one of the label before.
func (m labelMoments) labels(layout, date string, zone *time.Location) []timeLabel {
	slices.SortFunc(m, func(a, b labelMoment) int { return cmp.Compare(a.x, b.x) })
	var labels []timeLabel
	var day, majorDay string // the date of the last label, and of the last label on a phone
	for _, p := range m {
		when := time.UnixMilli(p.at).In(zone)
		l := timeLabel{X: percentAt(p.x), Anchor: "middle", Time: when.Format(layout), Date: when.Format(date), Minor: p.minor}
		if l.Date == day && (p.minor || l.Date == majorDay) {
			l.Date = ""
		} else if day = l.Date; !p.minor {
			majorDay = day
		}
		switch {
		case p.x < nearEdge:
			l.Anchor = "start"
		case p.x > axisLength-nearEdge:
			l.Anchor = "end"
		}
		labels = append(labels, l)
	}
	return labels
}

// mark puts the events on the plot: a band for each that lasted, and a numbered flag for every event. Flags that would
// overlap are one.
func (pl *plot) mark(t *timeline, events []event) {
	var x0 float64 // of the last flag
	var first int  // its first event
	for i := range events {
		e := &events[i]
		x := t.x(e.at)
		if e.until > e.at {
			pl.Bands = append(pl.Bands, band{coordinate(x), coordinate(max(t.x(e.until)-x, 20)), e.Class, e.What})
		}
		if n := len(pl.Flags); n > 0 && x-x0 < roomFlags {
			f := &pl.Flags[n-1]
			f.Wide, f.Narrow = fmt.Sprintf("%d–%d", first, e.Number), fmt.Sprintf("%d+", first)
			continue
		}
		x0, first = x, e.Number
		pl.Flags = append(pl.Flags, flag{percentAt(x), fmt.Sprint(first), fmt.Sprint(first)})
	}
}
