package job

import (
	"context"
	"errors"
	"fmt"
	"io"

	"imimport/pkg/checkpoint"
	"imimport/pkg/fault"
	"imimport/reader"
	"imimport/report"
)

func retryName(pass int, l report.Layout) string {
	if l.JSON {
		return fmt.Sprintf(".retry-%d.jsonl", pass)
	}
	return fmt.Sprintf(".retry-%d.csv", pass)
}

// retryInput is the path of a retry pass's input, in the job directory.
func (j *job) retryInput(pass int) string {
	return j.dir.file(retryName(pass, j.spec.layout()))
}

// outcomeConfig is how outcome files are read: they are UTF-8, with commas and a header.
func (j *job) outcomeConfig() reader.Config {
	var null []string
	format := "csv"
	if j.spec.Dialect.Format == "jsonl" { // whose objects are as they were
		format, null = j.spec.Dialect.Format, j.options.Null
	}
	return reader.Config{Format: format, Encoding: "utf-8", Map: j.spec.Dialect.Map, Words: j.options.Words,
		Strict: j.options.Strict, Trim: j.options.Trim, Null: null, Compact: j.options.UUID == compactUUID, Accept: j.options.Accept}
}

// retry begins a pass over the rows that failed, met the quota, or both, and works on it.
func (j *job) retry(ctx context.Context, failed, quota bool) (report.Summary, error) {
	send := j.sendable(failed, quota)
	if send == 0 {
		j.host.Log.Info("nothing to do: no such rows, or only rows that were never sent and have to be mended", "event", "retry.nothing")
		return j.concluded()
	}
	next, err := j.retryState(failed, quota)
	if err != nil {
		return report.Summary{}, &fault.Error{Kind: fault.Disk, Err: err, Hint: fault.Hintf("nothing was sent; see that the job directory can be written and its disk has room")}
	}
	if err := checkpoint.Save(j.dir.fs, next); err != nil { // the pass has begun
		return report.Summary{}, fault.As(fault.Disk, err)
	}
	j.state = *next
	src, err := j.reopenSource(ctx)
	if err != nil {
		return report.Summary{}, err
	}
	defer src.close()
	j.host.Log.Info("retrying "+report.Counted(send, "row", "rows"), "event", "retry.start", "rows", send)
	return j.work(ctx, src)
}

// sendable is how many rows a retry sends. Rows of the class invalid go through its pass unsent.
func (j *job) sendable(failed, quota bool) (n int64) {
	t := &j.state.Tally
	if failed {
		n += t.Failed - t.Invalid()
	}
	if quota {
		n += t.QuotaExceeded
	}
	return n
}

// retryState copies the rows to the pass's own input and is the state that begins the pass.
func (j *job) retryState(failed, quota bool) (*checkpoint.State, error) {
	next := j.state
	if !j.state.Retry {
		next.Input = j.state.Watermark
	}
	next.Pass, next.Retry, next.Complete, next.Ranges, next.Watermark, next.Furthest = j.state.Pass+1, true, false, nil, reader.Position{}, reader.Position{}
	next.StopReason, next.StopCode, next.LastError, next.Hint = "", 0, "", ""
	next.Tally = j.state.Tally.Clone()
	next.Counters.PassRows = 0
	next.Counters.BytesDone, next.Counters.BytesTotal = j.state.Counters.BytesDone, j.state.Counters.BytesTotal

	layout := j.spec.layout()
	name := retryName(next.Pass, layout)
	out, err := j.dir.fs.Create(name)
	if err != nil {
		return nil, fmt.Errorf("begin retry: %w", err)
	}
	header := false
	for _, o := range []struct {
		outcome report.Outcome
		take    bool
	}{{report.Failed, failed}, {report.QuotaExceeded, quota}} {
		if !o.take {
			continue
		}
		next.Counters.PassRows += next.Tally.Take(o.outcome)
		next.Lengths[o.outcome], next.Sums[o.outcome] = 0, 0
		if err == nil {
			err = j.copyRows(out, layout, o.outcome, header)
		}
		header = true
	}
	if quota {
		next.QuotaMet = false
	}
	if err == nil {
		err = out.Sync()
	}
	if err = errors.Join(err, out.Close()); err == nil {
		err = j.dir.fs.Sync()
	}
	if err != nil {
		return nil, fmt.Errorf("begin retry: %w", err)
	}
	return &next, nil
}

// copyRows copies an outcome file as far as it counts, without its header when the copy has one.
func (j *job) copyRows(out io.Writer, l report.Layout, o report.Outcome, header bool) error {
	in, err := j.dir.open(l.Name(o))
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }() // it was only read
	from := io.LimitReader(in, j.state.Lengths[o])
	if header {
		if _, err := io.CopyN(io.Discard, from, int64(l.HeaderSize())); err != nil && !errors.Is(err, io.EOF) {
			return err
		}
	}
	n, err := io.Copy(out, from)
	if err == nil && !header && n < j.state.Lengths[o] {
		err = fmt.Errorf("%s has %d bytes, and the checkpoint counts on %d", l.Name(o), n, j.state.Lengths[o])
	}
	return err
}

// eachSettled visits the rows of an outcome.
func (j *job) eachSettled(ctx context.Context, o report.Outcome, visit func(*reader.Row) error) error {
	layout, length := j.spec.layout(), j.state.Lengths[o]
	if length <= int64(layout.HeaderSize()) {
		return nil
	}
	return eachRow(ctx, j.dir.file(layout.Name(o)), j.outcomeConfig(), length, visit)
}

// eachRow visits the rows of an outcome file until visit fails; what lies beyond a length that is not negative
// was settled after the last checkpoint, and does not count.
func eachRow(ctx context.Context, path string, cfg reader.Config, length int64, visit func(*reader.Row) error) error {
	r, err := reader.Open(ctx, []string{path}, cfg)
	if err != nil {
		return inputError(err)
	}
	defer func() { _ = r.Close() }() // it was only read
	for row, err := range r.Rows() {
		switch {
		case err != nil:
			return inputError(err)
		case length >= 0 && row.End.Offset > length:
			return nil
		}
		if err := visit(row); err != nil {
			return err
		}
	}
	return nil
}
