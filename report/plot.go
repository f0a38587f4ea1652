package report

import (
	"math"
	"strings"
	"time"

	"imimport/pkg/lang"
)

// plots are the two pictures of a job, and their numbers as a table.
type plots struct {
	Rate, Latency *plot
	Table         []pointRow
}

// newPlots is nil for a job in which no request was answered. Limit is in requests a second, 0 for none.
func newPlots(l lang.Lang, t *timeline, limit float64, events []event, zone *time.Location) *plots {
	if len(t.pieces) == 0 {
		return nil
	}
	p := &plots{Rate: ratePlot(l, t, limit), Latency: latencyPlot(l, t), Table: t.rows(l, zone)}
	for _, pl := range []*plot{p.Rate, p.Latency} {
		pl.Times = t.times(l, zone)
		pl.mark(t, events)
	}
	return p
}

// plot is a picture for the page. Its paths are in a square field of axisLength, which the page stretches to the room
// it has. Labels stand at percentages, so they are not stretched.
type plot struct {
	Kind   string // "rate" or "latency"
	Title  string
	Desc   string // the picture in words
	Ground string // path: when the job was running
	Layers []layer
	Ticks  []tick
	Limit  *tick // nil: no limit
	Times  []timeLabel
	Bands  []band
	Flags  []flag
	Lanes  []layer // of the strip below
}

// layer is a path with its class of style, and what it shows.
type layer struct{ Class, Path, Name, Value string }

type tick struct{ Y, Label string }

// timeLabel is a moment below the plot. A minor one has no room on a phone.
type timeLabel struct {
	X, Anchor, Time, Date string
	Minor                 bool
}

// band is the time that an event lasted.
type band struct{ X, Width, Class, Title string }

// flag is the number of an event, or of several close together.
type flag struct{ X, Wide, Narrow string }

// ratePlot shows the answered requests a second, stacked by what became of them.
func ratePlot(l lang.Lang, t *timeline, limit float64) *plot {
	lowest, highest := math.Inf(1), 0.0
	t.all(func(p *point, _, _ float64) {
		answered := p.perSecond(p.requests())
		lowest, highest = min(lowest, answered), max(highest, answered)
	})
	ceiling := max(max(limit, highest)*1.1, 1)
	step := niceStep(ceiling)
	y := func(rate float64) float64 { return axisLength * (1 - rate/ceiling) }
	whole := t.whole()
	pl := &plot{Kind: "rate", Title: say(l, "Requests answered a second over the job"), Ground: t.ground()}
	paths := t.stack(y)
	for i, w := range attemptWords {
		drawn := layer{w.class, paths[i].String(), say(l, w.name), Thousands(whole.attempts[w.kind])}
		pl.Layers = append(pl.Layers, drawn)
		if drawn.Path != "" && w.kind != AttemptOK {
			pl.Lanes = append(pl.Lanes, t.lane(l, drawn, w.kind))
		}
	}
	for rate := 0.0; rate <= ceiling; rate += step {
		pl.Ticks = append(pl.Ticks, tick{percentAt(y(rate)), PerSecond(rate)})
	}
	pl.Desc = say(l, "Requests answered a second over %s of work: %s on average, from %s to %s.",
		span(l, (time.Duration(t.total)*time.Millisecond).Round(time.Second)), PerSecond(whole.perSecond(whole.requests())), PerSecond(lowest), PerSecond(highest))
	if limit > 0 {
		pl.Limit = &tick{percentAt(y(limit)), say(l, "limit %s", PerSecond(limit))}
		pl.Desc += say(l, " The limit is %s.", PerSecond(limit))
	}
	return pl
}

// stack draws the rate of each kind of answer on top of those before it: a path for each of attemptWords, "" for none.
func (t *timeline) stack(y func(rate float64) float64) []strings.Builder {
	paths := make([]strings.Builder, len(attemptWords))
	t.all(func(p *point, x0, x1 float64) {
		var below float64
		for i, w := range attemptWords {
			if n := p.attempts[w.kind]; n > 0 {
				above := below + p.perSecond(n)
				rectangle(&paths[i], x0, x1, y(above), y(below))
				below = above
			}
		}
	})
	return paths
}

// lane shows one kind of answer by itself, on a scale of its own: in the plot a few among many would not be seen.
func (t *timeline) lane(l lang.Lang, drawn layer, kind AttemptKind) layer {
	var most float64
	t.all(func(p *point, _, _ float64) { most = max(most, p.perSecond(p.attempts[kind])) })
	var b strings.Builder
	t.all(func(p *point, x0, x1 float64) {
		if n := p.attempts[kind]; n > 0 {
			const visible = axisLength / 10
			rectangle(&b, x0, max(x1, x0+25), axisLength-max(visible, axisLength*p.perSecond(n)/most), axisLength)
		}
	})
	return layer{drawn.Class, b.String(), drawn.Name, say(l, "up to %s a second", PerSecond(max(most, 0.1)))}
}

// latencyPlot shows the response times, on a logarithmic scale: an outage is thousands of times slower than a good
// second.
func latencyPlot(l lang.Lang, t *timeline) *plot {
	fastest, slowest := time.Duration(math.MaxInt64), time.Duration(0)
	t.all(func(p *point, _, _ float64) {
		if p.requests() > 0 {
			fastest, slowest = min(fastest, p.latency.percentile(0.5)), max(slowest, p.latency.percentile(0.99))
		}
	})
	low, high, ticks := logScale(fastest, slowest)
	y := func(d time.Duration) float64 {
		return axisLength * (1 - math.Log(float64(d)/float64(low))/math.Log(float64(high)/float64(low)))
	}
	whole := t.whole()
	pl := &plot{Kind: "latency", Title: say(l, "Response time over the job"), Ground: t.ground()}
	said := make([]string, len(percentileWords))
	for i, c := range percentileWords {
		value := latencyText(whole.latency.percentile(c.share))
		said[i] = c.class + " " + value
		pl.Layers = append(pl.Layers, layer{c.class, t.line(func(p *point) float64 { return y(p.latency.percentile(c.share)) }), c.class + ", " + say(l, c.name), value})
	}
	for _, d := range ticks {
		pl.Ticks = append(pl.Ticks, tick{percentAt(y(d)), latencyText(d)})
	}
	pl.Desc = say(l, "Response times over the job, on a logarithmic scale. Over all: %s. The slowest stretch had a p99 of %s.",
		strings.Join(said, ", "), latencyText(slowest))
	return pl
}

// line goes through the points with answers, and breaks at those without.
func (t *timeline) line(y func(*point) float64) string {
	var b strings.Builder
	for i := range t.pieces {
		piece := &t.pieces[i]
		drawn := false
		for k := range piece.points {
			p := &piece.points[k]
			if p.requests() == 0 {
				drawn = false
				continue
			}
			x0, x1, at := piece.at(p.from), piece.at(p.to), coordinate(y(p))
			middle := coordinate((x0+x1)/2) + " " + at
			switch {
			case drawn:
				b.WriteString("L" + middle)
			case k == len(piece.points)-1 || piece.points[k+1].requests() == 0: // alone
				b.WriteString("M" + coordinate(x0) + " " + at + "H" + coordinate(x1))
			default:
				b.WriteString("M" + middle)
				drawn = true
			}
		}
	}
	return b.String()
}

// ground is the times in which the job was running.
func (t *timeline) ground() string {
	var b strings.Builder
	for _, p := range t.pieces {
		rectangle(&b, p.x0, p.x1, 0, axisLength)
	}
	return b.String()
}

func rectangle(b *strings.Builder, x0, x1, y0, y1 float64) {
	b.WriteString("M" + coordinate(x0) + " " + coordinate(y0) + "H" + coordinate(x1) + "V" + coordinate(y1) + "H" + coordinate(x0) + "Z")
}

// niceStep is a round distance that makes about four ticks up to a ceiling.
func niceStep(ceiling float64) float64 {
	rough := ceiling / 5
	power := math.Pow(10, math.Floor(math.Log10(rough)))
	for _, f := range []float64{1, 2, 2.5, 5} {
		if power*f >= rough {
			return power * f
		}
	}
	return power * 10
}

// logScale is the bounds of a logarithmic scale, round times a decade or more apart, and the ticks on it: powers of
// ten, and 2 and 5 times these if they would be few.
func logScale(fastest, slowest time.Duration) (low, high time.Duration, ticks []time.Duration) {
	if slowest <= 0 {
		fastest, slowest = time.Millisecond, time.Second
	}
	var round []time.Duration
	for power := 100 * time.Microsecond; power <= 1000*time.Second; power *= 10 {
		round = append(round, power, 2*power, 5*power)
	}
	first, last := 0, len(round)-1
	for first+1 < len(round) && round[first+1] <= fastest*9/10 {
		first++
	}
	for last > first+3 && round[last-1] >= slowest {
		last--
	}
	low, high = round[first], round[last]
	for i := first; i <= last; i++ {
		if last-first <= 6 || i%3 == 0 || i == first && i%3 == 1 {
			ticks = append(ticks, round[i])
		}
	}
	return low, high, ticks
}
