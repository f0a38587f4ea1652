// Command imimport imports accounts from CSV and JSONL files into an app of the IM service, at the service's
// rate limit, and leaves a job directory in which every row is in exactly one place.
//
// # Decisions
//
// Settings: a flag's own value is set once, after flag, environment and config file are known, so that every
// fault is told at once with the place it comes from. A job that goes on keeps its own settings over the
// environment's and the config file's, so that the command that a stopped run prints does what was asked;
// flags that are given then stand over them. Of a target, only a flag speaks then, and a job refuses another.
//
// Display: one goroutine writes to standard error while a job runs; it draws a bar that progressbar renders
// into a string. The bar's percent is that of the whole job, its time left rests on this run's pace.
//
// Man pages are written by a small generator of our own: cobra's brings a Markdown converter with it.
//
// A panic ends in exit code 70 without a stack trace. One in a goroutine of a package below cannot be caught.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
)

// app is the process around a command.
type app struct {
	args           []string
	stdin          io.Reader
	stdout, stderr io.Writer
	lookup         func(string) string // nil is os.Getenv
	environ        []string

	checks  map[*cobra.Command]func(args []string) error // what commands look at before they run
	stray   []string                                     // variables that look like settings and are none
	secrets *secrets                                     // nil until they are read
}

func main() {
	a := &app{args: os.Args[1:], stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, environ: os.Environ()}
	os.Exit(a.run(context.Background()))
}

// run is the process from its arguments to its exit code.
func (a *app) run(ctx context.Context) (code int) {
	defer func() {
		if fault := recover(); fault != nil {
			printError(a.stderr, &failure{exitInternal, fmt.Errorf("internal fault: %v", fault),
				"this is a mistake in imimport; please report it with what imimport version prints. A job that was under way can be resumed"})
			code = exitInternal
		}
	}()
	a.checks = make(map[*cobra.Command]func([]string) error)
	root := newRoot(a)
	root.SetArgs(a.args)
	if len(a.args) > 0 && a.args[0] == cobra.ShellCompRequestCmd {
		plainUsages(root)
	}
	err := root.ExecuteContext(ctx)
	var said *failure
	if !errors.As(err, &said) || said.err != nil {
		printError(a.stderr, err)
	}
	return exitCode(err)
}
