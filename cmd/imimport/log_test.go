package main

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestLogLinesAreForPeople(t *testing.T) {
	at := time.Date(2026, 3, 1, 23, 59, 58, 0, time.Local)
	for name, c := range map[string]struct {
		level    string
		terminal bool
		color    bool
		record   slog.Record
		want     string
	}{
		"information in a file":  {"info", false, false, slog.NewRecord(at, slog.LevelInfo, "a sentence", 0), "2026-03-01 23:59:58 a sentence\n"},
		"information on a tty":   {"info", true, true, slog.NewRecord(at, slog.LevelInfo, "a sentence", 0), "23:59:58 a sentence\n"},
		"a warning":              {"info", true, false, slog.NewRecord(at, slog.LevelWarn, "a sentence", 0), "23:59:58 WARN a sentence\n"},
		"an error in red":        {"info", true, true, slog.NewRecord(at, slog.LevelError, "a sentence", 0), "23:59:58 \x1b[31mERROR\x1b[0m a sentence\n"},
		"attributes at debug":    {"debug", true, false, slog.NewRecord(at, slog.LevelInfo, "a sentence", 0), "23:59:58 a sentence job=\"a b\" row.line=7 row.empty=\"\"\n"},
		"what moves the cursor":  {"info", true, false, slog.NewRecord(at, slog.LevelInfo, "a\x1b[2J\nb\r", 0), "23:59:58 a\uFFFD[2J b\n"},
		"a debug line, unwanted": {"info", true, false, slog.NewRecord(at, slog.LevelDebug, "a sentence", 0), ""},
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			h := newLogHandler(&b, "text", c.level, c.terminal, c.color).WithAttrs([]slog.Attr{slog.String("job", "a b")}).WithGroup("row")
			c.record.AddAttrs(slog.Int("line", 7), slog.String("empty", ""))
			if h.Enabled(context.Background(), c.record.Level) {
				require.NoError(t, h.Handle(context.Background(), c.record))
			}
			assert.Equal(t, c.want, b.String())
		})
	}
}

func TestProgressInJSONIsARecordWhateverTheLevel(t *testing.T) {
	var b bytes.Buffer
	v := progressView{running: true, run: someProgress(100), leftKnown: true, left: time.Minute}
	v.fraction = .1
	require.NoError(t, logProgress(newLogHandler(&b, "json", "error", false, false), v))
	for _, want := range []string{`"event":"progress"`, `"rows":100`, `"succeeded":100`, `"rate":195`, `"percent":"10.0"`, `"left_seconds":60`} {
		assert.Contains(t, b.String(), want)
	}
	assert.Equal(t, 1, strings.Count(b.String(), "\n"))
}
