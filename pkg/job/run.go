package job

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"imimport/pkg/checkpoint"
	"imimport/pkg/fault"
	"imimport/pkg/importer"
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
		return report.Summary{}, &Error{exitUsage, err, ""}
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
	if j.client, j.options.Target, err = h.Connect(ctx, o, connections(o)); err != nil {
		return report.Summary{}, asError(exitUsage, err)
	}
	if j.spec, err = newSpec(inputs, j.options, src.Reader); err != nil {
		return report.Summary{}, asError(exitUsage, err)
	}
	j.spec.Sync = sync
	if j.dir, err = create(dir, h); err != nil {
		return report.Summary{}, err
	}
	defer j.close()
	if err := j.spec.save(j.dir.fs); err != nil {
		return report.Summary{}, asError(exitDisk, err)
	}
	j.state = checkpoint.State{Job: j.spec.ID, Pass: 1}
	j.history = &report.History{}
	return j.work(ctx, src)
}

// Resume goes on with a job, however it stopped; overlay puts what is asked anew over the job's own options.
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
		return report.Summary{}, usage("", "only %q: must be failed, quota or all", only)
	}
	j, err := reopen(ctx, dir, overlay, h)
	if err != nil {
		return report.Summary{}, err
	}
	defer j.close()
	if !j.state.Complete {
		j.host.Log.Info("the job is not complete: going on with it first", "event", "resume.first")
		if s, err := j.resume(ctx); err != nil || s.State != "complete" {
			return s, err
		}
	}
	return j.retry(ctx, only != "quota", only != "failed")
}

// job is a job that this process works on.
type job struct {
	host    Host
	dir     *directory
	spec    *spec
	options Options
	client  client
	state   checkpoint.State
	history *report.History
}

func reopen(ctx context.Context, dir string, overlay func(*Options) error, h Host) (*job, error) {
	d, s, err := open(dir, h)
	if err != nil {
		return nil, err
	}
	j := &job{host: h, dir: d, spec: s, options: s.Options}
	if err = s.refuseSync(dir); err == nil {
		err = s.name(dir, h.Inputs)
	}
	if err == nil {
		err = j.ready(ctx, overlay)
	}
	if err != nil {
		j.close()
		return nil, err
	}
	return j, nil
}

// ready looks at the options and the checkpoint, and connects.
func (j *job) ready(ctx context.Context, overlay func(*Options) error) error {
	if overlay != nil {
		if err := overlay(&j.options); err != nil {
			return asError(exitUsage, err)
		}
	}
	if err := j.sameJob(); err != nil {
		return err
	}
	if err := j.options.Validate(); err != nil {
		return &Error{exitUsage, err, ""}
	}
	state, err := checkpoint.Load(j.dir.fs, j.spec.ID)
	switch {
	case errors.Is(err, checkpoint.ErrNone): // killed before the first one: nothing had been sent
		state = &checkpoint.State{Job: j.spec.ID, Pass: 1}
	case err != nil:
		return &Error{exitDisk, fmt.Errorf("open job %s: %w", j.dir.path, err),
			"nothing was changed; a job whose checkpoint is lost starts over in a new directory (--job), which the service allows"}
	}
	j.state = *state
	if err := j.intact(); err != nil {
		return err
	}
	j.history = loadHistory(j.dir.fs)
	if killed := !state.Complete && state.StopReason == "" && state.Counters.Runs > 0; killed {
		j.history.Mark(state.SavedAt, report.MarkKill, "the process ended without a word")
	}
	target := j.options.Target
	if j.client, j.options.Target, err = j.host.Connect(ctx, j.options, connections(j.options)); err != nil {
		return asError(exitUsage, err)
	}
	if !target.same(j.options.Target) {
		return j.foreignTarget()
	}
	return nil
}

// intact refuses outcome files that are not as the job left them: by the lengths alone they are taken for, rows would
// be cut in two.
func (j *job) intact() error {
	left := j.state.Complete || j.state.StopReason != "" && j.state.StopReason != importer.StoppedDisk.String()
	for o := range report.Outcome(len(j.state.Lengths)) {
		if err := j.whole(o, left); err != nil {
			name := j.spec.layout().Name(o)
			return &Error{exitDisk, fmt.Errorf("%s: %w", filepath.Join(j.dir.path, name), err),
				fmt.Sprintf("rows that you have mended are imported by imimport run %s --job NEWDIR; to go on with this job, put the file back as it was", quote(filepath.Join(j.dir.path, name)))}
		}
	}
	return nil
}

// whole looks at an outcome file's length. Where the run was cut off, more may stand behind what the checkpoint counts
// on, from the next row on.
func (j *job) whole(o report.Outcome, left bool) error {
	length := j.state.Lengths[o]
	f, err := j.dir.open(j.spec.layout().Name(o))
	if errors.Is(err, fs.ErrNotExist) && length == 0 {
		return nil
	}
	if err != nil {
		return cause(err)
	}
	defer func() { _ = f.Close() }() // it was only read
	info, err := f.Stat()
	if err != nil {
		return cause(err)
	}
	last := []byte{'\n'}
	if length > 0 && info.Size() >= length {
		if _, err := f.ReadAt(last, length-1); err != nil {
			return cause(err)
		}
	}
	if info.Size() < length || left && info.Size() > length || last[0] != '\n' {
		return fmt.Errorf("was changed since the job wrote it: it has %d bytes, and not %d", info.Size(), length)
	}
	return nil
}

// cause is an error without its path.
func cause(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// sameJob refuses what would make another job of it.
func (j *job) sameJob() error {
	was, is := j.spec.Options, j.options
	if !was.Target.same(is.Target) {
		return j.foreignTarget()
	}
	for _, c := range []struct {
		flag string
		same bool
	}{
		{"--format", was.Format == is.Format}, {"--delimiter", was.Delimiter == is.Delimiter},
		{"--encoding", was.Encoding == is.Encoding}, {"--no-header", was.NoHeader == is.NoHeader},
		{"--map", sameMap(was.Map, is.Map)}, {"--duplicates", was.Duplicates == is.Duplicates},
		{"--strict", was.Strict == is.Strict}, {"--trim", was.Trim == is.Trim}, {"--excel", was.Excel == is.Excel},
	} {
		if !c.same {
			return usage("leave the flag out, or start a new job with run and --job", "%s differs from what the job began with", c.flag)
		}
	}
	return nil
}

func (j *job) foreignTarget() error {
	t := j.spec.Options.Target
	return usage("name the job's own target or none, or start a new job with run and --job",
		"the job in %s goes to %s, app %d, and not where the flags say", j.dir.path, t.Endpoint, t.SDKAppID)
}

func sameMap(a, b map[string]string) bool {
	if len(a) != len(b) {
		return false
	}
	for k, v := range a {
		if b[k] != v {
			return false
		}
	}
	return true
}

func (j *job) close() { _ = j.dir.unlock() }

// connections are what the workers of every command need.
func connections(o Options) int {
	if o.Batch > 1 {
		return 2 * o.workers()
	}
	return o.workers()
}

func asError(code int, err error) error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return &Error{code, err, ""}
}

// inputError tells an input that was refused from one that failed.
func inputError(err error) error {
	switch fault.KindOf(err) {
	case fault.Usage:
		return &Error{exitUsage, err, ""}
	case fault.Input, fault.Internal:
		return &Error{exitDisk, err, ""}
	case fault.Changed:
		return &Error{exitDisk, err, "nothing was sent; put the input back as it was, or import the new one as a new job (run with --job): what is in is in, and sending it again is safe"}
	}
	return asError(exitUsage, err)
}
