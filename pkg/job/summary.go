package job

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"imimport/pkg/checkpoint"
	"imimport/pkg/im"
	"imimport/report"
)

// summary is the job as j.state has it.
func (j *job) summary(state string) report.Summary {
	s := summarize(j.spec, &j.state, state, j.dir.path)
	s.Target = report.Target{Endpoint: j.options.Target.Endpoint, SDKAppID: j.options.Target.SDKAppID, Identifier: j.options.Target.Identifier}
	s.Settings = j.options.settings()
	s.Settings["format"] = j.spec.Dialect.Format
	s.Rate.Limit = j.options.RequestRate()
	return s
}

func summarize(spec *spec, c *checkpoint.State, state, dir string) report.Summary {
	t := spec.Options.Target
	n := c.Counters
	s := report.Summary{
		State: state, StopReason: c.StopReason, ExitCode: c.ExitCode,
		Rows: report.Rows{Read: n.Read, Succeeded: c.Tally.Succeeded, Failed: c.Tally.Failed,
			QuotaExceeded: c.Tally.QuotaExceeded, NotAttempted: n.Read - c.Tally.Settled()},
		Requests: n.Requests, Retries: n.Retries, Throttle: n.Throttled,
		ByCode:    c.Tally.ByCode(explain),
		Rate:      report.Rate{Limit: spec.Options.RequestRate(), WorstSecond: n.WorstSecond},
		StartedAt: n.StartedAt, EndedAt: c.SavedAt, ElapsedSeconds: n.Elapsed.Seconds(), Runs: n.Runs, Passes: c.Pass,
		Input:  report.Input{Files: spec.names(), BytesTotal: n.BytesTotal, BytesDone: n.BytesDone},
		Target: report.Target{Endpoint: t.Endpoint, SDKAppID: t.SDKAppID, Identifier: t.Identifier},
		Job:    dir, Error: c.LastError, Hint: c.Hint, Settings: spec.Options.settings(),
		Commands: report.Commands{Import: "imimport run " + quote(filepath.Join(dir, spec.layout().Name(report.Failed))), Verify: "imimport verify " + quote(dir)},
	}
	s.Settings["format"] = spec.Dialect.Format
	if s.Rate.Mean = float64(n.Requests); n.Sending > time.Second { // from the first request of a run to its last
		s.Rate.Mean = float64(n.Requests-int64(n.Runs)) / n.Sending.Seconds()
	}
	if n.Requests > 0 {
		s.Rate.AccountsPerSecond = s.Rate.Mean * float64(n.Accounts) / float64(n.Requests)
	}
	switch {
	case state == "running":
		s.StopReason, s.ExitCode, s.EndedAt, s.Error, s.Hint = "", 0, time.Now(), "", ""
	case state == "stopped":
		s.Next = spec.resume(dir)
	case c.ExitCode == exitFailed: // what is left of a night
		s.Next = spec.resume(dir)
	case s.Rows.Failed+s.Rows.QuotaExceeded > 0:
		s.ExitCode = exitFailed
		if s.Next = "imimport retry " + quote(dir); spec.Sync != nil {
			s.Next = spec.Sync.Next
		}
		if !worthSending(s) {
			s.Next = ""
		}
	}
	return s
}

// worthSending tells whether sending again can change something: not for rows that are refused for what they are.
func worthSending(s report.Summary) bool {
	return slices.ContainsFunc(s.ByCode, func(c report.CodeRows) bool { return c.Class == "transient" || c.Class == "quota" })
}

const sendAgain = "send them again: imimport retry, or the next imimport sync"

// explain is what a code means, and what to do.
func explain(key report.CodeKey) (meaning, remedy string) {
	switch {
	case key.Class == "invalid":
		return "refused before sending: the row breaks a rule of the service", "mend the rows in the failed file and import that file"
	case key.Class == "duplicate":
		return "another row of the same UserID counts", "nothing, if the other row is the right one"
	case key.Code == 0:
		return "no valid answer: the network, a proxy or the service", sendAgain
	case key.Class == "transient" && key.Code < 600:
		return fmt.Sprintf("HTTP status %d instead of an answer", key.Code), sendAgain
	}
	c := im.Lookup(key.Code)
	return c.Meaning, c.Remedy
}

// concluded is the summary of a complete job, written once more: a kill or a full disk at its very end may have left
// an older one.
func (j *job) concluded() report.Summary {
	s := j.summary("complete")
	j.save(s)
	return s
}

// save writes summary.json, the history and the page. They are for people: a job whose disk is full says so
// by its exit code and its last line, and is resumable without them.
func (j *job) save(s report.Summary) {
	content, err := json.MarshalIndent(s, "", "  ")
	if err == nil {
		err = checkpoint.WriteFile(j.dir.fs, summaryName, append(content, '\n'))
	}
	if content, marshalErr := json.Marshal(j.history); marshalErr == nil && err == nil {
		err = checkpoint.WriteFile(j.dir.fs, historyName, content)
	}
	if s.State != "running" && err == nil {
		var page bytes.Buffer
		if err = report.WriteHTML(&page, s, j.history); err == nil {
			err = checkpoint.WriteFile(j.dir.fs, pageName, page.Bytes())
		}
	}
	if err != nil {
		j.host.Log.Warn("cannot write the summary: "+err.Error(), "event", "summary.failed")
	}
}
