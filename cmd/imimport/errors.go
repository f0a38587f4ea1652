package main

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"imimport/pkg/fault"
	"imimport/report"
)

// exit is an error that has been told already: the process ends with this code.
type exit int

func (e exit) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// usage is a fault of the command line or the settings.
func usage(hint, format string, args ...any) *fault.Error {
	return fault.New(fault.Usage, fault.Text(hint), format, args...)
}

// exitCode is the process's exit code for an error. What is no fault comes from the command line's parser.
func exitCode(err error) int {
	var told exit
	switch kind := fault.KindOf(err); {
	case err == nil:
		return 0
	case errors.As(err, &told):
		return int(told)
	case kind != fault.None:
		return voice{}.ExitCode(kind)
	}
	return exitUsage
}

// printError writes each fault and each hint in a line of its own, and tells how many.
func (a *app) printError(err error) (lines int) {
	w := a.stderr
	var faults, hints []string
	var v fault.Voice = voice{a.asked}
	if isTerminal(w) {
		v = terminal{voice{a.asked}}
	}
	collect(err, v, &faults, &hints)
	if a.jsonLog {
		for _, text := range faults {
			a.logLine(slog.LevelError, strings.TrimSpace(text), slog.String("event", "error"))
		}
		for _, text := range hints {
			a.logLine(slog.LevelInfo, strings.TrimSpace(text), slog.String("event", "hint"))
		}
		return 0
	}
	for _, text := range faults {
		_, _ = fmt.Fprintf(w, "imimport: error: %s\n", report.Printable(strings.TrimSpace(text))) // nobody is left to tell
	}
	for i, text := range hints {
		if !slices.Contains(hints[:i], text) {
			_, _ = fmt.Fprintf(w, "imimport: hint: %s\n", report.Printable(strings.TrimSpace(text)))
		}
	}
	return len(faults) + len(hints)
}

// collect walks an error down to the faults that are joined in it.
func collect(err error, v fault.Voice, faults, hints *[]string) {
	switch e := err.(type) { //nolint:errorlint // it is the tree that is walked, level by level
	case nil, exit:
	case *fault.Error:
		if e.Place == (fault.Place{}) {
			collect(e.Err, v, faults, hints)
		} else {
			*faults = append(*faults, e.Say(v))
		}
		if !e.Hint.IsZero() {
			*hints = append(*hints, e.Hint.Say(v))
		}
	case interface{ Unwrap() []error }:
		if !isJoin(err) {
			*faults = append(*faults, err.Error())
			return
		}
		for _, one := range e.Unwrap() {
			collect(one, v, faults, hints)
		}
	default:
		*faults = append(*faults, err.Error())
		if hint := fault.HintOf(err); !hint.IsZero() {
			*hints = append(*hints, hint.Say(v))
		}
	}
}

// isJoin tells errors.Join from a sentence that wraps several errors.
func isJoin(err error) bool {
	var texts []string
	for _, one := range err.(interface{ Unwrap() []error }).Unwrap() {
		texts = append(texts, one.Error())
	}
	return err.Error() == strings.Join(texts, "\n")
}
