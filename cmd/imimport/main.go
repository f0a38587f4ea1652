// Command imimport imports accounts from CSV and JSONL files into an app of the IM service, at the service's
// rate limit, and leaves a job directory in which every row is in exactly one place.
//
// # The ways through
//
// A row, from file to outcome: reader.Read cuts it from its file and holds it against the rules; importer.Run puts it
// into its window and hands it to the lane of its command; a worker makes one attempt (im.Client); the answer's class
// decides what becomes of it; the row's outcome is appended to one of three files (report.Files), counted in the tally,
// and counts once a checkpoint is on the disk (job.work, checkpoint.Save).
//
// A flag, to where it acts: job.Table has a row for it; [addFlags] makes the flag of the row; [app.resolve] sets the
// field of job.Options from flag, environment or config file; the place that uses the field reads it there. For a job
// that goes on, Options.Overlay puts it over the job's own.
//
// A full disk, to the terminal: report.Files or checkpoint.Save fails; the importer stops with a fault of the kind
// Disk; job.end leaves what counts and returns the fault; [app.conclude] prints it with its hint ([app.printError]) and
// [voice.ExitCode] makes 6 of it.
//
// # Decisions
//
// Settings: a flag's own value is set once, after flag, environment and config file are known, so that every
// fault is told at once with the place it comes from. The layering is our own: koanf forgets which source a key came
// from, kong stops at the first fault, and both are needed here.
//
// Display: one goroutine writes to standard error while a job runs; it draws a bar that progressbar renders
// into a string. The bar's percent is that of the whole job, its time left rests on this run's pace.
//
// Man pages are written by a small generator of our own: cobra's brings a Markdown converter with it.
//
// A panic in any goroutine ends in exit code 70, without a stack trace and with the job in order: see package fault.
package main

import (
	"context"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"imimport/pkg/fault"
	"imimport/report"
)

// app is the process around a command.
type app struct {
	args           []string
	stdin          io.Reader
	stdout, stderr io.Writer
	out            io.Writer           // stdout, for data
	lookup         func(string) string // nil is os.Getenv
	environ        []string
	started        time.Time

	checks  map[*cobra.Command]func(args []string) error // what commands look at before they run
	asked   *fault.Command                               // the command line, once it is parsed
	stray   []string                                     // variables that look like settings and are none
	secrets *secrets                                     // nil until they are read
	summary *report.Summary                              // of the run, once it has ended
	ran     bool                                         // the command has a log
	jsonLog bool                                         // every line on standard error is JSON
	held    *held                                        // of a quiet run, else nil
	taken   func()                                       // gives the signals of the start up, which a run takes over; nil: nobody has them
	crash   *crash                                       // of a goroutine of ours
}

func main() {
	a := &app{args: os.Args[1:], stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, environ: os.Environ(), started: time.Now()}
	a.catchEarly()
	os.Exit(a.run(context.Background()))
}

// run is the process from its arguments to its exit code.
func (a *app) run(ctx context.Context) (code int) {
	defer func() {
		if cause := recover(); cause != nil {
			code = a.end(fault.Panicked(cause))
		}
	}()
	a.jsonLog = a.asksForJSON()
	a.checks, a.crash = make(map[*cobra.Command]func([]string) error), newCrash()
	out := &dataOut{Writer: a.stdout}
	a.out = out
	root := newRoot(a)
	root.SetArgs(a.args)
	if len(a.args) > 0 && a.args[0] == cobra.ShellCompRequestCmd {
		plainUsages(root)
	}
	err := root.ExecuteContext(ctx)
	if err == nil {
		err = out.err
	}
	return a.end(a.crash.instead(err))
}

// dataOut is standard output. What it does not take is a fault of the disk, also where a command does not look: its
// data is what people asked for.
type dataOut struct {
	io.Writer
	err error // the first
}

func (d *dataOut) Write(b []byte) (int, error) {
	n, err := d.Writer.Write(b)
	if err != nil {
		err = fault.New(fault.Disk, fault.Hint{}, "write to standard output: %w", err)
		if d.err == nil {
			d.err = err
		}
	}
	return n, err
}
