package report

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// timeSteps are distances that people divide time by.
var timeSteps = []time.Duration{
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour,
	48 * time.Hour, 7 * 24 * time.Hour, 30 * 24 * time.Hour, 365 * 24 * time.Hour,
}

const (
	roomWide   = axisLength * 11 / 100 // between two labels on a desk
	roomNarrow = axisLength * 24 / 100 // on a phone
)

// times are the labels below a plot: where each piece begins, and round times between, as far as there
// is room.
func (t *timeline) times(zone *time.Location) []timeLabel {
	step := timeSteps[len(timeSteps)-1]
	for _, s := range timeSteps {
		if s.Milliseconds()*7 >= t.total {
			step = s
			break
		}
	}
	layout := "15:04"
	if step < time.Minute {
		layout = "15:04:05"
	}
	type place struct {
		at    int64
		x     float64
		minor bool
	}
	var taken []place
	free := func(x, room float64, narrow bool) bool {
		for _, p := range taken {
			if (!narrow || !p.minor) && x < p.x+room && x > p.x-room {
				return false
			}
		}
		return true
	}
	try := func(at int64, x float64) {
		if free(x, roomWide, false) {
			taken = append(taken, place{at, x, !free(x, roomNarrow, true)})
		}
	}
	for i := range t.pieces {
		try(t.pieces[i].from, t.pieces[i].x0)
	}
	distance := step.Milliseconds()
	for i := range t.pieces {
		p := &t.pieces[i]
		_, offset := time.UnixMilli(p.from).In(zone).Zone()
		east := int64(offset) * 1000
		for at := floor(p.from+east, distance) + distance - east; at < p.to; at += distance {
			try(at, p.at(at))
		}
	}
	slices.SortFunc(taken, func(a, b place) int { return cmp.Compare(a.x, b.x) })
	var labels []timeLabel
	var day, majorDay string // as the last label, the last on a phone, has it
	for _, p := range taken {
		when := time.UnixMilli(p.at).In(zone)
		l := timeLabel{X: percentAt(p.x), Anchor: "middle", Time: when.Format(layout), Date: when.Format("2 Jan"), Minor: p.minor}
		if l.Date == day && (p.minor || l.Date == majorDay) {
			l.Date = ""
		} else if day = l.Date; !p.minor {
			majorDay = day
		}
		if p.x < axisLength*4/100 {
			l.Anchor = "start"
		} else if p.x > axisLength*96/100 {
			l.Anchor = "end"
		}
		labels = append(labels, l)
	}
	return labels
}

// mark puts the events on the plot: what lasted as a band, all of them as numbered flags.
func (pl *plot) mark(t *timeline, events []event) {
	const room = axisLength * 10 / 100 // two numbers side by side on a phone
	type group struct {
		x           float64
		first, last int
	}
	var groups []group
	for i := range events {
		e := &events[i]
		x := t.x(e.at)
		if e.until > e.at {
			pl.Bands = append(pl.Bands, band{coordinate(x), coordinate(max(t.x(e.until)-x, 20)), e.Class, e.What})
		}
		if n := len(groups); n > 0 && x-groups[n-1].x < room {
			groups[n-1].last = e.Number
			continue
		}
		groups = append(groups, group{x, e.Number, e.Number})
	}
	for _, g := range groups {
		f := flag{X: percentAt(g.x), Wide: fmt.Sprint(g.first), Narrow: fmt.Sprint(g.first)}
		if g.last > g.first {
			f.Wide, f.Narrow = fmt.Sprintf("%d–%d", g.first, g.last), fmt.Sprintf("%d+", g.first)
		}
		pl.Flags = append(pl.Flags, f)
	}
}
