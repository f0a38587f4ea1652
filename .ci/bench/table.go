package main

import (
	"cmp"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"time"
)

// writeTable prints what was measured, as Markdown.
func writeTable(w io.Writer, s settings, cases []workload) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %s/%s, %d cores, %d in flight, %d turns\n\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), s.workers, s.repeat)
	b.WriteString("| | rows | rows/s | CPU a row, µs | of the bare loop's | CPU a request, µs | of a core | peak memory, MB | worst second | refused |\n")
	b.WriteString("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n")
	var floor float64
	for _, c := range cases {
		if len(c.measured) == 0 {
			continue
		}
		l := c.line()
		if c.floor {
			floor = l.perRow
		}
		ratio := "" // where there is a limit, most of the processor's time goes into waking up
		if c.rate == 0 {
			ratio = fmt.Sprintf("%.2f", l.perRow/floor)
		}
		fmt.Fprintf(&b, "| %s | %d | %.0f | %.2f | %s | %.1f | %.0f%% | %.0f | %d | %d |\n",
			c.name, c.rows, l.rate, l.perRow, ratio, l.perRequest, 100*l.share, l.peak, l.worst, l.refused)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// line is what the turns of one case come to.
type line struct {
	rate, perRow, perRequest, share, peak float64
	worst                                 int
	refused                               uint64
}

func (w workload) line() line {
	rows := float64(w.rows)
	micros := func(m measurement) float64 { return float64(m.cpu) / float64(time.Microsecond) }
	l := line{
		rate:       median(w.measured, func(m measurement) float64 { return rows / m.wall.Seconds() }),
		perRow:     median(w.measured, func(m measurement) float64 { return micros(m) / rows }),
		perRequest: median(w.measured, func(m measurement) float64 { return micros(m) / float64(m.requests) }),
		share:      median(w.measured, func(m measurement) float64 { return m.cpu.Seconds() / m.wall.Seconds() }),
		peak:       median(w.measured, func(m measurement) float64 { return float64(m.peak) / 1e6 }),
	}
	for _, m := range w.measured {
		l.worst = max(l.worst, m.worst)
		l.refused += m.refused
	}
	return l
}

func median[T any, F cmp.Ordered](list []T, value func(T) F) F {
	values := make([]F, len(list))
	for i, item := range list {
		values[i] = value(item)
	}
	slices.Sort(values)
	return values[len(values)/2]
}
