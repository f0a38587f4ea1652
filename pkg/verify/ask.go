package verify

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"imimport/limiter"
	"imimport/pkg/bulk"
	"imimport/pkg/fault"
	"imimport/pkg/im"
	"imimport/reader"
	"imimport/report"
)

// verification is the second reading, in which the rows that count are asked about.
type verification struct {
	cfg                 Config
	reader              *reader.Reader
	rows                *firstReading
	tables              tables
	result              *Result
	unknown, uncompared map[int]int64 // rows by code; the second is of the goroutine that asks for profiles
}

// run asks about all rows, and for the profiles of the accounts that exist.
func (v *verification) run(ctx context.Context) error {
	check, err := v.cfg.limiter(im.AccountCheck)
	if err != nil {
		return err
	}
	portrait, err := v.cfg.limiter(im.PortraitGet)
	if err != nil {
		return err
	}
	b := bulk.Config{Limiter: check, Beside: []*limiter.Limiter{portrait}, Policy: v.cfg.Policy, MaxOutage: v.cfg.MaxOutage, Workers: v.cfg.Workers,
		Resign: v.cfg.Client.Resign, Stop: v.cfg.Stop, Log: v.cfg.Log}
	var p *profiles // nil asks for none
	if v.cfg.Profiles {
		p = v.startProfiles(ctx, b, portrait)
	}
	v.result.Requests, err = bulk.Run(ctx, b, v.next, v.ask, func(rows []reader.Row, results []im.Result) error {
		present, err := v.settle(rows, results)
		if err == nil && p != nil && len(present) > 0 {
			err = p.add(present)
		}
		return err
	})
	if p != nil {
		if ended := p.end(); ended != nil && !errors.Is(err, ended) {
			err = errors.Join(err, ended)
		}
		v.result.Requests += p.requests
	}
	v.result.ByCode = byCode(v.unknown, v.uncompared)
	return err
}

// limiter is that of a command: its documented limit, unless another one was asked for.
func (cfg Config) limiter(c im.Command) (*limiter.Limiter, error) {
	l, err := limiter.New(cmp.Or(cfg.Rate, c.PerSecond))
	return l, fault.As(fault.Usage, err)
}

// byCode lists the rows of each code, in the order of the codes.
func byCode(counts ...map[int]int64) (list []CodeRows) {
	sum := map[int]int64{}
	for _, count := range counts {
		for code, rows := range count {
			sum[code] += rows
		}
	}
	for _, code := range slices.Sorted(maps.Keys(sum)) {
		list = append(list, CodeRows{code, sum[code], im.Lookup(code).Meaning})
	}
	return list
}

// profiles asks for profiles at the same time: each command has its own limit. Its goroutine ends with end, and alone
// counts the rows that differ.
type profiles struct {
	feed     chan []reader.Row // of a call each
	ended    chan struct{}     // closed by the goroutine
	requests int64             // valid once ended, as err
	err      error
}

const feedAhead = 64 // calls

func (v *verification) startProfiles(ctx context.Context, b bulk.Config, l *limiter.Limiter) *profiles {
	p := &profiles{feed: make(chan []reader.Row, feedAhead), ended: make(chan struct{})}
	b.Limiter, b.Beside = l, []*limiter.Limiter{b.Limiter}
	go func() {
		defer close(p.ended)
		next := func() ([]reader.Row, bool, error) {
			rows, ok := <-p.feed
			return rows, ok, nil
		}
		p.requests, p.err = bulk.Run(ctx, b, next, v.askProfiles, v.compare) // which makes a fault of a panic
	}()
	return p
}

// add hands the rows of a call over.
func (p *profiles) add(rows []reader.Row) error {
	select {
	case p.feed <- rows:
		return nil
	case <-p.ended:
		return p.err
	}
}

// end waits until all rows that were handed over have been asked about.
func (p *profiles) end() error {
	close(p.feed)
	<-p.ended
	return p.err
}

// next gives the rows of the next call: the ones that count, of those that were there at the first reading.
func (v *verification) next() ([]reader.Row, bool, error) {
	rows := make([]reader.Row, 0, im.AccountCheck.PerCall)
	for len(rows) < im.AccountCheck.PerCall && v.result.Rows < v.rows.last.Row {
		row := new(reader.Row)
		if err := v.rows.read(v.reader, row); err != nil {
			return nil, false, err
		}
		v.result.Rows++
		switch {
		case row.Fault != nil:
			v.result.Invalid++
		case v.rows.repeated.has(v.cfg.place(row)):
			if v.result.Repeated++; v.result.Repeated > v.rows.repeats {
				return nil, false, v.cfg.sameNumber(row)
			}
		default:
			rows = append(rows, *row)
		}
	}
	if v.cfg.Progress != nil {
		v.cfg.Progress(v.reader.Bytes())
	}
	return rows, len(rows) > 0, nil
}

func userIDs(rows []reader.Row) []string {
	ids := make([]string, len(rows))
	for i := range rows {
		ids[i] = rows[i].UserID
	}
	return ids
}

func (v *verification) ask(ctx context.Context, rows []reader.Row) ([]im.Result, im.Answer) {
	return v.cfg.Client.Check(ctx, userIDs(rows))
}

// settle counts a call's rows and returns those whose accounts are there. A row is missing only if the service says so.
func (v *verification) settle(rows []reader.Row, results []im.Result) ([]reader.Row, error) {
	present := rows[:0]
	for i, r := range results {
		switch {
		case r.ResultCode != 0:
			v.result.NotKnown++
			v.unknown[r.ResultCode]++
		case r.AccountStatus == "Imported":
			v.result.Present++
			present = append(present, rows[i])
		default:
			v.result.Missing++
			if err := v.tables.missing.Append(v.settled(&rows[i], "missing", "the service has no such account")); err != nil {
				return nil, err
			}
		}
	}
	return present, nil
}

func (v *verification) askProfiles(ctx context.Context, rows []reader.Row) ([]im.Profile, im.Answer) {
	return v.cfg.Client.Portraits(ctx, userIDs(rows), v.reader.Profile())
}

// compare looks for differences between rows and their profiles.
func (v *verification) compare(rows []reader.Row, profiles []im.Profile) error {
	for i := range rows {
		row, p := &rows[i], profiles[i]
		if p.Code != 0 && p.Code != im.CodeNoAccount {
			v.result.NotCompared++
			v.uncompared[p.Code]++
			continue
		}
		reason := difference(row, p)
		if reason == "" {
			continue
		}
		v.result.Different++
		s := v.settled(row, "different", reason)
		s.ServiceNick, s.ServiceFaceURL = p.Nick, p.FaceURL
		if err := v.tables.different.Append(s); err != nil {
			return err
		}
	}
	return nil
}

// difference says in which fields the service differs from the row, "" for none.
func difference(row *reader.Row, p im.Profile) string {
	if !p.Found {
		return "the service has no profile of it"
	}
	var fields []string
	if row.Nick != "" && row.Nick != p.Nick {
		fields = append(fields, "Nick")
	}
	if row.FaceURL != "" && row.FaceURL != p.FaceURL {
		fields = append(fields, "FaceUrl")
	}
	for _, v := range row.Profile {
		if p.Value(v.Field) != v.Text {
			fields = append(fields, v.Name)
		}
	}
	if len(fields) == 0 {
		return ""
	}
	return "another " + strings.Join(fields, " and ")
}

// settled is a row for one of the files, with the number and the place that it has in the table it came from.
func (v *verification) settled(row *reader.Row, class, reason string) *report.Settled {
	s := &report.Settled{Row: row.Number, File: reader.PublicName(v.cfg.Inputs[row.File]), Line: row.Line, UserID: row.UserID,
		Class: class, Reason: reason, Fields: row.Fields, Object: row.Object}
	if p := row.Prior; p != nil {
		s.Row, s.Attempts = p.Row, p.Attempts
		if p.File != "" {
			s.File, s.Line = p.File, p.Line
		}
	}
	return s
}
