package job

import (
	"context"
	"errors"
	"fmt"
	"io"

	"imimport/pkg/checkpoint"
	"imimport/reader"
	"imimport/report"
)

// Forecast is what a run would do.
type Forecast struct {
	Rows    int64   `json:"rows"`    // that would be read
	Send    int64   `json:"send"`    // of them, sent
	Invalid int64   `json:"invalid"` // of them, refused without being sent
	Seconds float64 `json:"seconds"` // that sending takes at the least; 0 where nothing limits it
	DryRun  bool    `json:"dry_run"`
}

func (o Options) forecast(rows, invalid int64) Forecast {
	f := Forecast{Rows: rows, Send: rows - invalid, Invalid: invalid, DryRun: true}
	if o.Limit > 0 && f.Rows > o.Limit {
		f.Rows = o.Limit
		f.Send = min(f.Send, o.Limit)
		f.Invalid = f.Rows - f.Send
	}
	if perSecond := o.AccountsPerSecond(); perSecond > 0 {
		f.Seconds = float64(f.Send) / perSecond
	}
	return f
}

// DryRun tells what Run would do: it reads the inputs, makes nothing and sends nothing.
func DryRun(ctx context.Context, inputs []string, dir string, o Options, h Host) (Forecast, error) {
	inputs, err := reader.Expand(inputs)
	if err != nil {
		return Forecast{}, inputError(err)
	}
	if err := o.Validate(); err != nil {
		return Forecast{}, &Error{exitUsage, err, ""}
	}
	if dir == "" {
		dir = DefaultDir(inputs[0])
	}
	if _, err := Status(dir); err == nil {
		return Forecast{}, vacant(dir)
	}
	src, err := openSource(ctx, inputs, o.ReaderConfig(), h)
	if err != nil {
		return Forecast{}, err
	}
	defer src.close()
	if err := src.Scan(); err != nil {
		return Forecast{}, inputError(err)
	}
	rows, invalid, err := count(ctx, src, nil)
	return o.forecast(rows, invalid), err
}

// DryResume tells what Resume would do.
func DryResume(ctx context.Context, dir string, overlay func(*Options) error, h Host) (Forecast, error) {
	j, err := look(dir, overlay, h)
	if err != nil {
		return Forecast{}, err
	}
	state := j.state
	if state.Complete && state.Retry {
		j.state.Watermark, j.state.Retry = state.Input, false
	}
	src, err := j.reopenSource(ctx)
	if err != nil {
		return Forecast{}, err
	}
	defer src.close()
	settled := state.Ranges
	if state.Complete {
		settled = nil
	}
	rows, invalid, err := count(ctx, src, settled)
	if !state.Complete && state.QuotaMet {
		rows += state.Tally.QuotaExceeded // sent again when the others are through
	}
	return j.options.forecast(rows, invalid), err
}

// DryRetry tells what Retry would do to a job that is complete.
func DryRetry(ctx context.Context, dir, only string, overlay func(*Options) error, h Host) (Forecast, error) {
	j, err := look(dir, overlay, h)
	if err != nil {
		return Forecast{}, err
	}
	if !j.state.Complete {
		return Forecast{}, usage("it goes on with what is left: imimport resume --dry-run "+quote(dir), "the job in %s is not complete, and what a retry would find is not known", dir)
	}
	l, err := OpenLedger(dir)
	if err != nil {
		return Forecast{}, err
	}
	f := Forecast{}
	for o, take := range map[report.Outcome]bool{report.Failed: only != "quota", report.QuotaExceeded: only != "failed"} {
		if !take {
			continue
		}
		err := l.Each(ctx, o, func(row *reader.Row) error {
			f.Rows++
			if row.Fault != nil {
				f.Invalid++
			}
			return nil
		})
		if err != nil {
			return f, err
		}
	}
	return j.options.forecast(f.Rows, f.Invalid), nil
}

// look opens a job without its lock and without a client.
func look(dir string, overlay func(*Options) error, h Host) (*job, error) {
	files := checkpoint.Dir(dir)
	if _, err := Status(dir); err != nil {
		return nil, err
	}
	if checkpoint.Locked(dir) {
		return nil, &Error{exitDisk, fmt.Errorf("another process works on the job in %s", dir), "to see where it stands: imimport status " + quote(dir)}
	}
	s, err := loadSpec(files)
	if err != nil {
		return nil, &Error{exitDisk, fmt.Errorf("open job %s: %w", dir, err), ""}
	}
	if err := s.refuseSync(dir); err != nil {
		return nil, err
	}
	if err := s.name(dir, h.Inputs); err != nil {
		return nil, err
	}
	j := &job{host: h, dir: &directory{path: dir, fs: files}, spec: s, options: s.Options}
	if overlay != nil {
		if err := overlay(&j.options); err != nil {
			return nil, asError(exitUsage, err)
		}
	}
	if err := j.sameJob(); err != nil {
		return nil, err
	}
	if err := j.options.Validate(); err != nil {
		return nil, &Error{exitUsage, err, ""}
	}
	state, err := checkpoint.Load(files, s.ID)
	switch {
	case errors.Is(err, checkpoint.ErrNone):
		state = &checkpoint.State{Job: s.ID, Pass: 1}
	case err != nil:
		return nil, &Error{exitDisk, fmt.Errorf("open job %s: %w", dir, err), ""}
	}
	j.state = *state
	return j, nil
}

// count reads on to the end, without the rows that are settled.
func count(ctx context.Context, src *source, settled checkpoint.Ranges) (rows, invalid int64, err error) {
	const often = 1 << 12 // rows
	row := new(reader.Row)
	for {
		switch err := src.Read(row); {
		case errors.Is(err, io.EOF):
			return rows, invalid, nil
		case err != nil:
			return rows, invalid, inputError(err)
		}
		if row.Number%often == 0 && ctx.Err() != nil {
			return rows, invalid, ctx.Err()
		}
		if settled.Contains(row.Number) {
			continue
		}
		rows++
		if row.Fault != nil {
			invalid++
		}
	}
}
