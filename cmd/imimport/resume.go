package main

import (
	"context"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"imimport/pkg/job"
	"imimport/report"
)

const resumeLong = `Go on with a job that stopped, however it stopped. No flags are needed but the secret's.

A job keeps what it was asked to do. Flags that are given now stand over that; environment and config file only
fill in what the job was not asked. The same target and input may be named again, others are refused. A complete
job goes on when its input has grown. The user and the query of a URL may be secret and are not kept: such an input is
named once more, behind the job.`

func newResumeCommand(a *app) *cobra.Command {
	s := new(settings)
	cmd := &cobra.Command{
		Use:               "resume JOB [flags]",
		Short:             "Go on with a job that stopped, however it stopped",
		Long:              resumeLong,
		Example:           "  imimport resume users.csv.import\n  imimport resume users.csv.import --rate 100 --max-duration 2h",
		Args:              oneJob,
		ValidArgsFunction: completeJobs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if s.dryRun {
				return a.forecast(cmd, s, func(ctx context.Context, h job.Host) (job.Forecast, error) {
					h.Inputs = args[1:]
					return job.DryResume(ctx, args[0], s.overlay, h)
				})
			}
			return a.work(cmd, s, args[0], func(ctx context.Context, h job.Host) (report.Summary, error) {
				h.Inputs = args[1:]
				return job.Resume(ctx, args[0], s.overlay, h)
			})
		},
	}
	s.addJobFlags(cmd)
	a.checks[cmd] = func(args []string) error { return s.checkAgain(args) }
	return cmd
}

// addJobFlags are those of a job that goes on.
func (s *settings) addJobFlags(cmd *cobra.Command) {
	s.addTargetFlags(cmd.Flags())
	s.addPaceFlags(cmd.Flags())
	s.addReadFlags(cmd.Flags())
	grouped(cmd.Flags(), "The job directory", func(fs *pflag.FlagSet) {
		defineSwitch(fs, &s.options.TrustInput, "trust-input", "leave out the check that the input is unchanged up to where the job stands")
		defineSwitch(fs, &s.dryRun, "dry-run", dryRunUsage)
	})
	s.addDisplayFlags(cmd.Flags())
}
