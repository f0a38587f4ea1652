package main

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"imimport/pkg/fault"
	"imimport/pkg/job"
	"imimport/pkg/option"
	"imimport/pkg/verify"
	"imimport/reader"
	"imimport/report"
)

const verifyLong = `Ask the service whether the accounts are there: those of every row that a job has down as succeeded, or of every
row of files. 100 accounts a call, within the 100 calls a second that the service allows an app.

missing.csv has the rows whose accounts are not there. --profiles compares Nick, FaceUrl and the columns of the
profile too, as far as a row gives them, and writes different.csv, with _service_nick and _service_face_url. Both
are made in the directory of --out, by default the job's directory, or the current one for files; .jsonl for JSONL.
They look like a job's outcome files, and can be imported as they are.

Of a UserID that is there again only the row that counts is asked about, compared and written: the last, in a job by
_row; with --duplicates reject the first. The others are counted as repeated. So missing.csv and different.csv have a
UserID once, and to import them makes the accounts what the rows that count say. The inputs are read twice; standard
input is copied to a temporary file in the directory of --out.

An account for which the service gives a code in place of an answer is not known: it is asked about again where the
code is a transient one, and is in neither file.

The exit code is 0 where the service agrees, and 1 where it does not, where rows are invalid and where something is
not known. What was broken off starts again from the beginning.`

const verifyExample = `  imimport verify users.csv.import
  imimport verify users.csv.import --profiles --json
  imimport verify users.csv --region china --sdkappid 1400000000 --secret-key-file key.txt`

type verifyOptions struct {
	settings
	profiles bool
	out      string
	settled  *job.Outcomes // of a job; nil for files
}

func newVerifyCommand(a *app) *cobra.Command {
	v := new(verifyOptions)
	cmd := &cobra.Command{
		Use:     "verify JOB | FILE... [flags]",
		Short:   "Ask the service whether the accounts are there",
		Long:    verifyLong,
		Example: verifyExample,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage("name a job directory, or one or more files", "nothing is named to verify")
			}
			return nil
		},
		ValidArgsFunction: completeInputs,
		RunE:              func(cmd *cobra.Command, args []string) error { return a.verify(cmd, v, args) },
	}
	fs := cmd.Flags()
	v.addTargetFlags(fs, job.ForVerify)
	addFlags(fs, verifyRows, v, job.ForVerify, "")
	addFlags(fs, ofGroup(job.Table(), job.GroupPace), &v.options, job.ForVerify, groupAsked)
	addFlags(fs, ofGroup(job.Table(), job.GroupRead), &v.options, job.ForVerify, "")
	addFlags(fs, shownRows, &v.settings, job.ForVerify, "")
	a.checks[cmd] = func(args []string) error { return v.check(a, args) }
	return cmd
}

const groupAsked = "How it is asked"

var verifyRows = []option.Row[verifyOptions]{
	{Key: "profiles", Group: "What is asked", Text: "compare Nick, FaceUrl and what else is mapped of the profile (portrait_get, 200 calls a second)",
		Binding: option.BindSwitch(func(v *verifyOptions) *bool { return &v.profiles })},
	{Key: "out", Group: "What is asked", Text: "`DIR` for missing.csv and different.csv", Default: "the job's directory, or the current one", Suffix: option.Directories,
		Binding: option.Bind(func(v *verifyOptions) *string { return &v.out }, option.Text)},
	{Key: "rate", Group: groupAsked, Text: "calls that the service may see in any second, retries included: `N`, or none for no limit", Default: "100; profiles: 200",
		Words:   []string{"100", option.None},
		Binding: option.Bind(func(v *verifyOptions) *float64 { return &v.options.Rate }, job.Rate)},
}

// check finds out whether a job or files are meant. A job knows where its rows went.
func (v *verifyOptions) check(a *app, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if info, err := os.Stat(job.Dir(args[0])); err == nil && info.IsDir() {
		if len(args) > 1 {
			return usage("verify one job at a time, or files", "%s is a directory, and %q is named beside it", args[0], args[1])
		}
		var err error
		if v.settled, err = job.OpenOutcomes(args[0], voice{}); err != nil {
			return err
		}
		if err := v.chooseTarget(); err != nil {
			return err
		}
		was := v.settled.Options
		if err := v.overlay(&was); err != nil {
			return err
		}
		v.options.Target = was.Target
	} else if err := v.settings.check(a, args); err != nil {
		return err
	}
	if v.options.Target.Sandbox {
		return usage("to rehearse: start imimport sandbox, and name it with --endpoint", "a sandbox that lives as long as its process has no accounts to verify")
	}
	return v.options.Validate()
}

func (a *app) verify(cmd *cobra.Command, v *verifyOptions, args []string) error {
	cfg := verify.Config{Dir: v.out, Profiles: v.profiles, Rate: v.options.Rate,
		Workers: v.options.Workers, Policy: v.options.Policy(), MaxOutage: v.options.MaxOutage}
	if v.settled != nil {
		if err := v.settled.Unchanged(report.Succeeded); err != nil {
			return err
		}
		cfg.Inputs, cfg.Reader = []string{v.settled.Path(report.Succeeded)}, v.settled.ReaderConfig()
		cfg.Settled = true
		if cfg.Dir == "" {
			cfg.Dir = job.Dir(args[0])
		}
	} else {
		var err error
		if cfg.Inputs, err = reader.Expand(args); err != nil {
			return checkFailure(err)
		}
		cfg.Reader = v.options.ReaderConfig()
		cfg.Counts = v.options.Counts()
	}
	w := a.start(cmd, &v.settings, func(*display) bool { return true })
	result, err := v.ask(w, cfg)
	if err = w.end(err); fault.KindOf(err) == fault.Interrupted {
		err = fault.New(fault.Interrupted, fault.Text("start it again: it begins anew"), "interrupted")
	}
	if err != nil {
		return checkFailure(err)
	}
	return a.tell(result, v.json, result.Agrees(), func(out io.Writer) error { return v.sayVerified(out, &result, cfg.Reader.Trim) })
}

func (v *verifyOptions) ask(w *work, cfg verify.Config) (verify.Result, error) {
	client, _, err := w.connect(w.signals.ctx, v.options, max(v.options.Workers, 50))
	if err != nil {
		return verify.Result{}, err
	}
	asker, ok := client.(verify.Client)
	if !ok {
		return verify.Result{}, usage("", "this target cannot be asked")
	}
	cfg.Client, cfg.Log, cfg.Stop = asker, w.log, w.signals.stop
	cfg.Reader.Stdin, cfg.Progress = w.app.stdin, w.display.scan
	return verify.Run(w.signals.ctx, cfg)
}

// sayVerified prints the result, and how what is missing is imported; trim: its UserIDs are as they were.
func (v *verifyOptions) sayVerified(w io.Writer, r *verify.Result, trim bool) error {
	text := fmt.Sprintf("%d rows: %d there, %d missing, %d invalid", r.Rows, r.Present, r.Missing, r.Invalid)
	if r.Repeated > 0 {
		text += fmt.Sprintf(", %d repeated", r.Repeated)
	}
	if r.NotKnown > 0 {
		text += fmt.Sprintf(", %d not known", r.NotKnown)
	}
	if r.Profiles {
		text += fmt.Sprintf(", %d with another profile", r.Different)
	}
	if r.NotCompared > 0 {
		text += fmt.Sprintf(", %d not compared", r.NotCompared)
	}
	text += fmt.Sprintf(" (%d requests)\n", r.Requests)
	for _, c := range r.ByCode {
		text += fmt.Sprintf("no answer: %d rows with %d: %s\n", c.Rows, c.Code, c.Meaning)
	}
	if len(r.ByCode) > 0 {
		text += "           to ask again: the same command\n"
	}
	if r.Missing > 0 {
		text += fmt.Sprintf("missing:   %s\n", r.MissingFile)
	}
	if r.Different > 0 {
		text += fmt.Sprintf("different: %s\n", r.DifferentFile)
	}
	if _, err := io.WriteString(w, text); err != nil || r.Missing == 0 {
		return err
	}
	o := v.options
	o.Rate = 0 // that of asking
	run := o.Import(v.access(), "", r.MissingFile)
	if trim {
		run = run.With("trim", "")
	}
	return sayCommand(w, "To import what is missing:", run)
}
