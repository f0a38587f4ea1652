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
	"imimport/pkg/im"
	"imimport/pkg/importer"
	"imimport/reader"
	"imimport/report"
)

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
	cfg.Format, cfg.Sheet, cfg.Encoding, cfg.Map = d.Format, d.Sheet, d.Encoding, d.Map
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
		err = context.Cause(ctx)
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
		return j.notBegun(err)
	}
	save := func(s *checkpoint.State) error {
		if err := errors.Join(files.Sync(), j.taken()); err != nil {
			return err
		}
		j.saving = s
		return checkpoint.Save(j.dir.fs, s)
	}
	j.state.Machine = machine()
	j.state.StopReason, j.state.StopCode, j.state.LastError, j.state.Hint = "", 0, "", "" // if it is killed, nothing else stopped it
	j.limit()
	if j.state.Written, err = files.Flush(); err == nil {
		err = errors.Join(files.Sync(), j.dir.held.Held())
	}
	if err == nil {
		err = checkpoint.Save(j.dir.fs, &j.state) // from here on a crash is resumable, and other machines know
	}
	if err != nil {
		return j.notBegun(errors.Join(err, files.Close()))
	}
	if err = j.reserve(); err != nil {
		s, err := j.notBegun(errors.Join(err, files.Close()))
		_ = checkpoint.Save(j.dir.fs, &j.state) // else it looks killed
		j.warnUnsaved(j.save(s))
		return s, err
	}
	cfg.From, cfg.Ledger, cfg.Save = j.state, files, save
	j.mark(report.MarkStart, "run started")
	j.warnUnsaved(j.save(j.summary(stateRunning)))
	if j.host.Log != nil {
		j.host.Log.Info(fmt.Sprintf("importing into %s, app %d; the job is in %s", j.options.Target.Endpoint, j.options.Target.SDKAppID, j.dir.path),
			"event", "run.start", "job", j.dir.path, "pass", j.state.Pass, "endpoint", j.options.Target.Endpoint, "sdkappid", j.options.Target.SDKAppID)
	}
	result := importer.Run(ctx, cfg)
	return j.end(ctx, result, files)
}

// notBegun is how a run ends whose disk fails before its first request. The job is there, and can go on.
func (j *job) notBegun(err error) (report.Summary, error) {
	f := &fault.Error{Kind: fault.Disk, Err: err, Hint: fault.Hintf("nothing was sent by this run; make room, or mend the disk or its permissions, then go on")}
	j.state.End(f, j.host.voice())
	return j.summary(stateStopped), f
}

// limit notes the limit of this run. The worst second is that of the runs at it: one of a higher limit would look as if
// it had been passed.
func (j *job) limit() {
	limit, c := j.options.RequestRate(), &j.state.Counters
	if c.Limit == nil || *c.Limit != limit {
		c.Limit, c.WorstSecond = &limit, 0
	}
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
	if len(src.Profile()) > 0 {
		profiles, err := o.beside(im.PortraitSet)
		if err = errors.Join(err, o.batchAndProfile(src.Detected().Map)); err != nil {
			return importer.Config{}, fault.As(fault.Usage, err)
		}
		lanes = append(slices.Clip(lanes), profiles)
	}
	duplicate, err := j.duplicate(ctx, src)
	if err != nil {
		return importer.Config{}, err
	}
	cfg := importer.Config{
		Source: src, EndReading: src.interrupt, Client: j.client,
		Names: j.spec.inputNames(), Endpoint: o.Target.Endpoint, Voice: j.host.voice(), Check: j.check(),
		Lanes: lanes, Workers: o.Effective().Workers, Policy: o.Policy().WithDefaults(),
		QuotaContinue: o.OnQuota == "continue", MaxErrors: o.MaxErrors, MaxOutage: o.MaxOutage, Limit: o.Limit,
		Duplicate: duplicate, Stop: j.host.Stop, Progress: j.host.Progress, Metrics: j.host.Metrics,
		History: j.history, Log: j.host.Log,
		KeepHistory: j.keepHistory,
	}
	cfg.MaxDuration = j.budget.left() // the loop watches it from here on
	if j.spec.Sync != nil {
		p := newPlaces(j.spec.Sync)
		cfg.Relabel, src.find = p.relabel, p.find
	}
	if j.state.Retry && o.Counts() == distinct.Last {
		later, err := j.findLater(ctx)
		if err != nil {
			return importer.Config{}, err
		}
		cfg.Accepted, cfg.Overtaken = later.accept, later.overtake
	}
	return cfg, nil
}

// end takes the result in and writes what people read.
func (j *job) end(ctx context.Context, result importer.Result, files *report.Files) (report.Summary, error) {
	j.state = result.State
	if result.Behind && j.taken() != nil { // what is in the directory may be another's
		j.state.End(result.Fault, j.host.voice())
		return j.summary(stateStopped), errors.Join(result.Fault, files.Close())
	}
	_ = j.dir.fs.Remove(roomName) // for what is written now
	if result.Behind {
		cut := j.giveBack(files)
		j.state.Counters.Read = result.Read
		j.state.End(result.Fault, j.host.voice())
		if cut { // it can be kept why the run stopped
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
		if j.sameFailed(ctx) {
			j.spec.Sync.SameFailed = true
			_ = j.spec.save(j.dir.fs) // only a line for people depends on it
		}
		if j.state.Retry {
			_ = j.dir.fs.Remove(retryName(j.state.Pass, j.spec.layout())) // settled: its rows are in the outcome files
		}
	}
	j.mark(report.MarkStop, stopText(state, j.state.StopReason))
	s := j.summary(state)
	unsaved := j.save(s)
	if unsaved != nil && state == stateComplete && then == nil {
		return j.untold(unsaved)
	}
	j.warnUnsaved(unsaved)
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
