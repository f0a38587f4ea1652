package report

import "imimport/pkg/fault"

// The words that stand in tables. Whole sentences are where they are built, headings in report.html.

// stopWords say why a job stopped.
var stopWords = map[fault.Kind]string{
	fault.Usage:       "the settings are wrong",
	fault.Errors:      "too many rows failed",
	fault.Quota:       "the service's quota is met",
	fault.Refused:     "the service refuses this app, admin, key, region or address",
	fault.Input:       "the input cannot be read on",
	fault.Disk:        "the job directory cannot be written",
	fault.Limit:       "the row limit is reached",
	fault.Duration:    "the time limit is reached",
	fault.Interrupted: "interrupted",
	fault.Killed:      "killed",
	fault.Internal:    "a mistake in the program",
}

// outcomeWords are the rows of the page's table of outcomes, by class of style.
var outcomeWords = []struct{ class, name, note string }{
	{"ok", "Succeeded", "Accepted by the service."},
	{"failed", "Failed", "Refused before sending, refused by the service, or out of attempts."},
	{"quota", "Quota exceeded", "The app was at its account limit."},
	{"unsent", "Not attempted", "Read, and without an outcome yet. Resuming the job sends them."},
}

// attemptWords name what became of an attempt, in the order in which the plot stacks them.
var attemptWords = []struct {
	kind        AttemptKind
	class, name string
}{
	{AttemptOK, "ok", "accepted"},
	{AttemptFailed, "refused", "refused"},
	{AttemptRetry, "retried", "failed for now"},
	{AttemptThrottled, "throttled", "throttled"},
}

// percentileWords name the lines of the plot of response times.
var percentileWords = []struct {
	share       float64
	class, name string
}{{0.5, "p50", "half within"}, {0.95, "p95", "95 of 100 within"}, {0.99, "p99", "99 of 100 within"}}

// eventWords name the marks that begin an event.
var eventWords = map[MarkKind]struct{ what, class string }{
	MarkStart:         {"Run began", "start"},
	MarkStop:          {"Run ended", "stop"},
	MarkKill:          {"Process killed or crashed", "stop"},
	MarkThrottleBegin: {"Throttled", "throttled"},
	MarkOutageBegin:   {"Outage", "outage"},
	MarkQuota:         {"Quota met", "quota"},
}
