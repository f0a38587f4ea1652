package main

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"os"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"imimport/pkg/fault"
	"imimport/pkg/importer"
	"imimport/pkg/job"
	"imimport/pkg/sandbox"
	"imimport/report"
)

// work is one run of a job and what surrounds it: display, log, metrics, signals, and a sandbox where the
// target is one.
type work struct {
	app      *app
	settings *settings
	display  *display
	log      *slog.Logger
	signals  *interruption
	sandbox  *sandbox.Running
}

// start takes over standard error and the signals. sending tells whether a first signal lets what is in flight finish.
func (a *app) start(cmd *cobra.Command, s *settings, sending func(*display) bool) *work {
	w := &work{app: a, settings: s}
	if s.quiet {
		a.hold()
	}
	w.startDisplay()
	w.warn()
	w.signals = a.watchSignals(cmd.Context(), func(text string) { w.log.Warn(text, "event", "interrupted") }, func() bool { return sending(w.display) })
	return w
}

// nothingIsSent is for commands that send nothing: a first signal ends them.
func nothingIsSent(*display) bool { return false }

// end gives standard error and the signals back, and says of an error whether it is the interruption's.
func (w *work) end(err error) error {
	w.display.close()
	interrupted := w.signals.interrupted()
	w.signals.release()
	if err != nil && interrupted {
		return fault.New(fault.Interrupted, fault.Hint{}, "interrupted")
	}
	return err
}

// action is what a command does with a job.
type action func(context.Context, job.Host) (report.Summary, error)

// work runs an action and tells how it ended. dir is the job directory, for the metrics' label.
func (a *app) work(cmd *cobra.Command, s *settings, dir string, do action) error {
	if !s.options.Target.Sandbox { // which keeps its accounts in this process
		spareMemory(0)
	}
	w := a.start(cmd, s, (*display).started)
	host := w.host()
	exporter, err := w.startMetrics(dir)
	if err != nil {
		return w.end(err)
	}
	if exporter != nil {
		host.Metrics = exporter.metrics
	}
	summary, err := do(w.signals.ctx, host)
	if err != nil && w.signals.interrupted() && summary.State == "" {
		err = fault.New(fault.Interrupted, fault.Hint{}, "interrupted; nothing was sent by this run")
	}
	if w.sandbox != nil {
		_ = w.sandbox.Close() // it was in memory
	}
	if exporter != nil {
		exporter.stop(w.log, codeOf(summary, err), summary.Sync)
	}
	_ = w.end(nil)
	return a.conclude(summary, err, s.json)
}

// host is what the process gives a job.
func (w *work) host() job.Host {
	connect := func(ctx context.Context, o job.Options, connections int) (importer.Client, job.Target, error) {
		if !o.Target.Sandbox {
			spareMemory(connections)
		}
		return w.connect(ctx, o, connections)
	}
	return job.Host{Connect: connect, Access: w.settings.access(), Voice: voice{}, Stop: w.signals.stop, Started: w.app.started, Stdin: w.app.stdin, Scanning: w.display.scan, Progress: w.display.show, Log: w.log}
}

// startDisplay takes standard error over.
func (w *work) startDisplay() {
	a, s := w.app, w.settings
	a.jsonLog = s.logFormat == "json"
	terminal := isTerminal(a.stderr)
	kind := s.progress
	if kind == "" || kind == "auto" {
		if kind = "plain"; terminal && !a.jsonLog && a.getenv("TERM") != "dumb" {
			kind = "bar"
		}
	}
	var bar func(progressView) string
	var plain func(progressView)
	var handler slog.Handler
	level := s.logLevel
	if s.quiet {
		kind = "none"
		if level != "error" {
			level = "warn"
		}
	}
	switch {
	case kind == "bar" && !a.jsonLog:
		bar = func(v progressView) string { return drawBar(v, a.columns(a.stderr)) }
	case kind == "bar", kind == "plain":
		plain = func(v progressView) { _ = logProgress(handler, v) } // a display takes every line
	}
	w.display = newDisplay(a.stderr, a.crash, bar, plain)
	w.display.leftOut(a.jsonLog)
	handler = newLogHandler(w.display, s.logFormat, level, terminal, a.color(a.stderr))
	w.log = slog.New(handler)
}

// warn tells what was found before there was a log.
func (w *work) warn() {
	for _, text := range append(w.app.stray, w.settings.warnings...) {
		w.log.Warn(text, "event", "settings")
	}
	w.app.stray, w.settings.warnings = nil, nil
}

// codeOf is the exit code of a run.
func codeOf(s report.Summary, err error) int {
	if err != nil {
		return exitCode(err)
	}
	return s.ExitCode
}

// conclude prints the error, the summary and its JSON, and is the error that carries the exit code.
func (a *app) conclude(s report.Summary, err error, asJSON bool) error {
	code := codeOf(s, err)
	if s.State == "" { // no job directory was opened
		return err
	}
	a.summary = &s
	if a.jsonLog {
		a.printError(err)
	} else {
		a.summarize(s, err)
	}
	if asJSON {
		if err := writeJSON(a.out, s); err != nil && code == 0 {
			return fault.New(fault.Disk, fault.Text("the import is not touched by that; its summary.json is in "+s.Job), "%w", err)
		}
	}
	return exit(code)
}

// summarize tells people how a run has ended.
func (a *app) summarize(s report.Summary, err error) {
	lines, shown := 23, s
	if err != nil {
		lines -= a.printError(err)
		shown.Error, shown.Hint = "", ""
	}
	options := report.TextOptions{Color: a.color(a.stderr), Width: min(a.columns(a.stderr), 120), Lines: lines}
	_ = shown.WriteText(a.stderr, options) // a closed standard error is no reason for another exit code
}

// tell prints a result, and is the error that carries the exit code; good: there is nothing to be mended.
func (a *app) tell(result any, asJSON, good bool, write func(io.Writer) error) error {
	var err error
	if asJSON {
		err = writeJSON(a.out, result)
	} else {
		err = write(a.out)
	}
	if err == nil && !good {
		return exit(voice{}.ExitCode(fault.Partial))
	}
	return err
}

func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// isTerminal tells whether w is a terminal.
func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// color tells whether w is a terminal that may have colours (no-color.org).
func (a *app) color(w io.Writer) bool {
	return isTerminal(w) && a.getenv("NO_COLOR") == "" && a.getenv("TERM") != "dumb"
}

// columns is the width of a terminal, also after it was resized, or what COLUMNS says, or 80.
func (a *app) columns(w io.Writer) int {
	if file, ok := w.(*os.File); ok {
		if columns, _, err := term.GetSize(int(file.Fd())); err == nil && columns > 0 {
			return columns
		}
	}
	if n, err := strconv.Atoi(a.getenv("COLUMNS")); err == nil && n > 0 {
		return n
	}
	return 80
}

const metricsEvery = 15 * time.Second
