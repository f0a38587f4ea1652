package syncrun

import (
	"context"
	"errors"
	"io"
	"slices"

	"imimport/pkg/bulk"
	"imimport/pkg/distinct"
	"imimport/pkg/fault"
	"imimport/pkg/im"
	"imimport/pkg/job"
	"imimport/pkg/profile"
	"imimport/pkg/syncstate"
	"imimport/reader"
	"imimport/report"
)

// rebuild makes the state anew. The old one, damaged or not, is replaced when the new one is whole.
func (s *run) rebuild(ctx context.Context) error {
	c, err := s.state.Change()
	if err != nil {
		return stateError(err)
	}
	defer c.Close() //nolint:errcheck // Update has closed it, or nothing was changed
	note := syncstate.Note{}
	if s.cfg.Rebuild == FromService {
		err = s.fromService(ctx, c)
	} else {
		note.Rows, err = s.fromJob(ctx, c)
	}
	if err != nil {
		return fault.As(fault.Disk, err)
	}
	return stateError(s.state.Update(c, note))
}

// fromJob takes up what a job has down as succeeded; of several rows of a UserID the last.
func (s *run) fromJob(ctx context.Context, c *syncstate.Changes) (rows int64, err error) {
	l, err := job.OpenOutcomes(s.cfg.Rebuild, s.cfg.Host.Voice)
	if err != nil {
		return 0, err
	}
	if t := l.Summary.Target; t.Endpoint != s.cfg.Binding.Endpoint || t.SDKAppID != s.cfg.Binding.SDKAppID {
		return 0, refuse(fault.Hintf("name the job's own target, or another job"), "the job in %s went to %s, app %d", s.cfg.Rebuild, t.Endpoint, t.SDKAppID)
	}
	if l.Summary.State != "complete" {
		return 0, refuse(fault.Hintf("finish it first: %s", l.Summary.Next), "the job in %s is not complete", s.cfg.Rebuild)
	}
	in := syncstate.NewInput(s.cfg.Dir, distinct.Last)
	defer in.Close() //nolint:errcheck // a temporary file that stays is removed by the next sync
	err = l.Each(ctx, report.Succeeded, func(row *reader.Row) error { return in.Add(row.UserID, contentOf(row), row.Origin()) })
	if err != nil {
		return 0, err
	}
	var counts bitmap // the rows that do; the order of outcomes is not the order of rows
	if _, err := s.state.Compare(in, syncstate.Diff{New: counts.add}); err != nil {
		return 0, err
	}
	return l.Summary.Rows.Read, l.Each(ctx, report.Succeeded, func(row *reader.Row) error {
		if !counts.has(row.Origin()) {
			return nil
		}
		return c.Set(row.UserID, contentOf(row))
	})
}

func contentOf(row *reader.Row) uint64 {
	return syncstate.ContentOf(row.Nick, row.FaceURL, row.Profile...)
}

// fromService asks about the accounts of the inputs: those that are there as their row says are taken up, those
// that are there otherwise become unknown, and are sent.
func (s *run) fromService(ctx context.Context, c *syncstate.Changes) error {
	if len(s.cfg.Inputs) == 0 {
		return refuse(fault.Hintf("name the files whose accounts the service is asked about"), "to make the state anew from the service needs files")
	}
	client, err := s.cfg.Client(ctx)
	if err != nil {
		return err
	}
	r, err := reader.Open(ctx, s.cfg.Inputs, s.readerConfig())
	if err != nil {
		return err
	}
	defer r.Close() //nolint:errcheck // it is only read
	if err := r.Scan(); err != nil {
		return err
	}
	check, err := s.bulk(client, im.AccountCheck)
	if err != nil {
		return err
	}
	portraits, err := s.bulk(client, im.PortraitGet)
	if err != nil {
		return err
	}
	_, err = bulk.Run(ctx, check, rowsOf(r), func(ctx context.Context, rows []reader.Row) ([]im.Result, im.Answer) {
		return client.Check(ctx, userIDs(rows))
	}, func(rows []reader.Row, results []im.Result) error {
		var there []reader.Row
		for i, r := range results {
			if r.ResultCode == 0 && r.AccountStatus == "Imported" { // one that is not known is sent, which is always safe
				there = append(there, rows[i])
			}
		}
		return compareProfiles(ctx, portraits, client, there, r.Profile(), c)
	})
	if err != nil {
		return callError(err)
	}
	return nil
}

// compareProfiles takes accounts up that are there.
func compareProfiles(ctx context.Context, cfg bulk.Config, client Client, rows []reader.Row, fields []*profile.Field, c *syncstate.Changes) error {
	_, err := bulk.Run(ctx, cfg, chunks(rows, im.PortraitGet), func(ctx context.Context, rows []reader.Row) ([]im.Profile, im.Answer) {
		return client.Portraits(ctx, userIDs(rows), fields)
	}, func(rows []reader.Row, profiles []im.Profile) error {
		for i, p := range profiles {
			row, content := &rows[i], uint64(syncstate.Unknown)
			differs := func(v profile.Value) bool { return p.Value(v.Field) != v.Text }
			if p.Found && row.Nick == p.Nick && row.FaceURL == p.FaceURL && !slices.ContainsFunc(row.Profile, differs) {
				content = contentOf(row)
			}
			if err := c.Set(row.UserID, content); err != nil {
				return err
			}
		}
		return nil
	})
	return err
}

func userIDs(rows []reader.Row) []string {
	ids := make([]string, len(rows))
	for i := range rows {
		ids[i] = rows[i].UserID
	}
	return ids
}

// rowsOf gives the rows of calls, an account once in each: of several rows of one the last counts.
func rowsOf(r *reader.Reader) func() ([]reader.Row, bool, error) {
	return func() ([]reader.Row, bool, error) {
		rows, places := make([]reader.Row, 0, im.AccountCheck.PerCall), make(map[string]int, im.AccountCheck.PerCall)
		for len(rows) < im.AccountCheck.PerCall {
			row := new(reader.Row)
			err := r.Read(row)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return nil, false, err
			}
			if row.Fault != nil {
				continue
			}
			if i, known := places[row.UserID]; known {
				rows[i] = *row
				continue
			}
			places[row.UserID] = len(rows)
			rows = append(rows, *row)
		}
		return rows, len(rows) > 0, nil
	}
}
