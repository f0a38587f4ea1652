package job

import (
	"context"
	"errors"
	"io"
	"strings"

	"imimport/pkg/checkpoint"
	"imimport/pkg/fault"
	"imimport/pkg/profile"
	"imimport/reader"
)

// Forecast is what a run would do.
type Forecast struct {
	Rows    int64   `json:"rows"`    // that would be read
	Send    int64   `json:"send"`    // of them, sent
	Invalid int64   `json:"invalid"` // of them, refused without being sent
	Seconds float64 `json:"seconds"` // that sending takes at the least; 0 where nothing limits it
	DryRun  bool    `json:"dry_run"`

	Columns map[string]string `json:"columns,omitempty"`   // field of the account to column or key
	NotSent []string          `json:"not_sent,omitempty"`  // the other columns or keys
	First   *Account          `json:"first_row,omitempty"` // the first row that is sent

	Ping *fault.Command `json:"-"` // asks the target, which this does not; nil: there is none to ask
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

// Account is a row as it is sent.
type Account struct {
	UserID  string `json:"UserID"`
	Nick    string `json:"Nick,omitempty"`
	FaceURL string `json:"FaceUrl,omitempty"`

	Profile map[string]string `json:"profile,omitempty"` // by field, as the service takes it
}

// DryRun tells what Run would do: it reads the inputs, makes nothing and sends nothing.
func DryRun(ctx context.Context, inputs []string, dir string, o Options, h Host) (Forecast, error) {
	inputs, err := reader.Expand(inputs)
	if err != nil {
		return Forecast{}, inputError(err)
	}
	if err := o.Validate(); err != nil {
		return Forecast{}, err
	}
	if dir == "" {
		dir = DefaultDir(inputs[0])
	}
	if _, err := open(dir, h); err == nil {
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
	h.Announce(src.Reader)
	f, err := o.foresee(ctx, src, nil, 0)
	f.Ping = o.ping(h.Access)
	return f, err
}

// foresee reads on to the end, without the rows that are settled. again are rows that are sent besides.
func (o Options) foresee(ctx context.Context, src *source, settled checkpoint.Ranges, again int64) (Forecast, error) {
	rows, invalid, first, err := count(ctx, src, settled)
	f := o.forecast(rows+again, invalid)
	f.Columns, f.NotSent, f.First = src.Detected().Map, src.Unsent(), first
	return f, err
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
	var again int64
	if state.QuotaMet {
		again = state.Tally.QuotaExceeded // sent again when the others are through
	}
	h.Announce(src.Reader)
	f, err := j.options.foresee(ctx, src, settled, again)
	f.Ping = j.options.ping(j.spec.Access)
	return f, err
}

// DryRetry tells what Retry would do to a job that is complete.
func DryRetry(dir, only string, overlay func(*Options) error, h Host) (Forecast, error) {
	j, err := look(dir, overlay, h)
	if err != nil {
		return Forecast{}, err
	}
	if !j.state.Complete {
		return Forecast{}, fault.New(fault.Usage, fault.Hintf("it goes on with what is left: %s", j.spec.resume(dir).With("dry-run", "")),
			"the job in %s is not complete, and what a retry would find is not known", dir)
	}
	f := j.options.forecast(j.sendable(only != "quota", only != "failed"), 0)
	f.Ping = j.options.ping(j.spec.Access)
	return f, nil
}

// count reads on to the end, without the rows that are settled.
func count(ctx context.Context, src *source, settled checkpoint.Ranges) (rows, invalid int64, first *Account, err error) {
	const often = 1 << 12 // rows
	row := new(reader.Row)
	for {
		switch err := src.Read(row); {
		case errors.Is(err, io.EOF):
			return rows, invalid, first, nil
		case err != nil:
			return rows, invalid, first, inputError(err)
		}
		if row.Number%often == 0 && ctx.Err() != nil {
			return rows, invalid, first, ctx.Err()
		}
		if settled.Contains(row.Number) {
			continue
		}
		rows++
		if row.Fault != nil {
			invalid++
		} else if first == nil {
			first = &Account{strings.Clone(row.UserID), strings.Clone(row.Nick), strings.Clone(row.FaceURL), profile.Texts(row.Profile)}
		}
	}
}
