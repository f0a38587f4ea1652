package job

import (
	"context"

	"imimport/pkg/checkpoint"
	"imimport/pkg/fault"
	"imimport/reader"
	"imimport/report"
)

// Run imports the inputs as a new job in dir ("" is [DefaultDir]). Nothing is made and nothing is sent
// before the inputs, the options and the target have been looked at.
func Run(ctx context.Context, inputs []string, dir string, o Options, h Host) (report.Summary, error) {
	return begin(ctx, inputs, dir, nil, o, h)
}

func begin(ctx context.Context, inputs []string, dir string, sync *Sync, o Options, h Host) (report.Summary, error) {
	inputs, err := reader.Expand(inputs)
	if err != nil {
		return report.Summary{}, inputError(err)
	}
	if err := o.Validate(); err != nil {
		return report.Summary{}, err
	}
	if dir == "" {
		dir = DefaultDir(inputs[0])
	}
	j := &job{host: h, options: o}
	ctx, end := j.watch(ctx)
	defer end()
	s, err := j.begin(ctx, inputs, dir, sync)
	if err != nil && s.State == "" && timeIsUp(ctx) {
		return s, context.Cause(ctx)
	}
	return s, err
}

func (j *job) begin(ctx context.Context, inputs []string, dir string, sync *Sync) (report.Summary, error) {
	src, err := openSource(ctx, inputs, j.options.ReaderConfig(), j.host)
	if err != nil {
		return report.Summary{}, err
	}
	defer src.close()
	if err := src.Scan(); err != nil {
		return report.Summary{}, inputError(err)
	}
	if sync == nil { // which has said so of its files
		j.host.Announce(src.Reader)
	}
	if err := j.connect(ctx, src.Detected().Map); err != nil {
		return report.Summary{}, err
	}
	if j.spec, err = newSpec(inputs, j.options, src.Reader); err != nil {
		return report.Summary{}, fault.As(fault.Usage, err)
	}
	j.spec.Sync, j.spec.Access = sync, j.host.Access
	if j.dir, err = create(dir, j.host); err != nil {
		return report.Summary{}, err
	}
	defer j.close()
	j.state = checkpoint.State{Job: j.spec.ID, Pass: 1}
	j.history, j.spec.unsaved = &report.History{}, true
	s, err := j.work(ctx, src)
	if err != nil && j.spec.unsaved {
		j.dir.discard()
	}
	return s, err
}

// Resume goes on with a job, however it stopped; overlay puts what is asked now over the job's own options.
// A complete job whose input has grown goes on with the new rows. A job that stopped at the quota sends the
// rows that met it again when the others are through.
func Resume(ctx context.Context, dir string, overlay func(*Options) error, h Host) (report.Summary, error) {
	return again(ctx, dir, overlay, h, func(ctx context.Context, j *job) (report.Summary, error) { return j.resume(ctx) })
}

// Retry sends rows of a complete job again: "failed", "quota" or "all" of them. A job that is not complete is
// brought to its end first.
func Retry(ctx context.Context, dir, only string, overlay func(*Options) error, h Host) (report.Summary, error) {
	if only != "failed" && only != "quota" && only != "all" && only != "" {
		return report.Summary{}, fault.New(fault.Usage, fault.Hint{}, "only %q: must be failed, quota or all", only)
	}
	return again(ctx, dir, overlay, h, func(ctx context.Context, j *job) (report.Summary, error) {
		if !j.state.Complete {
			j.host.Log.Info("the job is not complete: going on with it first", "event", "resume.first")
			if s, err := j.resume(ctx); err != nil || s.State != stateComplete {
				return s, err
			}
		} else if err := j.sameInput(ctx); err != nil {
			return report.Summary{}, err
		}
		return j.retry(ctx, only != "quota", only != "failed")
	})
}

// again takes up the job in dir and goes on with it.
func again(ctx context.Context, dir string, overlay func(*Options) error, h Host, goOn func(context.Context, *job) (report.Summary, error)) (s report.Summary, err error) {
	j, err := openLocked(dir, h)
	if err != nil {
		return report.Summary{}, err
	}
	defer j.close()
	if err = j.ask(overlay); err != nil {
		return report.Summary{}, err
	}
	ctx, end := j.watch(ctx)
	defer end()
	if err = j.abandoned(ctx); err == nil {
		err = j.takeUp(ctx)
	}
	if err == nil {
		s, err = goOn(ctx, j)
	}
	switch {
	case err == nil || s.State != "" || ctx.Err() == nil:
		return s, err
	case timeIsUp(ctx):
		return j.notStarted(fault.Duration), nil
	}
	return j.notStarted(fault.Interrupted), nil
}

// notStarted is the summary of a job that was stopped before this run has sent anything. Its checkpoint stays as it is.
func (j *job) notStarted(why fault.Kind) report.Summary {
	keep := !j.state.Complete
	j.state.Complete, j.state.StopReason, j.state.StopCode, j.state.LastError, j.state.Hint = false, why.String(), 0, "", ""
	s := j.summary(stateStopped)
	if keep {
		j.warnUnsaved(j.save(s))
	}
	return s
}

// Status tells where a job stands: also while another process works on it, and after one died.
// A state directory of syncs stands for its last job.
func Status(dir string, v fault.Voice) (report.Summary, error) {
	j, err := open(lastOf(dir), Host{Voice: v})
	if err != nil {
		return report.Summary{}, err
	}
	return j.stands(), nil
}

// stands is the summary of a job that this process does not work on.
func (j *job) stands() report.Summary {
	switch {
	case checkpoint.Locked(j.dir.path):
		return j.summary(stateRunning)
	case j.state.Complete:
		return j.summary(stateComplete)
	case j.state.StopReason == "":
		j.state.StopReason = fault.Killed.String()
	}
	return j.summary(stateStopped)
}
