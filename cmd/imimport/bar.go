package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"

	"imimport/pkg/job"
	"imimport/report"
)

const (
	barSteps    = 10_000 // of the whole
	narrowBar   = 6      // columns between its brackets
	wideBar     = 40
	echoed      = 2                 // the ^C that a terminal shows behind the bar
	barOverhead = len(" 100% []  ") // as progressbar sets them
)

// drawBar is the bar in columns of a terminal, all of them ASCII: block characters take two columns in many
// a terminal that is set up for Chinese.
//
// Percent is that of the job's rows, so that a bar goes on where it was after a resume; the time left is ours
// and rests on this run's pace alone. progressbar's own would take the rows of earlier runs for this one's.
func drawBar(v progressView, columns int) string {
	columns = max(0, columns-1-echoed) // a full last column breaks the line in some terminals
	text := barText(v, columns)
	return text[:min(len(text), columns)]
}

func barText(v progressView, columns int) string {
	room := columns - barOverhead
	switch {
	case v.running && v.fraction < 0:
		return joinFields(fields(v), columns)
	case v.running:
		text := joinFields(fields(v), room-narrowBar)
		if width := min(wideBar, room-len(text)); width >= narrowBar {
			return renderBar(v.fraction, width, text)
		}
		return fmt.Sprintf("%3d%% %s", int(v.fraction*100), text)
	case v.scanning && v.scanTotal > 0:
		return renderBar(min(1, float64(v.scanned)/float64(v.scanTotal)), min(wideBar, max(narrowBar, room-22)), "looking at the input")
	case v.scanning:
		return "looking at the input: " + report.ByteText(v.scanned)
	}
	return ""
}

// renderBar has progressbar draw percent and bar. It writes to nobody: the display owns the terminal.
func renderBar(fraction float64, width int, text string) string {
	bar := progressbar.NewOptions64(barSteps,
		progressbar.OptionSetWriter(io.Discard), progressbar.OptionSetWidth(width), progressbar.OptionSetPredictTime(false),
		progressbar.OptionSetTheme(progressbar.ThemeASCII), progressbar.OptionShowDescriptionAtLineEnd(), progressbar.OptionSetDescription(text))
	_ = bar.Set64(int64(fraction * barSteps)) // fails above barSteps only
	_ = bar.RenderBlank()
	return strings.TrimRight(strings.TrimPrefix(bar.String(), "\r"), " ")
}

// field is a figure in a long and a short form. The higher weight stays where room is scarce.
type field struct {
	long, short string
	weight      int
}

func fields(v progressView) []field {
	p := v.run
	rows := report.Thousands(p.Rows.Read-p.Rows.NotAttempted) + " rows"
	limit := "no limit"
	if p.RateLimit > 0 {
		limit = "limit " + report.PerSecond(p.RateLimit)
	}
	list := []field{
		{rows, rows, 2}, // the sum of what stands below
		{report.PerSecond(p.RateNow) + "/s (" + limit + ")", report.PerSecond(p.RateNow) + "/s", 9},
	}
	switch {
	case !p.Outage.IsZero():
		list = append(list, field{"no good answer since " + p.Outage.Format(clockLayout), "no answer", 10})
	case p.Throttling:
		list = append(list, field{"throttled", "throttled", 5})
	}
	list = append(list,
		field{report.Thousands(p.Rows.Succeeded) + " succeeded", report.Thousands(p.Rows.Succeeded) + " ok", 4},
		field{report.Thousands(p.Rows.Failed) + " failed", report.Thousands(p.Rows.Failed) + " failed", weightOf(p.Rows.Failed, 7)},
		field{report.Thousands(p.Rows.QuotaExceeded) + " quota", report.Thousands(p.Rows.QuotaExceeded) + " quota", weightOf(p.Rows.QuotaExceeded, 6)},
		field{report.Counted(p.Retries, "retry", "retries"), report.Counted(p.Retries, "retry", "retries"), weightOf(p.Retries, 3)},
	)
	switch left := leftText(v.left) + " left"; {
	case v.fraction < 0:
	case v.leftKnown:
		list = append(list, field{left, left, 8})
	default:
		list = append(list, field{"time left unknown", "-- left", 8})
	}
	return list
}

// weightOf has figures that are zero go first.
func weightOf(n int64, weight int) int {
	if n == 0 {
		return 1
	}
	return weight
}

// joinFields makes the richest line that fits: long forms, else short ones, else these without the lightest, which it
// deletes from the list.
func joinFields(list []field, columns int) string {
	long := func(f field) string { return f.long }
	short := func(f field) string { return f.short }
	text := joined(list, long, "  ")
	if len(text) > columns {
		text = joined(list, short, "  ")
	}
	for len(text) > columns {
		if text = joined(list, short, " "); len(text) <= columns || len(list) == 1 {
			break
		}
		lightest := slices.MinFunc(list, func(a, b field) int { return a.weight - b.weight })
		at := slices.Index(list, lightest)
		list = slices.Delete(list, at, at+1)
	}
	return text
}

func joined(list []field, form func(field) string, separator string) string {
	var words []string
	for _, f := range list {
		words = append(words, form(f))
	}
	return strings.Join(words, separator)
}

// plainLine is a line about the run for logs and cron.
func plainLine(v progressView) string {
	list := fields(v)
	if v.fraction >= 0 {
		list[0].long += fmt.Sprintf(" (%d%%)", int(v.fraction*100))
	}
	return joined(list, func(f field) string { return f.long }, ", ")
}

// fraction is how much of the input's rows has its outcome, below 0 where the input's size is not known. The
// reader is ahead of the outcomes, so its place in the file alone would say too much.
func fraction(p job.Progress) float64 {
	settled := float64(p.Rows.Read - p.Rows.NotAttempted)
	switch {
	case p.PassRows > 0:
		return min(1, float64(p.PassDone)/float64(p.PassRows))
	case p.BytesTotal <= 0:
		return -1
	case p.Rows.Read == 0:
		return 0
	}
	return min(1, settled/float64(p.Rows.Read)*float64(p.BytesDone)/float64(p.BytesTotal))
}

const (
	sampleEvery = 2 * time.Second
	samples     = 30 // a minute
)

// estimate knows the pace of the last minute of this run.
type estimate struct {
	pass int
	past []sample // oldest first
}

type sample struct {
	at       time.Time
	fraction float64
}

// left is the time until all rows have their outcome, if the pace stays.
func (e *estimate) left(now time.Time, pass int, fraction float64) (time.Duration, bool) {
	if fraction < 0 {
		return 0, false
	}
	if pass != e.pass || len(e.past) == 0 {
		e.pass, e.past = pass, []sample{{now, fraction}}
		return 0, false
	}
	oldest := e.past[0]
	if now.Sub(e.past[len(e.past)-1].at) >= sampleEvery {
		e.past = append(e.past, sample{now, fraction})
		e.past = e.past[max(0, len(e.past)-samples):]
	}
	elapsed, done := now.Sub(oldest.at), fraction-oldest.fraction
	if elapsed < sampleEvery/2 || done <= 0 {
		return 0, false
	}
	seconds := elapsed.Seconds() * (1 - fraction) / done
	if seconds > (1000 * 24 * time.Hour).Seconds() {
		return 0, false
	}
	return time.Duration(math.Ceil(seconds)) * time.Second, true
}

// estimated completes the view with what is worked out from it.
func (v progressView) estimated(now time.Time) progressView {
	switch {
	case !v.running:
	case !v.run.Outage.IsZero(): // which says nothing of the pace before and after
		v.fraction, v.leftKnown = fraction(v.run), false
		v.estimate.past = nil
	default:
		v.fraction = fraction(v.run)
		v.left, v.leftKnown = v.estimate.left(now, v.run.Pass, v.fraction)
	}
	return v
}

// leftText writes a duration short: 45s, 12m05s, 7h12m, 3d04h.
func leftText(d time.Duration) string {
	switch d = d.Round(time.Second); {
	case d < time.Minute:
		return fmt.Sprintf("%ds", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", d/time.Minute, d%time.Minute/time.Second)
	case d < 24*time.Hour:
		return fmt.Sprintf("%dh%02dm", d/time.Hour, d%time.Hour/time.Minute)
	}
	return fmt.Sprintf("%dd%02dh", d/(24*time.Hour), d%(24*time.Hour)/time.Hour)
}
