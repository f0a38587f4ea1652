package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"time"

	"github.com/spf13/cobra"

	"imimport/pkg/job"
	"imimport/report"
)

const statusLong = `Tell where a job stands, running or not. It looks at the last checkpoint, about a second old while the job
runs, and disturbs nobody. The directory of a sync's state stands for its last job. The exit code is 0 whenever the
job could be looked at.

--watch looks every two seconds, until the job does not run any more; with --json, each look is a line.`

const watchEvery = 2 * time.Second

func newStatusCommand(a *app) *cobra.Command {
	var asJSON, watch bool
	var o job.Options
	cmd := &cobra.Command{
		Use:               "status JOB",
		Short:             "Where a job stands, running or not",
		Long:              statusLong,
		Example:           "  imimport status users.csv.import\n  imimport status users.csv.import --json | jq .rows\n  imimport status /var/lib/imimport --watch",
		Args:              oneJob,
		ValidArgsFunction: completeJobs,
	}
	addSwitch(cmd.Flags(), &asJSON, "json", "print the summary as JSON")
	addSwitch(cmd.Flags(), &watch, "watch", "look again every 2 s, until the job does not run any more")
	addFlags(cmd.Flags(), ofGroup(job.Table(), job.GroupShown), &o, job.ForRun, "")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) > 1 {
			return usage("", "one job at a time, and there is %q too", args[1])
		}
		for {
			s, err := job.Status(args[0], voice{})
			if err == nil {
				s.Lang = cmp.Or(o.Lang, s.Lang)
				err = a.showStatus(s, asJSON, watch)
			}
			if err != nil || !watch || s.State != "running" {
				return err
			}
			select {
			case <-cmd.Context().Done():
				return cmd.Context().Err()
			case <-time.After(watchEvery):
			}
		}
	}
	return cmd
}

// showStatus prints how a job stands: when it is watched on a terminal, in the place of the last look.
func (a *app) showStatus(s report.Summary, asJSON, watch bool) error {
	switch {
	case asJSON && watch:
		return json.NewEncoder(a.out).Encode(s)
	case asJSON:
		return writeJSON(a.out, s)
	}
	var b bytes.Buffer
	if watch && isTerminal(a.stdout) {
		b.WriteString("\x1b[H\x1b[J")
	}
	if err := s.WriteText(&b, report.TextOptions{Color: a.color(a.stdout), Width: min(a.columns(a.stdout), 120)}); err != nil {
		return err
	}
	if watch && s.State == "running" && !isTerminal(a.stdout) {
		b.WriteByte('\n')
	}
	_, err := a.out.Write(b.Bytes())
	return err
}
