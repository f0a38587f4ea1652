package job

import (
	"context"

	"imimport/report"
)

// Night makes a job the night of a sync. Nothing but the sync goes on from it: what it has left to send may be
// older by now than what a later night has sent.
type Night struct {
	Next string `json:"next"` // the command that goes on: the sync, without a secret
}

// RunNight is [Run] for the night of a sync.
func RunNight(ctx context.Context, input, dir string, n Night, o Options, h Host) (report.Summary, error) {
	return begin(ctx, []string{input}, dir, &n, o, h)
}

// refuseNight refuses to go on with a night by itself.
func (s *spec) refuseNight(dir string) error {
	if s.Night == nil {
		return nil
	}
	return usage("sync again, which sends what is left, and nothing that has become old: "+s.Night.Next,
		"the job in %s is a night of a sync, and cannot go on by itself", dir)
}
