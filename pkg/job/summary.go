package job

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"encoding/json"
	"slices"
	"time"

	"imimport/pkg/checkpoint"
	"imimport/pkg/fault"
	"imimport/pkg/im"
	"imimport/pkg/lang"
	"imimport/report"
)

const (
	stateRunning  = "running"
	stateStopped  = "stopped"
	stateComplete = "complete"
)

// summary is the job as j.state has it.
func (j *job) summary(state string) report.Summary {
	c, o, v := &j.state, j.options.Effective(), j.host.voice()
	t, n, remedies := o.Target, c.Counters, jobVoice{v, j.retryCommand()}
	s := report.Summary{
		Lang: j.options.Lang, State: state, StopReason: c.StopReason, StopCode: c.StopCode,
		Rows: report.Rows{Read: n.Read, Succeeded: c.Tally.Succeeded, Failed: c.Tally.Failed,
			QuotaExceeded: c.Tally.QuotaExceeded, NotAttempted: n.Read - c.Tally.Settled()},
		Requests: n.Requests, Retries: n.Retries, Throttle: n.Throttled,
		ByCode: c.Tally.ByCode(func(key report.CodeKey) (string, string) {
			return explain(key, lang.English, remedies)
		}),
		Rate:      report.Rate{Limit: j.options.RequestRate(), WorstSecond: n.WorstSecond},
		StartedAt: n.StartedAt, EndedAt: c.SavedAt, ElapsedSeconds: n.Elapsed.Seconds(), Runs: n.Runs, Passes: c.Pass,
		Input:  report.Input{Files: j.spec.inputNames(), BytesTotal: n.BytesTotal, BytesDone: n.BytesDone, Columns: j.spec.Dialect.Map, NotSent: j.spec.NotSent},
		Target: report.Target{Endpoint: t.Endpoint, SDKAppID: t.SDKAppID, Identifier: t.Identifier},
		Job:    j.dir.path, Error: c.LastError, Hint: c.Hint, Settings: j.options.settings(),
		Commands: report.Commands{
			Import: v.Command(j.importMended(j.dir.file(j.spec.layout().Name(report.Failed)))),
		},
	}
	if !t.Sandbox { // whose accounts are gone
		s.Commands.Verify = v.Command(j.spec.do(fault.Verify, j.dir.path))
	}
	if j.spec.Sync != nil {
		s.Commands.Import = v.Command(j.spec.resume(j.dir.path))
		s.Sync, s.SameFailed = j.spec.Sync.Found, state == stateComplete && j.spec.Sync.SameFailed
	}
	if n.Limit != nil {
		s.Rate.Limit = *n.Limit
	}
	for i := range s.ByCode {
		c := &s.ByCode[i]
		c.Chinese.Meaning, c.Chinese.Remedy = explain(report.CodeKey{Code: c.Code, Class: c.Class, Command: c.Command}, lang.Chinese, remedies)
	}
	s.Settings["format"] = cmp.Or(j.spec.Dialect.Format, "csv and xlsx")
	rows := n.Requests - n.Profiles                           // those of the command that carries the rows
	if s.Rate.Mean = float64(rows); n.Sending > time.Second { // from the first request of a run to its last
		s.Rate.Mean = float64(rows-int64(n.Runs)) / n.Sending.Seconds()
	}
	if rows > 0 {
		s.Rate.AccountsPerSecond = s.Rate.Mean * float64(n.Accounts) / float64(rows)
	}
	if n.Profiles > 0 {
		s.Rate.Profiles = &report.ProfileRate{Limit: max(j.options.besideLimit(im.PortraitSet), 0), Mean: float64(n.Profiles), WorstSecond: n.WorstProfiles}
		if n.Sending > time.Second {
			s.Rate.Profiles.Mean /= n.Sending.Seconds()
		}
	}
	kind, next := j.outlook(&s)
	s.ExitCode = v.ExitCode(kind)
	if next != nil {
		s.Next = v.Command(*next)
	}
	return s
}

// outlook is how a job ended, and the command that goes on, nil for none.
func (j *job) outlook(s *report.Summary) (kind fault.Kind, next *fault.Command) {
	resume, retry := j.spec.resume(j.dir.path), j.retryCommand()
	switch {
	case s.State == stateRunning:
		s.Live = j.live(s)
		s.StopReason, s.StopCode, s.EndedAt, s.Error, s.Hint = "", 0, time.Now(), "", ""
		return fault.None, nil
	case s.State == stateStopped:
		return j.state.Stopped(), &resume
	case s.Error != "": // what a sync had left to do
		return fault.Partial, &resume
	case s.Rows.Failed+s.Rows.QuotaExceeded == 0:
		return fault.None, nil
	case s.Rows.QuotaExceeded == 0 && j.tolerated(s):
		s.Tolerated = true
		return fault.None, nil
	case !worthSending(s):
		return fault.Partial, nil
	}
	return fault.Partial, &retry
}

// worthSending tells whether sending again can change something: not for rows that are refused for what they are.
func worthSending(s *report.Summary) bool {
	return slices.ContainsFunc(s.ByCode, func(c report.CodeRows) bool { return c.Class == "transient" || c.Class == "quota" })
}

// jobVoice has remedies name the job that they are about.
type jobVoice struct {
	fault.Voice
	retry fault.Command
}

func (v jobVoice) Command(c fault.Command) string {
	if c.Verb == fault.Retry {
		c = v.retry
	}
	return v.Voice.Command(c)
}

// explain is what a code of a row means, and what to do.
func explain(key report.CodeKey, l lang.Lang, v fault.Voice) (meaning, remedy string) {
	code := codeOf(key).In(l)
	if meaning = code.Meaning; key.Command != "" {
		meaning = key.Command + ": " + meaning
	}
	return meaning, code.Remedy.Say(v)
}

func codeOf(key report.CodeKey) im.Code {
	switch {
	case key.Class == "invalid":
		return im.NeverSent
	case key.Class == "duplicate":
		return im.Duplicate
	case key.Code == 0:
		return im.NoAnswer
	case key.Class == "transient" && key.Code < 600:
		return im.OfStatus(key.Code)
	}
	return im.Lookup(key.Code)
}

// concluded is the summary of a complete job, written once more: a kill or a full disk at its very end may have left
// an older one.
func (j *job) concluded() (report.Summary, error) {
	s := j.summary(stateComplete)
	if err := j.save(s); err != nil {
		return j.untold(err)
	}
	return s, nil
}

// untold is the end of a complete job whose summary could not be written: whoever looks for it there must not take the
// job for one that has ended as it should.
func (j *job) untold(err error) (report.Summary, error) {
	f := &fault.Error{Kind: fault.Disk, Err: err, Hint: fault.Hintf("every row has its outcome; make room, then go on: the summary is written then")}
	j.state.End(f, j.host.voice())
	return j.summary(stateStopped), f
}

// warnUnsaved is for a job that can go on without its summary.
func (j *job) warnUnsaved(err error) {
	if err != nil {
		j.host.Log.Warn(err.Error(), "event", "summary.failed")
	}
}

// save writes summary.json, the history and the page. They are for people, and one that would lie is removed. The error is
// that of summary.json.
func (j *job) save(s report.Summary) error {
	content, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	content = append(content, '\n')
	if err := checkpoint.WriteFile(j.dir.fs, summaryName, content); err != nil {
		for _, name := range []string{pageName, historyName, summaryName} { // which may make room
			_ = j.dir.fs.Remove(name)
		}
		if checkpoint.WriteFile(j.dir.fs, summaryName, content) != nil {
			return err
		}
	}
	if content, err = json.Marshal(j.history); err == nil {
		err = checkpoint.WriteFile(j.dir.fs, historyName, content)
	}
	if err == nil {
		var page bytes.Buffer
		if err = report.WriteHTML(&page, s, j.history); err == nil {
			err = checkpoint.WriteFile(j.dir.fs, pageName, page.Bytes())
		}
	}
	if err != nil {
		_ = j.dir.fs.Remove(pageName)
		j.warnUnsaved(err)
	}
	return nil
}

// roomName is a file that keeps room on the disk for what says how a run has ended.
const (
	roomName = ".room"
	room     = 64 << 10
)

func (j *job) reserve() error {
	content := make([]byte, room)
	_, _ = rand.Read(content) // zeros may take no room
	return checkpoint.WriteFile(j.dir.fs, roomName, content)
}
