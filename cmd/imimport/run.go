package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"imimport/pkg/job"
	"imimport/report"
)

const runLong = `Import the rows of CSV or JSONL files, and leave a job directory with what became of each row.

The input is looked at before the first request, and nothing is sent on a guess. Ctrl-C finishes what is in
flight, a second one stops at once. Whatever stops it, imimport resume goes on, and no row is lost or counted twice.

FILE may be - (standard input) or an https URL; also .gz, .zst and .xlsx.`

const runExample = `  imimport run --sandbox users.csv
  imimport run users.csv --region china --sdkappid 1400000000 --secret-key-file key.txt
  imimport run users.csv --config imimport.yaml --max-errors 1% --progress plain
  zcat dump.jsonl.gz | imimport run - --format jsonl --job dump.import`

func newRunCommand(a *app) *cobra.Command {
	s := new(settings)
	cmd := &cobra.Command{
		Use:     "run FILE... [flags]",
		Short:   "Import the files' rows; makes a job directory",
		Long:    runLong,
		Example: runExample,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage("name one or more files, or - for standard input; to see it work: imimport run --sandbox users.csv", "no file is named")
			}
			return nil
		},
		ValidArgsFunction: completeInputs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if s.dryRun {
				return a.forecast(cmd, s, func(ctx context.Context, h job.Host) (job.Forecast, error) {
					return job.DryRun(ctx, args, s.dir, s.options, h)
				})
			}
			dir := s.dir
			if dir == "" {
				dir = job.DefaultDir(args[0])
			}
			return a.work(cmd, s, dir, func(ctx context.Context, h job.Host) (report.Summary, error) {
				return job.Run(ctx, args, s.dir, s.options, h)
			})
		},
	}
	s.addTargetFlags(cmd.Flags(), job.ForRun)
	s.addWorkFlags(cmd.Flags(), job.ForRun)
	a.checks[cmd] = func(args []string) error { return errors.Join(s.check(a, args), s.checkMetricsInputs(args)) }
	return cmd
}
