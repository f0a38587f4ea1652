package main

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"imimport/pkg/fault"
	"imimport/report"
)

const logFormatFlag = "log-format"

// asksForJSON tells whether log lines are to be JSON, before the command line is parsed: its own faults are lines too.
func (a *app) asksForJSON() bool {
	format := a.getenv(variable(logFormatFlag))
	for i, arg := range a.args {
		if arg == "--" {
			break
		}
		if value, ok := strings.CutPrefix(arg, "--"+logFormatFlag+"="); ok {
			format = value
		} else if arg == "--"+logFormatFlag && i+1 < len(a.args) {
			format = a.args[i+1]
		}
	}
	return format == "json"
}

// logLine writes a line of JSON past the display, which is closed, and whatever the level.
func (a *app) logLine(level slog.Level, text string, attrs ...slog.Attr) {
	r := slog.NewRecord(time.Now(), level, text, 0)
	r.AddAttrs(attrs...)
	_ = slog.NewJSONHandler(a.stderr, nil).Handle(context.Background(), r) // nobody is left to tell
}

// end tells the error and, where lines are JSON, how the run has ended. It is the process's exit code.
func (a *app) end(err error) int {
	a.printError(err)
	code := exitCode(err)
	if a.held != nil {
		defer func() {
			if code != 0 {
				a.held.tell(a.jsonLog)
			}
		}()
	}
	a.startAgain(err)
	if !a.jsonLog || !a.ran && err == nil {
		return code
	}
	s := report.Summary{State: "complete", StopReason: fault.KindOf(err).String()}
	if code > (voice{}).ExitCode(fault.Partial) {
		s.State = "stopped"
	}
	if a.summary != nil {
		s = *a.summary
	} else if fault.KindOf(err) == fault.Interrupted {
		s.Next = a.typedAgain()
	}
	if s.StopReason == "" && code == exitUsage {
		s.StopReason = fault.Usage.String()
	}
	a.logLine(slog.LevelInfo, "run ended", slog.String("event", "run.end"), slog.String("state", s.State), slog.String("reason", s.StopReason),
		slog.Int("exit_code", code), slog.String("job", s.Job), slog.Group("rows", slog.Int64("read", s.Rows.Read), slog.Int64("succeeded", s.Rows.Succeeded),
			slog.Int64("failed", s.Rows.Failed), slog.Int64("quota_exceeded", s.Rows.QuotaExceeded), slog.Int64("not_attempted", s.Rows.NotAttempted)),
		slog.String("next", s.Next))
	return code
}

// startAgain prints the command of a run that was interrupted before it had a job.
func (a *app) startAgain(err error) {
	if next := a.typedAgain(); a.summary == nil && fault.KindOf(err) == fault.Interrupted && next != "" && !a.jsonLog {
		_, _ = fmt.Fprintf(a.stderr, "%s\n%s\n", wordStartAgain, next) // nobody is left to tell
	}
}

// typedAgain is the command line as it was typed, where it is one that imports; "" for others. What may be a secret has no
// place in it.
func (a *app) typedAgain() string {
	if len(a.args) == 0 || !slices.Contains([]string{fault.Run, fault.Resume, fault.Retry, fault.Sync}, a.args[0]) {
		return ""
	}
	return "imimport" + rest(a.args)
}
