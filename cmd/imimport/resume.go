package main

import (
	"context"

	"github.com/spf13/cobra"

	"imimport/pkg/job"
	"imimport/pkg/option"
	"imimport/report"
)

const resumeLong = `Go on with a job that stopped, however it stopped. No flags are needed but the secret's.

A job keeps what it was asked to do. Flags that are given now stand over that; environment and config file only
fill in what the job was not asked. The same target and input may be named again, others are refused. A complete
job goes on when its input has grown. The user and the query of a URL may be secret and are not kept: such an input is
named once more, behind the job.`

const retryLong = `Send again the rows of a finished job that failed or met the quota. Each moves from its outcome file to the one
it then belongs to. Rows that were never sent (class invalid) stay: mend them in failed.csv and import that file. A
job that is not finished goes on first. Flags are as in imimport resume.`

func newResumeCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "resume JOB [flags]",
		Short:   "Go on with a job that stopped, however it stopped",
		Long:    resumeLong,
		Example: "  imimport resume users.csv.import\n  imimport resume users.csv.import --rate 100 --max-duration 2h",
	}
	return goOnCommand(a, cmd, job.ForResume, func(ctx context.Context, dir string, s *settings, h job.Host) (report.Summary, error) {
		return job.Resume(ctx, dir, s.overlay, h)
	}, func(ctx context.Context, dir string, s *settings, h job.Host) (job.Forecast, error) {
		return job.DryResume(ctx, dir, s.overlay, h)
	})
}

func newRetryCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "retry JOB [flags]",
		Short:   "Send again the rows of a job that failed or met the quota",
		Long:    retryLong,
		Example: "  imimport retry users.csv.import\n  imimport retry users.csv.import --only quota",
	}
	return goOnCommand(a, cmd, job.ForResume|forRetry, func(ctx context.Context, dir string, s *settings, h job.Host) (report.Summary, error) {
		return job.Retry(ctx, dir, s.only, s.overlay, h)
	}, func(_ context.Context, dir string, s *settings, h job.Host) (job.Forecast, error) {
		return job.DryRetry(dir, s.only, s.overlay, h)
	})
}

// goOn goes on with the job in dir; T is how it ended, or what it would do.
type goOn[T any] func(ctx context.Context, dir string, s *settings, h job.Host) (T, error)

// goOnCommand makes a command of one that goes on with a job.
func goOnCommand(a *app, cmd *cobra.Command, command option.Set, do goOn[report.Summary], forecast goOn[job.Forecast]) *cobra.Command {
	s := new(settings)
	cmd.Args, cmd.ValidArgsFunction = oneJob, completeJobs
	s.addTargetFlags(cmd.Flags(), command)
	s.addWorkFlags(cmd.Flags(), command)
	a.checks[cmd] = func(args []string) error { return s.checkAgain(args) }
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if s.dryRun {
			return a.forecast(cmd, s, func(ctx context.Context, h job.Host) (job.Forecast, error) {
				h.Inputs = args[1:]
				return forecast(ctx, args[0], s, h)
			})
		}
		return a.work(cmd, s, args[0], func(ctx context.Context, h job.Host) (report.Summary, error) {
			h.Inputs = args[1:]
			return do(ctx, args[0], s, h)
		})
	}
	return cmd
}
