package job

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"imimport/pkg/checkpoint"
	"imimport/pkg/distinct"
	"imimport/pkg/fault"
	"imimport/pkg/importer"
	"imimport/reader"
	"imimport/report"
)

// resume works on until every row has its outcome, also the rows that have come since and those that met the quota, or
// something stops it.
func (j *job) resume(ctx context.Context) (report.Summary, error) {
	s, err := j.goOn(ctx)
	if err != nil || s.State != stateComplete || !j.quotaWaits() {
		return s, err
	}
	j.host.Log.Info(fmt.Sprintf("sending the %d rows again that met the quota", j.state.Tally.QuotaExceeded), "event", "retry.quota")
	return j.retry(ctx, false, true)
}

// quotaWaits tells whether rows met the quota, stopped a run by it and were not sent again. Their pass may have been
// killed before it began.
func (j *job) quotaWaits() bool { return j.state.QuotaMet && j.state.Tally.QuotaExceeded > 0 }

// goOn ends the pass that is under way, and imports what the input has grown by.
func (j *job) goOn(ctx context.Context) (report.Summary, error) {
	if !j.state.Complete && !j.state.Retry {
		src, err := j.reopenSource(ctx)
		if err != nil {
			return report.Summary{}, err
		}
		return j.goOnWith(ctx, src)
	}
	behind, err := j.behind(ctx)
	if err != nil {
		return report.Summary{}, err
	}
	if behind != nil {
		defer behind.close()
	}
	if !j.state.Complete {
		src, err := j.reopenSource(ctx)
		if err != nil {
			return report.Summary{}, err
		}
		if s, err := j.goOnWith(ctx, src); err != nil || s.State != stateComplete || behind == nil {
			return s, err
		}
	}
	if behind == nil {
		if !j.quotaWaits() {
			j.host.Log.Info("nothing to do: the job is complete and its input has not grown", "event", "resume.nothing")
		}
		return j.concluded(), nil
	}
	return j.grown(ctx, behind)
}

func (j *job) goOnWith(ctx context.Context, src *source) (report.Summary, error) {
	defer src.close()
	j.host.Log.Info(fmt.Sprintf("resuming after row %d; %d rows already settled", j.state.Watermark.Row, j.state.Tally.Settled()),
		"event", "resume", "row", j.state.Watermark.Row, "settled", j.state.Tally.Settled())
	return j.work(ctx, src)
}

// behind is the input with the rows that came since it was read to its end; nil for none. A retry pass that is under way
// has rows of its own, and goes on where the input is gone or cannot be read twice.
func (j *job) behind(ctx context.Context) (*source, error) {
	from := j.state.Watermark
	if j.state.Retry {
		from = j.state.Input
	}
	paths, err := j.spec.paths(j.dir.path)
	if !j.state.Complete && (err != nil || !allReadableTwice(paths)) {
		j.host.Log.Warn("cannot look whether the input has grown: it is gone, or cannot be read twice", "event", "resume.not_looked")
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	src, err := openSource(ctx, paths, j.readerConfig(), j.host)
	if err != nil {
		return nil, err
	}
	err = src.Seek(from, j.options.TrustInput)
	more := false
	if err == nil {
		more, err = src.more()
	}
	if err != nil || !more {
		src.close()
		return nil, inputError(err)
	}
	return src, nil
}

func allReadableTwice(paths []string) bool {
	return !slices.ContainsFunc(paths, func(path string) bool { return !reader.ReadableTwice(path) })
}

// grown imports the rows that came behind the end of the input.
func (j *job) grown(ctx context.Context, src *source) (report.Summary, error) {
	state := &j.state
	if state.Retry {
		state.Watermark, state.Retry, state.Pass = state.Input, false, state.Pass+1
	}
	state.Complete, state.Ranges, state.Furthest = false, nil, reader.Position{}
	j.host.Log.Info(fmt.Sprintf("the input has grown: importing what lies behind row %d", state.Watermark.Row), "event", "resume.grown", "row", state.Watermark.Row)
	return j.work(ctx, src)
}

func (j *job) reopenSource(ctx context.Context) (*source, error) {
	paths, cfg := []string{j.retryInput(j.state.Pass)}, j.outcomeConfig()
	if !j.state.Retry {
		var err error
		if paths, err = j.spec.paths(j.dir.path); err != nil {
			return nil, err
		}
		cfg = j.readerConfig()
	}
	src, err := openSource(ctx, paths, cfg, j.host)
	if err != nil {
		return nil, err
	}
	if j.state.Watermark != (reader.Position{}) {
		err = inputError(src.Seek(j.state.Watermark, j.options.TrustInput))
	}
	if err == nil {
		err = src.confirm(&j.state)
	}
	if err != nil {
		src.close()
		return nil, err
	}
	return src, nil
}

// readerConfig reads the input as the job's first run found it.
func (j *job) readerConfig() reader.Config {
	cfg := j.options.ReaderConfig()
	d := j.spec.Dialect
	cfg.Format, cfg.Encoding, cfg.Map = d.Format, d.Encoding, d.Map
	if d.Delimiter != "" {
		cfg.Delimiter = delimiter(d.Delimiter)
	}
	return cfg
}

// work runs the pass that j.state is in, and leaves its checkpoint, summary.json and report.html. A new job is made only
// when nothing more has to be looked at: a stop before that leaves none.
func (j *job) work(ctx context.Context, src *source) (report.Summary, error) {
	cfg, err := j.config(ctx, src)
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return report.Summary{}, err
	}
	if j.spec.unsaved { // and its inputs are what they were: they were compared
		if err := j.spec.save(j.dir.fs); err != nil {
			return report.Summary{}, fault.As(fault.Disk, err)
		}
		j.spec.unsaved = false
	}
	files, err := report.OpenFiles(func(name string) (report.File, error) { return j.dir.fs.Append(name) }, j.spec.layout(), j.state.Written)
	if err != nil {
		return report.Summary{}, fault.As(fault.Disk, err)
	}
	save := func(s *checkpoint.State) error {
		if err := errors.Join(files.Sync(), j.dir.held.Held()); err != nil {
			return err
		}
		return checkpoint.Save(j.dir.fs, s)
	}
	j.state.StopReason, j.state.LastError, j.state.Hint = "", "", "" // if it is killed, nothing else stopped it
	if j.state.Written, err = files.Flush(); err == nil {
		err = save(&j.state) // from here on a crash is resumable
	}
	if err != nil {
		return report.Summary{}, &fault.Error{Kind: fault.Disk, Err: errors.Join(err, files.Close()), Hint: fault.Hintf("nothing was sent")}
	}
	cfg.From, cfg.Ledger, cfg.Save = j.state, files, save
	j.mark(report.MarkStart, "run started")
	j.save(j.summary(stateRunning))
	if j.host.Log != nil {
		j.host.Log.Info(fmt.Sprintf("importing into %s, app %d; the job is in %s", j.options.Target.Endpoint, j.options.Target.SDKAppID, j.dir.path),
			"event", "run.start", "job", j.dir.path, "pass", j.state.Pass, "endpoint", j.options.Target.Endpoint, "sdkappid", j.options.Target.SDKAppID)
	}
	result := importer.Run(ctx, cfg)
	return j.end(ctx, result, files)
}

func (j *job) config(ctx context.Context, src *source) (importer.Config, error) {
	o := j.options
	lanes, err := o.Lanes()
	if err != nil {
		return importer.Config{}, fault.As(fault.Usage, err)
	}
	if j.spec.Sync != nil {
		lanes = j.spec.Sync.Lanes
	}
	duplicate, err := j.duplicate(ctx, src)
	if err != nil {
		return importer.Config{}, err
	}
	cfg := importer.Config{
		Source: src, EndReading: src.interrupt, Client: j.client,
		Names: j.spec.inputNames(), Endpoint: o.Target.Endpoint, Voice: j.host.voice(),
		Lanes: lanes, Workers: o.Effective().Workers, Policy: o.Policy().WithDefaults(),
		QuotaContinue: o.OnQuota == "continue", MaxErrors: o.MaxErrors, Limit: o.Limit, MaxDuration: o.MaxDuration,
		Duplicate: duplicate, Stop: j.host.Stop, Progress: j.host.Progress, Metrics: j.host.Metrics,
		History: j.history, Log: j.host.Log,
		KeepHistory: func(text []byte) { _ = checkpoint.WriteFile(j.dir.fs, historyName, text) }, // without it a plot has a gap
	}
	if j.spec.Sync != nil {
		p := newPlaces(j.spec.Sync)
		cfg.Relabel, src.find = p.relabel, p.find
	}
	if j.state.Retry && o.Counts() == distinct.Last {
		later, err := j.findLater(ctx)
		if err != nil {
			return importer.Config{}, err
		}
		cfg.Accepted, cfg.Overtaken = later.accept, later.reason
	}
	return cfg, nil
}

// end takes the result in and writes what people read.
func (j *job) end(ctx context.Context, result importer.Result, files *report.Files) (report.Summary, error) {
	j.state = result.State
	if result.Behind {
		cut := j.giveBack(files)
		j.state.Counters.Read = result.Read
		j.state.End(result.Fault, j.host.voice())
		if cut && result.Kind() != fault.Disk { // it can be kept why the run stopped
			_ = checkpoint.Save(j.dir.fs, &j.state) // else it looks killed, and goes on all the same
		}
	}
	if err := files.Close(); err != nil { // what counts is synced: this loses nothing
		j.host.Log.Warn("cannot close the outcome files: "+err.Error(), "event", "close.failed")
	}
	var then error
	if j.state.Complete && j.spec.Sync != nil && j.spec.Sync.After != nil {
		then = j.after(ctx)
	}
	state := stateStopped
	if j.state.Complete {
		state = stateComplete
		if j.state.Retry {
			_ = j.dir.fs.Remove(retryName(j.state.Pass, j.spec.layout())) // settled: its rows are in the outcome files
		}
	}
	j.mark(report.MarkStop, stopText(state, j.state.StopReason))
	s := j.summary(state)
	j.save(s)
	if result.Fault != nil && result.Fault.Err != nil {
		return s, result.Fault
	}
	return s, then
}

// giveBack takes the outcome files back to what the checkpoint on the disk counts on, and makes room by it. A
// save that failed may have taken place all the same, so that only the disk knows.
// A file that could not be cut is cut by the next run.
func (j *job) giveBack(files *report.Files) (cut bool) {
	state, err := checkpoint.Load(j.dir.fs, j.spec.ID)
	if err != nil {
		return false
	}
	j.state = *state
	return files.Cut(state.Lengths) == nil
}

func stopText(state, reason string) string {
	if reason == "" {
		return state
	}
	return state + ": " + reason
}

func (j *job) mark(kind report.MarkKind, text string) { j.history.Mark(time.Now(), kind, text) }

func loadHistory(dir checkpoint.FS) *report.History {
	h := &report.History{}
	if content, err := dir.ReadFile(historyName); err != nil || json.Unmarshal(content, h) != nil {
		return &report.History{} // it draws the plots, nothing more
	}
	return h
}
