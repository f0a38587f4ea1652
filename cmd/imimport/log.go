package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"imimport/report"
)

const (
	clockLayout = "15:04:05"            // on a terminal, where people sit
	dateLayout  = "2006-01-02 15:04:05" // in a file, read days later
)

// textHandler writes log lines for people: the time, the level where it is more than information, the message,
// which is a sentence, and at the level debug the attributes too.
type textHandler struct {
	out    io.Writer
	level  slog.Level
	layout string
	color  bool
	prefix string // of the groups
	attrs  string
}

func (h *textHandler) Enabled(_ context.Context, level slog.Level) bool { return level >= h.level }

func (h *textHandler) Handle(_ context.Context, r slog.Record) error {
	var b strings.Builder
	if !r.Time.IsZero() {
		b.WriteString(r.Time.Format(h.layout) + " ")
	}
	b.WriteString(h.levelText(r.Level) + report.Printable(strings.TrimSpace(r.Message)))
	if h.level <= slog.LevelDebug {
		b.WriteString(h.attrs)
		r.Attrs(func(a slog.Attr) bool {
			appendAttr(&b, h.prefix, a)
			return true
		})
	}
	_, err := io.WriteString(h.out, b.String()+"\n")
	return err
}

func (h *textHandler) levelText(level slog.Level) string {
	color, told := levelColors[level]
	switch {
	case !told:
		return ""
	case h.color:
		return "\x1b[" + color + "m" + level.String() + "\x1b[0m "
	}
	return level.String() + " "
}

// levelColors has the levels that are told. The program uses no others but Info.
var levelColors = map[slog.Level]string{slog.LevelDebug: "2", slog.LevelWarn: "33", slog.LevelError: "31"}

func (h *textHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	var b strings.Builder
	for _, a := range attrs {
		appendAttr(&b, h.prefix, a)
	}
	next := *h
	next.attrs += b.String()
	return &next
}

func (h *textHandler) WithGroup(name string) slog.Handler {
	next := *h
	if name != "" {
		next.prefix += name + "."
	}
	return &next
}

func appendAttr(b *strings.Builder, prefix string, a slog.Attr) {
	value := a.Value.Resolve()
	if value.Kind() == slog.KindGroup {
		if a.Key != "" {
			prefix += a.Key + "."
		}
		for _, one := range value.Group() {
			appendAttr(b, prefix, one)
		}
		return
	}
	if a.Equal(slog.Attr{}) {
		return
	}
	text := report.Printable(value.String())
	if text == "" || strings.ContainsAny(text, " \"=") {
		text = strconv.Quote(text)
	}
	b.WriteString(" " + prefix + a.Key + "=" + text)
}

// newLogHandler writes to out, which takes whole lines.
func newLogHandler(out io.Writer, format, level string, terminal, color bool) slog.Handler {
	levels := map[string]slog.Level{"debug": slog.LevelDebug, "warn": slog.LevelWarn, "error": slog.LevelError}
	if format == "json" {
		return slog.NewJSONHandler(out, &slog.HandlerOptions{Level: levels[level]}) // a level of 0 is info
	}
	layout := dateLayout
	if terminal {
		layout = clockLayout
	}
	return &textHandler{out: out, level: levels[level], layout: layout, color: color}
}

// logProgress tells how the run stands, whatever the level: --progress asks for it.
func logProgress(h slog.Handler, v progressView) error {
	p := v.run
	r := slog.NewRecord(time.Now(), slog.LevelInfo, plainLine(v), 0)
	r.AddAttrs(slog.String("event", "progress"), slog.Int64("rows", p.Rows.Read-p.Rows.NotAttempted),
		slog.Int64("succeeded", p.Rows.Succeeded), slog.Int64("failed", p.Rows.Failed), slog.Int64("quota_exceeded", p.Rows.QuotaExceeded),
		slog.Float64("rate", p.RateNow), slog.Float64("limit", p.RateLimit), slog.Int64("retries", p.Retries),
		slog.Int64("throttled", p.Throttled), slog.Int("in_flight", p.InFlight), slog.Int("waiting", p.Waiting))
	if v.fraction >= 0 {
		r.AddAttrs(slog.String("percent", fmt.Sprintf("%.1f", v.fraction*100)))
	}
	if v.leftKnown {
		r.AddAttrs(slog.Int64("left_seconds", int64(v.left/time.Second)))
	}
	if !p.Outage.IsZero() {
		r.AddAttrs(slog.Time("outage_since", p.Outage))
	}
	return h.Handle(context.Background(), r)
}
