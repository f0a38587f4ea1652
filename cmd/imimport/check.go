package main

import (
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"imimport/pkg/check"
	"imimport/pkg/distinct"
	"imimport/pkg/fault"
	"imimport/pkg/job"
	"imimport/pkg/lang"
	"imimport/pkg/option"
	"imimport/reader"
	"imimport/report"
)

const checkLong = `Look at every row of the files and send nothing: which rows an import would refuse and why, with the lines
where each kind comes first, which rows repeat a UserID, what --strict would refuse, and how long the import
would take.

The exit code is 1 if any row would be refused, 2 if the input itself is, 6 if it cannot be read to its end.
Any number of rows is looked at in less than 200 MB of memory; large inputs take 24 bytes a row in the directory
for temporary files (TMPDIR).

--write-valid writes the rows that would be sent, and --write-invalid the others, in the input's own columns.
Both are UTF-8, with commas; the second has the reasons in columns of its own, like failed.csv.`

const checkExample = `  imimport check users.csv
  imimport check users.csv --strict --json | jq .faults
  imimport check users.csv --write-valid good.csv --write-invalid bad.csv
  imimport check part-*.csv.gz --duplicates reject --batch 100`

func newCheckCommand(a *app) *cobra.Command {
	s := new(settings)
	var cfg check.Config
	cmd := &cobra.Command{
		Use:     "check FILE... [flags]",
		Short:   "Look at every row, send nothing, say what would be refused and why",
		Long:    checkLong,
		Example: checkExample,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage("name one or more files, or - for standard input", "no file is named")
			}
			return nil
		},
		ValidArgsFunction: completeInputs,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.check(cmd, s, cfg, args)
		},
	}
	fs := cmd.Flags()
	addFlags(fs, ofGroup(job.Table(), job.GroupRead), &s.options, job.ForCheck, "")
	addFlags(fs, checkRows, &cfg, job.ForCheck, "What is written")
	addFlags(fs, ofGroup(job.Table(), job.GroupPace), &s.options, job.ForCheck, "How the import would go")
	addFlags(fs, shownRows, s, job.ForCheck, "")
	a.checks[cmd] = func([]string) error { return s.options.Validate() }
	return cmd
}

var checkRows = []option.Row[check.Config]{
	{Key: "write-valid", Text: "write the rows that would be sent to `FILE`", Suffix: option.AnyFile,
		Binding: option.Bind(func(c *check.Config) *string { return &c.WriteValid }, option.Text)},
	{Key: "write-invalid", Text: "write the rows that would be refused to `FILE`, with the reasons", Suffix: option.AnyFile,
		Binding: option.Bind(func(c *check.Config) *string { return &c.WriteInvalid }, option.Text)},
}

// check looks at the files, prints what it found, and is the error that carries the exit code.
func (a *app) check(cmd *cobra.Command, s *settings, cfg check.Config, args []string) error {
	inputs, err := reader.Expand(args)
	if err != nil {
		return checkFailure(err)
	}
	w := a.start(cmd, s, nothingIsSent)
	cfg.Inputs, cfg.Reader = inputs, s.options.ReaderConfig()
	cfg.Reader.Stdin, cfg.Reader.Progress = a.stdin, w.display.scan
	cfg.RejectDuplicates = s.options.Counts() == distinct.First
	cfg.PerSecond = s.options.AccountsPerSecond()
	result, err := check.Run(w.signals.ctx, cfg)
	if err = w.end(err); err != nil {
		return checkFailure(err)
	}
	return a.tell(result, s.json, result.Invalid == 0, func(out io.Writer) error {
		if err := writeCheck(out, result); err != nil {
			return err
		}
		return s.sayImport(a, cmd, out, result)
	})
}

// sayImport names the command that imports the valid rows, where they need a flag of their own.
func (s *settings) sayImport(a *app, cmd *cobra.Command, w io.Writer, result *check.Result) error {
	run := fault.Do(fault.Run, result.WroteValid)
	for _, field := range slices.Sorted(maps.Keys(s.options.Map)) {
		run = run.With("map", field+"="+s.options.Map[field])
	}
	for _, text := range s.options.Words.Texts() {
		run = run.With("value", text)
	}
	if s.options.UUID != "" {
		run = run.With("uuid", s.options.UUID)
	}
	if result.Format == "jsonl" { // whose objects are written as they are
		if s.options.Trim {
			run = run.With("trim", "")
		}
		for _, text := range s.options.Null {
			run = run.With("null", text)
		}
	}
	if result.WroteValid == "" || len(run.Options) == 0 {
		return nil
	}
	if f := layerOf(cmd.Flag(configFlag)); f.from.layer == byFlag {
		run = run.With(configFlag, f.typed[len(f.typed)-1])
	} else {
		run.Options = append(run.Options, a.target()...)
	}
	return sayCommand(w, "To import them:", run)
}

// target are the options of a target for a command that knows none, as far as the environment does not name it.
func (a *app) target() (options []fault.Option) {
	for _, o := range []struct {
		key, blank string
		variables  []string
	}{
		{"region", report.BlankRegion, []string{variable("region"), variable("endpoint"), variable("sandbox")}},
		{"sdkappid", report.BlankApp, []string{variable("sdkappid"), variable("sandbox")}},
		{secretKeyFlag, report.BlankKey, []string{secretKeyVariable, userSigVariable, variable(secretKeyFlag), variable(userSigFlag), variable("sandbox")}},
	} {
		if !slices.ContainsFunc(o.variables, func(name string) bool { return a.getenv(name) != "" }) {
			options = append(options, fault.Option{Key: o.key, Value: o.blank})
		}
	}
	return options
}

// sayCommand prints what a command is for, and the command on a line of its own.
func sayCommand(w io.Writer, purpose string, c fault.Command) error {
	text := voice{}.Command(c)
	if blanks := report.Blanks(lang.English, text); blanks != "" {
		purpose = blanks + "\n" + purpose
	}
	_, err := fmt.Fprintf(w, "%s\n%s\n", purpose, text)
	return err
}

// checkFailure is an error of a check as a fault.
func checkFailure(err error) error { return fault.As(fault.Disk, err) }
