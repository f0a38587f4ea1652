package job

import (
	"context"
	"fmt"
	"slices"

	"imimport/pkg/fault"
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
	j.host.Log.Info("retrying "+report.Counted(j.state.Tally.QuotaExceeded, "row that met the quota", "rows that met the quota"), "event", "retry.quota")
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
		return j.concluded()
	}
	return j.grown(ctx, behind)
}

func (j *job) goOnWith(ctx context.Context, src *source) (report.Summary, error) {
	defer src.close()
	j.host.Log.Info(fmt.Sprintf("resuming after row %d; %s already settled", j.state.Watermark.Row, report.Counted(j.state.Tally.Settled(), "row", "rows")),
		"event", "resume", "row", j.state.Watermark.Row, "settled", j.state.Tally.Settled())
	return j.work(ctx, src)
}

// behind is the input with the rows that came since it was read to its end; nil for none. A retry pass that is under way
// has rows of its own, and goes on where the input is gone or cannot be read twice.
func (j *job) behind(ctx context.Context) (*source, error) {
	paths, err := j.spec.paths(j.dir.path)
	if !j.state.Complete && (err != nil || !allReadableTwice(paths)) {
		j.host.Log.Warn("cannot look whether the input has grown: it is gone, or cannot be read twice", "event", "resume.not_looked")
		return nil, nil //nolint:nilerr // the warning says it: the pass has rows of its own
	}
	if err != nil {
		return nil, err
	}
	src, err := j.openBehind(ctx, paths)
	if err != nil {
		return nil, err
	}
	more, err := src.more()
	if err != nil || !more {
		src.close()
		return nil, inputError(err)
	}
	return src, nil
}

// openBehind is the input at the end that it had. What is before it is compared with what was read.
func (j *job) openBehind(ctx context.Context, paths []string) (*source, error) {
	end := j.state.Watermark
	if j.state.Retry {
		end = j.state.Input
	}
	src, err := openSource(ctx, paths, j.readerConfig(), j.host)
	if err != nil {
		return nil, err
	}
	if err := src.Seek(end, j.options.TrustInput); err != nil {
		src.close()
		return nil, inputError(err)
	}
	return src, nil
}

// sameInput refuses an input that is no longer what was read. A retry has rows of its own: it goes on if the input is gone.
func (j *job) sameInput(ctx context.Context) error {
	paths, err := j.spec.paths(j.dir.path)
	if err == nil && allReadableTwice(paths) {
		var src *source
		if src, err = j.openBehind(ctx, paths); err == nil {
			src.close()
			return nil
		}
		if fault.KindOf(err) == fault.Changed || ctx.Err() != nil {
			return err
		}
	}
	j.host.Log.Warn("cannot look whether the input has changed: it is gone, or cannot be read again", "event", "retry.not_looked")
	return nil //nolint:nilerr // the warning says it
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
