package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"imimport/pkg/im"
	"imimport/pkg/job"
	"imimport/pkg/lang"
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
		return f, forecastText(f) + a.shortSig(s, f), err
	})
}

func forecastText(f job.Forecast) string {
	text := ""
	if f.First != nil {
		text = "the first row: " + accountText(f.First.UserID, f.First.Nick, f.First.FaceURL, f.First.Profile) + "\n"
	}
	text += fmt.Sprintf("%s would be read: %d sent, %d invalid; %s; nothing was sent\n", report.Counted(f.Rows, "row", "rows"), f.Send, f.Invalid, takes(f.Send, f.Seconds))
	if f.Ping != nil {
		command := voice{}.Command(*f.Ping)
		text += strings.TrimPrefix(report.Blanks(lang.English, command)+"\n", "\n") + wordNotAsked + "\n" + command + "\n"
	}
	return text
}

// shortSig is a warning of a ready UserSig that ends before the run would, "" where it does not.
func (a *app) shortSig(s *settings, f job.Forecast) string {
	if a.secrets == nil && s.userSigFile != "" && s.userSigFile != "-" { // a job that goes on
		if found, err := s.secrets(a); err == nil {
			a.secrets = &found
		}
	}
	if a.secrets == nil || a.secrets.userSig == "" {
		return ""
	}
	ends := im.UserSigEnds(a.secrets.userSig)
	lasts := time.Duration(f.Seconds * float64(time.Second))
	if ends.IsZero() || time.Now().Add(lasts).Before(ends) {
		return ""
	}
	return fmt.Sprintf(wordSigTooShort, clock(ends), report.Span(lasts)) + "\n"
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
