package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"imimport/pkg/job"
	"imimport/report"
)

const (
	drawEvery  = 200 * time.Millisecond
	plainEvery = 30 * time.Second
	maxQueue   = 1 << 20 // bytes of lines that standard error has not taken yet
)

// display owns standard error while a job runs: lines and the bar reach it from one goroutine, so that they
// never garble each other. A terminal that is stopped, slow or gone holds nobody up: lines queue to a bound
// and are then left out, and a failed write is nobody's error.
type display struct {
	out   io.Writer
	bar   func(progressView) string // nil: no bar
	plain func(progressView)        // nil, or writes a line about every 30 s

	wake chan struct{} // holds one
	end  chan struct{} // closed by close
	done chan struct{} // closed when the goroutine has ended
	once sync.Once

	mu      sync.Mutex
	lines   []byte
	dropped int
	view    progressView
	ended   bool
	json    bool // every line is

	drawn string // the bar as it stands on the terminal; the goroutine's own
}

// progressView is what the bar shows: a scan of the input, then the run.
type progressView struct {
	scanned, scanTotal int64
	scanning, running  bool
	run                job.Progress
	left               time.Duration
	leftKnown          bool
	fraction           float64 // of the job's rows, below 0 where it is not known
	estimate           *estimate
}

// newDisplay starts the goroutine, which ends with close.
func newDisplay(out io.Writer, c *crash, bar func(progressView) string, plain func(progressView)) *display {
	d := &display{out: out, bar: bar, plain: plain,
		wake: make(chan struct{}, 1), end: make(chan struct{}), done: make(chan struct{})}
	d.view.estimate = new(estimate)
	go c.guard(d.loop)
	return d
}

// Write takes whole lines. It never fails and never waits.
func (d *display) Write(lines []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.ended {
		_, _ = d.out.Write(lines) // the goroutine has ended, or is about to without a bar
		return len(lines), nil
	}
	if len(d.lines)+len(lines) > maxQueue {
		d.dropped++
		return len(lines), nil
	}
	d.lines = append(d.lines, lines...)
	select {
	case d.wake <- struct{}{}:
	default: // it will wake anyway
	}
	return len(lines), nil
}

// leftOut says in which form a line tells of lines that are left out.
func (d *display) leftOut(asJSON bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.json = asJSON
}

// Scan shows how far the look at the input is.
func (d *display) scan(done, total int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.view.scanning, d.view.scanned, d.view.scanTotal = true, done, total
}

// show takes in how the run stands.
func (d *display) show(p job.Progress) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.view.running, d.view.run = true, p
}

// started tells whether rows are being sent.
func (d *display) started() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.view.running
}

// close takes the bar away, writes what is queued and waits for the goroutine. Lines written later go
// straight out.
func (d *display) close() {
	d.once.Do(func() { close(d.end) })
	<-d.done
}

func (d *display) loop() {
	defer close(d.done)
	every := drawEvery
	if d.bar == nil {
		every = plainEvery
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-d.wake:
			d.draw(time.Now(), false)
		case now := <-tick.C:
			if d.bar == nil {
				d.announce()
				continue // its line wakes the loop
			}
			d.draw(now, false)
		case <-d.end:
			d.draw(time.Now(), true)
			return
		}
	}
}

func (d *display) announce() {
	d.mu.Lock()
	view := d.view
	d.mu.Unlock()
	if view.running && d.plain != nil {
		d.plain(view.estimated(time.Now()))
	}
}

// draw writes, in one call, the lines that are queued and the bar below them.
func (d *display) draw(now time.Time, last bool) {
	d.mu.Lock()
	lines, view := d.lines, d.view
	d.lines = nil
	if d.dropped > 0 {
		format := "(%s left out here: standard error is too slow)\n"
		if d.json {
			format = `{"level":"WARN","msg":"%s left out here: standard error is too slow","event":"log.left_out"}` + "\n"
		}
		lines = fmt.Appendf(lines, format, report.Counted(int64(d.dropped), "line", "lines"))
		d.dropped = 0
	}
	d.ended = last
	d.mu.Unlock()

	bar := ""
	if d.bar != nil && !last {
		bar = d.bar(view.estimated(now))
	}
	if len(lines) == 0 && bar == d.drawn {
		return
	}
	var b strings.Builder
	before := len(d.drawn) // in columns: the bar is ASCII
	if before > 0 && len(lines) > 0 {
		b.WriteString("\r" + strings.Repeat(" ", before+echoed) + "\r")
		before = 0
	}
	b.Write(lines)
	if bar != "" || before > 0 {
		b.WriteString("\r" + bar + strings.Repeat(" ", max(0, before-len(bar))))
		if bar == "" {
			b.WriteString("\r")
		}
	}
	d.drawn = bar
	_, _ = io.WriteString(d.out, b.String()) // nobody is left to tell
}
