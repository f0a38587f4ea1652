package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"imimport/pkg/job"
	"imimport/report"
)

// Exit codes, beside those that a job ends with.
const (
	exitUsage       = 2
	exitInterrupted = 130
	exitInternal    = 70 // a fault of this program: EX_SOFTWARE of sysexits.h
)

// failure is an error with the exit code of the process and, where there is one, what to do.
type failure struct {
	code int
	err  error // nil: all is said already
	hint string
}

func (f *failure) Error() string {
	if f.err == nil {
		return fmt.Sprintf("exit code %d", f.code)
	}
	return f.err.Error()
}
func (f *failure) Unwrap() error { return f.err }

func usage(hint, format string, args ...any) *failure {
	return &failure{exitUsage, fmt.Errorf(format, args...), hint}
}

// exitCode is the one place that turns an error into an exit code.
func exitCode(err error) int {
	var own *failure
	var jobs *job.Error
	switch {
	case err == nil:
		return 0
	case errors.As(err, &own):
		return own.code
	case errors.As(err, &jobs):
		return jobs.Code
	}
	return exitUsage
}

// printError writes each fault and each hint in a line of its own, and tells how many.
func printError(w io.Writer, err error) (lines int) {
	var faults, hints []string
	collect(err, &faults, &hints)
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

// hinter is an error of a package below with what to do about it.
type hinter interface{ Hint() string }

// collect walks an error down to the faults that are joined in it.
func collect(err error, faults, hints *[]string) {
	switch e := err.(type) { //nolint:errorlint // it is the tree that is walked, level by level
	case nil:
	case *failure:
		collect(e.err, faults, hints)
		*hints = appendText(*hints, e.hint)
	case *job.Error:
		collect(e.Err, faults, hints)
		*hints = appendText(*hints, e.Hint)
	case interface{ Unwrap() []error }:
		if !isJoin(err) {
			*faults = append(*faults, err.Error())
			return
		}
		for _, one := range e.Unwrap() {
			collect(one, faults, hints)
		}
	default:
		*faults = append(*faults, err.Error())
		var h hinter
		if errors.As(err, &h) {
			*hints = appendText(*hints, h.Hint())
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

func appendText(list []string, text string) []string {
	if text == "" {
		return list
	}
	return append(list, text)
}
