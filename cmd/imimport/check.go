package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"imimport/pkg/check"
	"imimport/pkg/fault"
	"imimport/pkg/job"
	"imimport/reader"
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
	s.addReadFlags(cmd.Flags())
	grouped(cmd.Flags(), "What is written", func(fs *pflag.FlagSet) {
		define(fs, &cfg.WriteValid, "write-valid", "", "write the rows that would be sent to `FILE`", parseText)
		define(fs, &cfg.WriteInvalid, "write-invalid", "", "write the rows that would be refused to `FILE`, with the reasons", parseText)
	})
	borrow(cmd.Flags(), "How the import would go", s.addPaceFlags, "rate", "burst", "headroom", "batch")
	borrow(cmd.Flags(), "What is shown", s.addDisplayFlags, "progress", "log-level", "log-format")
	grouped(cmd.Flags(), "What is shown", func(fs *pflag.FlagSet) {
		defineSwitch(fs, &s.json, "json", "print the result as JSON")
	})
	a.checks[cmd] = func([]string) error { return s.options.Validate() }
	return cmd
}

// borrow adds some of the flags that add defines.
func borrow(fs *pflag.FlagSet, title string, add func(*pflag.FlagSet), names ...string) {
	all := pflag.NewFlagSet(title, pflag.ContinueOnError)
	add(all)
	grouped(fs, title, func(fs *pflag.FlagSet) {
		for _, name := range names {
			fs.AddFlag(all.Lookup(name))
		}
	})
}

// check looks at the files, prints what it found, and is the error that carries the exit code.
func (a *app) check(cmd *cobra.Command, s *settings, cfg check.Config, args []string) error {
	inputs, err := reader.Expand(args)
	if err != nil {
		return checkFailure(err)
	}
	w := &work{app: a, settings: s}
	w.startDisplay()
	defer w.display.close()
	w.warn()
	signals := watchSignals(cmd.Context(), func(string) {}, func() bool { return false })
	cfg.Inputs, cfg.Reader = inputs, s.options.ReaderConfig()
	cfg.Reader.Stdin, cfg.Reader.Progress = job.Interruptible(signals.ctx, a.stdin), w.display.scan
	cfg.RejectDuplicates = s.options.Duplicates == "reject"
	cfg.PerSecond = s.options.AccountsPerSecond()
	result, err := check.Run(signals.ctx, cfg)
	interrupted := signals.interrupted()
	signals.release()
	w.display.close()
	switch {
	case err != nil && interrupted:
		return &failure{exitInterrupted, errors.New("interrupted"), ""}
	case err != nil:
		return checkFailure(err)
	case s.json:
		err = writeJSON(a.stdout, result)
	default:
		if err = writeCheck(a.stdout, result); err == nil {
			err = s.sayImport(a.stdout, result)
		}
	}
	switch {
	case err != nil:
		return &failure{exitDisk, fmt.Errorf("write result to standard output: %w", err), ""}
	case result.Invalid > 0:
		return &failure{code: exitSomeFailed}
	}
	return nil
}

// sayImport names the command that imports the valid rows, where they need a flag of their own.
func (s *settings) sayImport(w io.Writer, result *check.Result) error {
	words := []string{"imimport", "run", result.WroteValid}
	for _, field := range slices.Sorted(maps.Keys(s.options.Map)) {
		words = append(words, "--map", field+"="+s.options.Map[field])
	}
	if s.options.Trim && result.Format == "jsonl" {
		words = append(words, "--trim")
	}
	if result.WroteValid == "" || len(words) == 3 {
		return nil
	}
	_, err := fmt.Fprintf(w, "To import them: %s, and where they go.\n", shellWords(words...))
	return err
}

const (
	exitSomeFailed = 1
	exitDisk       = 6
)

// checkFailure is an error of a check with its exit code.
func checkFailure(err error) error {
	if fault.KindOf(err) == fault.Usage {
		return &failure{exitUsage, err, ""}
	}
	return &failure{exitDisk, err, ""}
}
