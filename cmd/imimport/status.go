package main

import (
	"cmp"

	"github.com/spf13/cobra"

	"imimport/pkg/job"
	"imimport/report"
)

const statusLong = `Tell where a job stands, running or not. It looks at the last checkpoint, about a second old while the job
runs, and disturbs nobody. The exit code is 0 whenever the job could be looked at.`

func newStatusCommand(a *app) *cobra.Command {
	var asJSON bool
	var o job.Options
	cmd := &cobra.Command{
		Use:               "status JOB",
		Short:             "Where a job stands, running or not",
		Long:              statusLong,
		Example:           "  imimport status users.csv.import\n  imimport status users.csv.import --json | jq .rows",
		Args:              oneJob,
		ValidArgsFunction: completeJobs,
		RunE:              func(*cobra.Command, []string) error { return nil },
	}
	addSwitch(cmd.Flags(), &asJSON, "json", "print the summary as JSON")
	addFlags(cmd.Flags(), ofGroup(job.Table(), job.GroupShown), &o, job.ForRun, "")
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		if len(args) > 1 {
			return usage("", "one job at a time, and there is %q too", args[1])
		}
		s, err := job.Status(args[0], voice{})
		switch {
		case err != nil:
			return err
		case asJSON:
			return writeJSON(a.out, s)
		}
		s.Lang = cmp.Or(o.Lang, s.Lang)
		return s.WriteText(a.out, report.TextOptions{Color: a.color(a.stdout), Width: min(a.columns(a.stdout), 120)})
	}
	return cmd
}
