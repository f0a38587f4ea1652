package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"imimport/pkg/job"
	"imimport/report"
)

// dryRun is a command that sends nothing.
func (a *app) dryRun(cmd *cobra.Command, s *settings, do func(context.Context, job.Host) (any, string, error)) error {
	w := a.start(cmd, s, nothingIsSent)
	result, text, err := do(w.signals.ctx, w.host())
	if err = w.end(err); err != nil {
		return err
	}
	return a.tell(result, s.json, true, func(out io.Writer) error {
		_, err := io.WriteString(out, text)
		return err
	})
}

// forecast is a dry run of a job.
func (a *app) forecast(cmd *cobra.Command, s *settings, do func(context.Context, job.Host) (job.Forecast, error)) error {
	return a.dryRun(cmd, s, func(ctx context.Context, h job.Host) (any, string, error) {
		f, err := do(ctx, h)
		text := ""
		if f.First != nil {
			text = "the first row: " + accountText(f.First.UserID, f.First.Nick, f.First.FaceURL, f.First.Profile) + "\n"
		}
		return f, text + fmt.Sprintf("%s would be read: %d sent, %d invalid; %s; nothing was sent\n", report.Counted(f.Rows, "row", "rows"), f.Send, f.Invalid, takes(f.Send, f.Seconds)), err
	})
}

// takes says how long sending lasts.
func takes(rows int64, seconds float64) string {
	switch {
	case rows == 0:
		return "no time"
	case seconds == 0:
		return "how long is not known without a limit"
	}
	d := time.Duration(seconds * float64(time.Second))
	if d >= time.Minute {
		return "about " + d.Round(time.Second).String()
	}
	return "about " + d.Round(100*time.Millisecond).String()
}
