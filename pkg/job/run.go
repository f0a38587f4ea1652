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
	src, err := openSource(ctx, inputs, o.ReaderConfig(), h)
	if err != nil {
		return report.Summary{}, err
	}
	defer src.close()
	if err := src.Scan(); err != nil {
		return report.Summary{}, inputError(err)
	}
	if err := j.connect(ctx); err != nil {
		return report.Summary{}, err
	}
	if j.spec, err = newSpec(inputs, j.options, src.Reader); err != nil {
		return report.Summary{}, fault.As(fault.Usage, err)
	}
	j.spec.Sync = sync
	if j.dir, err = create(dir, h); err != nil {
		return report.Summary{}, err
	}
	defer j.close()
	if err := j.spec.save(j.dir.fs); err != nil {
		return report.Summary{}, fault.As(fault.Disk, err)
	}
	j.state = checkpoint.State{Job: j.spec.ID, Pass: 1}
	j.history = &report.History{}
	return j.work(ctx, src)
}

// Resume goes on with a job, however it stopped; overlay puts what is asked now over the job's own options.
// A complete job whose input has grown goes on with the new rows. A job that stopped at the quota sends the
// rows that met it again when the others are through.
func Resume(ctx context.Context, dir string, overlay func(*Options) error, h Host) (report.Summary, error) {
	j, err := reopen(ctx, dir, overlay, h)
	if err != nil {
		return report.Summary{}, err
	}
	defer j.close()
	return j.resume(ctx)
}

// Retry sends rows of a complete job again: "failed", "quota" or "all" of them. A job that is not complete is
// brought to its end first.
func Retry(ctx context.Context, dir, only string, overlay func(*Options) error, h Host) (report.Summary, error) {
	if only != "failed" && only != "quota" && only != "all" && only != "" {
		return report.Summary{}, fault.New(fault.Usage, fault.Hint{}, "only %q: must be failed, quota or all", only)
	}
	j, err := reopen(ctx, dir, overlay, h)
	if err != nil {
		return report.Summary{}, err
	}
	defer j.close()
	if !j.state.Complete {
		j.host.Log.Info("the job is not complete: going on with it first", "event", "resume.first")
		if s, err := j.resume(ctx); err != nil || s.State != stateComplete {
			return s, err
		}
	}
	return j.retry(ctx, only != "quota", only != "failed")
}

// Status tells where a job stands: also while another process works on it, and after one died.
func Status(dir string, v fault.Voice) (report.Summary, error) {
	j, err := open(dir, Host{Voice: v})
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
