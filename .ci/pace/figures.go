package main

import (
	"fmt"
	"os"
	"strings"
	"time"
)

// figures are what one turn of a case comes to. Rates are of accounts that were taken.
type figures struct {
	mean, middle  float64 // a second: of all, and between the first and the last quarter
	worst         int     // calls in any one second, with those that were refused
	refused       float64 // of the calls
	least         float64 // of the runs' fair share, what the run with the least had
	otherRefused  float64
	ofBest        float64 // of the time that it takes at best
	cpu, cpuRatio float64 // µs a row
	memory        float64 // MB
	load          string
}

// fold works the figures out of what arrived, of the calls of ours and of others. Of runs that last it looks at the minute
// that begins 10 s after the first call.
func (c scenario) fold(seen []arrival) (f figures) {
	if c.lasting() && len(seen) > 0 {
		from := seen[0].At.Add(beginning)
		seen = between(seen, from, from.Add(time.Minute))
	}
	var mine, taken []arrival
	other, otherRefused := 0, 0
	byRun := map[string]int{}
	rows := 0
	for i, oldest := 0, 0; i < len(seen); i++ {
		for seen[i].At.Sub(seen[oldest].At) >= time.Second {
			oldest++
		}
		f.worst = max(f.worst, i-oldest+1)
		switch a := seen[i]; {
		case a.Caller == foreign:
			other++
			otherRefused += count(a.Refused)
		default:
			mine = append(mine, a)
			if !a.Refused {
				taken = append(taken, a)
				byRun[a.Caller] += a.Rows
				rows += a.Rows
			}
		}
	}
	if len(taken) < 2 {
		return f
	}
	f.refused = 100 * float64(len(mine)-len(taken)) / float64(len(mine))
	f.otherRefused = 100 * float64(otherRefused) / float64(max(1, other))
	f.mean, f.middle = perSecond(taken), perSecond(taken[len(taken)/4:len(taken)*3/4])
	if c.lasting() {
		f.mean = float64(rows) / time.Minute.Seconds()
	}
	f.least = 100
	for _, n := range byRun {
		f.least = min(f.least, 100*float64(n)*float64(max(1, c.runs))/float64(rows))
	}
	f.ofBest = float64(c.service.limit) / f.mean * float64(max(1, c.batch))
	return f
}

func count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

func between(seen []arrival, from, to time.Time) (list []arrival) {
	for _, a := range seen {
		if !a.At.Before(from) && a.At.Before(to) {
			list = append(list, a)
		}
	}
	return list
}

// perSecond is the rate of the rows behind the first call.
func perSecond(list []arrival) float64 {
	n := 0
	for _, a := range list[1:] {
		n += a.Rows
	}
	return float64(n) / list[len(list)-1].At.Sub(list[0].At).Seconds()
}

type direction bool

const (
	atLeast direction = true
	atMost  direction = false
)

// bar is what a figure is compared with.
type bar struct {
	figure string
	is     direction
	want   float64
}

func (b bar) holds(f figures) bool {
	if b.is == atLeast {
		return b.of(f) >= b.want
	}
	return b.of(f) <= b.want
}

func (b bar) of(f figures) float64 {
	return map[string]float64{"mean/s": f.mean, "middle/s": f.middle, "worst second": float64(f.worst), "refused %": f.refused, "least of fair %": f.least,
		"other refused %": f.otherRefused, "of best time": f.ofBest, "CPU of 60 ms": f.cpuRatio, "memory MB": f.memory}[b.figure]
}

func (b bar) String() string {
	return fmt.Sprintf("%s %s %g", b.figure, map[direction]string{atLeast: "≥", atMost: "≤"}[b.is], b.want)
}

const head = "| show | case | who | mean/s | middle/s | worst second | refused | CPU a row, µs | memory, MB | load | bars |\n|--:|---|---|--:|--:|--:|--:|--:|--:|--:|---|\n"

// line is a turn as a line of the table, and how many bars it misses.
func (c scenario) line(f figures) (text string, missed int) {
	var bars []string
	for _, b := range c.bars {
		if b.holds(f) {
			bars = append(bars, b.String())
			continue
		}
		missed++
		bars = append(bars, fmt.Sprintf("**%s: %.4g**", b, b.of(f)))
	}
	return fmt.Sprintf("| %d | %s | %s | %.1f | %.1f | %d | %.2f%% | %.0f | %.1f | %s | %s |\n", c.show, c.name, c.who, f.mean, f.middle, f.worst, f.refused,
		f.cpu, f.memory, f.load, strings.Join(bars, ", ")), missed
}

// load is the machine's, over the last minute.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "?"
	}
	one, _, _ := strings.Cut(string(text), " ")
	return one
}
