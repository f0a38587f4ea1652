package main

import (
	"context"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"imimport/pkg/job"
	"imimport/report"
)

const retryLong = `Send again the rows of a finished job that failed or met the quota. Each moves from its outcome file to the one
it then belongs to. A job that is not finished goes on first. Flags are as in imimport resume.`

func newRetryCommand(a *app) *cobra.Command {
	s := new(settings)
	cmd := &cobra.Command{
		Use:               "retry JOB [flags]",
		Short:             "Send again the rows of a job that failed or met the quota",
		Long:              retryLong,
		Example:           "  imimport retry users.csv.import\n  imimport retry users.csv.import --only quota",
		Args:              oneJob,
		ValidArgsFunction: completeJobs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if s.dryRun {
				return a.forecast(cmd, s, func(ctx context.Context, h job.Host) (job.Forecast, error) {
					h.Inputs = args[1:]
					return job.DryRetry(ctx, args[0], s.only, s.overlay, h)
				})
			}
			return a.work(cmd, s, args[0], func(ctx context.Context, h job.Host) (report.Summary, error) {
				h.Inputs = args[1:]
				return job.Retry(ctx, args[0], s.only, s.overlay, h)
			})
		},
	}
	grouped(cmd.Flags(), "Which rows", func(fs *pflag.FlagSet) {
		define(fs, &s.only, "only", "all", "`ROWS` is failed, quota or all", parseChoice("failed", "quota", "all"))
	})
	s.addJobFlags(cmd)
	a.checks[cmd] = func(args []string) error { return s.checkAgain(args) }
	return cmd
}
