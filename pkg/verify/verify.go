// Package verify asks the service whether the accounts of a table are there, and whether they have the Nick
// and the FaceUrl of their rows.
//
// # Decisions
//
// Of several rows of a UserID one counts, as in an import, and only that one is asked about: see [Winner]. Each
// UserID is so asked about once, and is once in the files of rows, which may therefore be in any order and give the
// right accounts whenever they are imported. What a row does not give is not compared, because an import leaves it
// as it is.
//
// Which rows count is known only at the end of the inputs. So they are read twice, which is little beside the asking:
// package distinct finds the rows that are repeated, exactly and on the disk where there are many; of those a bit each
// stays in memory, 12 MiB for a hundred million rows. Standard input is copied to a temporary file as it is read;
// other pipes are refused, because nothing can be put in their place. Rejected: to ask about all rows and to look
// afterwards which of those that differ count. Where all differ that is no less work, and each would be asked about.
//
// The files of rows look like a job's outcome files, with each row's own number, and say in _map what Config.Reader
// maps: so they can be imported, and verified again, without a word.
package verify

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"

	"imimport/limiter"
	"imimport/pkg/bulk"
	"imimport/pkg/fault"
	"imimport/pkg/im"
	"imimport/pkg/output"
	"imimport/reader"
	"imimport/report"
	"imimport/retry"
)

// The commands' documented limits, in calls a second (documents 1047/34956, 1047/34917).
const (
	CheckRate    = 100
	PortraitRate = 200
)

const noAccount = 40003 // portrait_get: no such account (document 1047/34917)

// Client asks the service. *im.Client is one.
type Client interface {
	Check(context.Context, []string) ([]im.Result, im.Answer)
	Portraits(context.Context, []string) ([]im.Profile, im.Answer)
	Resign(im.Answer) error
}

// Config is one verification. Inputs, Client and Log are needed.
type Config struct {
	Inputs   []string
	Reader   reader.Config
	Dir      string // where missing.csv and different.csv go
	Profiles bool
	Winner   Winner
	Client   Client
	Rate     limiter.Config // zero is CheckRate for all, and PortraitRate for profiles
	NoLimit  bool
	Policy   retry.Policy
	Workers  int
	Stop     <-chan struct{}
	Progress func(done, total int64) // bytes; nil for none
	Log      *slog.Logger
	Budget   int // memory for finding repeated UserIDs; 0 is distinct.DefaultBudget
}

// Result is what was found. Rows = Present + Missing + Invalid + Repeated + NotKnown.
type Result struct {
	Rows          int64      `json:"rows"`
	Present       int64      `json:"present"`
	Missing       int64      `json:"missing"`
	Different     int64      `json:"different"`
	Invalid       int64      `json:"invalid"`            // rows that an import refuses; nobody is asked about them
	Repeated      int64      `json:"repeated,omitempty"` // another row of the UserID counts; nobody is asked about them
	NotKnown      int64      `json:"not_known"`          // the service gave a code in place of an answer
	NotCompared   int64      `json:"not_compared"`       // present, and the service gave a code in place of the profile
	ByCode        []CodeRows `json:"by_code,omitempty"`  // of NotKnown and NotCompared
	Requests      int64      `json:"requests"`
	Profiles      bool       `json:"profiles"`
	MissingFile   string     `json:"missing_file,omitempty"`
	DifferentFile string     `json:"different_file,omitempty"`
}

// CodeRows are the rows that a code stands for.
type CodeRows struct {
	Code    int    `json:"code"`
	Rows    int64  `json:"rows"`
	Meaning string `json:"meaning"`
}

// Agrees tells whether the service is known to have all that the table has.
func (r *Result) Agrees() bool {
	return r.Missing == 0 && r.Different == 0 && r.Invalid == 0 && r.NotKnown == 0 && r.NotCompared == 0
}

// Run asks about every row that counts. Its files are written even where they are empty, so that an old one does not
// stand for the new result; they have their names once all rows have been asked about. What cannot be written is
// of the kind fault.Disk or fault.Usage.
func Run(ctx context.Context, cfg Config) (result Result, err error) {
	copied, err := cfg.copyStandardInput()
	if err != nil {
		return result, err
	}
	defer copied.drop()
	cfg.Reader.Stdin = copied.first
	first, err := reader.Open(ctx, cfg.Inputs, cfg.Reader)
	if err != nil {
		return result, err
	}
	defer first.Close() //nolint:errcheck // it is only read
	missing, different := filepath.Join(cfg.Dir, "missing."+first.Format()), filepath.Join(cfg.Dir, "different."+first.Format())
	if err := cfg.refuseInputs(missing, different); err != nil {
		return result, err
	}
	if err := first.Scan(); err != nil {
		return result, err
	}
	v := &verification{cfg: cfg, result: &result, unknown: map[int]int64{}, uncompared: map[int]int64{}}
	result.Profiles = cfg.Profiles
	layout := report.Layout{JSON: first.Format() == "jsonl", Columns: first.Columns(), Sources: first.Sources(), Map: first.Map()}
	if v.missing, err = create(missing, layout); err != nil {
		return result, err
	}
	defer v.missing.file.Drop() // nothing is left to drop once it is kept
	result.MissingFile = missing
	if cfg.Profiles {
		layout.Service = true
		if v.different, err = create(different, layout); err != nil {
			return result, err
		}
		defer v.different.file.Drop()
		result.DifferentFile = different
	}
	if v.rows, err = cfg.findRepeated(ctx, first); err != nil {
		return result, err
	}
	cfg.Reader.Stdin = copied.again()
	if v.reader, err = reader.Open(ctx, cfg.Inputs, cfg.Reader); err != nil {
		return result, err
	}
	defer v.reader.Close() //nolint:errcheck // it is only read
	if err := v.run(ctx); err != nil {
		return result, err
	}
	err = v.missing.keep()
	if err == nil && cfg.Profiles {
		err = v.different.keep()
	}
	return result, err
}

// refuseInputs sees to it that nothing is written over what is read.
func (cfg Config) refuseInputs(missing, different string) error {
	hint := fault.Hintf("name another directory for the results with %s", fault.Option{Key: "out"})
	err := output.RefuseInputs(missing, cfg.Inputs, hint)
	if err == nil && cfg.Profiles {
		if err = output.RefuseInputs(different, cfg.Inputs, hint); err == nil && output.Same(missing, different) {
			err = fault.New(fault.Usage, hint, "%q and %q are one file", missing, different)
		}
	}
	return err
}

type verification struct {
	cfg                 Config
	reader              *reader.Reader
	result              *Result
	missing, different  *table
	unknown, uncompared map[int]int64 // rows by code; the second is of the goroutine that asks for profiles
	rows                *firstReading
	check, portrait     *limiter.Limiter
}

// run asks about all rows, and for the profiles of those that are there.
func (v *verification) run(ctx context.Context) error {
	for _, l := range []struct {
		to   **limiter.Limiter
		rate float64
	}{{&v.check, CheckRate}, {&v.portrait, PortraitRate}} {
		cfg := v.cfg.Rate
		if cfg.Rate == 0 && !v.cfg.NoLimit {
			cfg.Rate = l.rate
		}
		var err error
		if *l.to, err = limiter.New(cfg); err != nil {
			return err
		}
	}
	b := bulk.Config{Limiter: v.check, Policy: v.cfg.Policy, Workers: v.cfg.Workers, Resign: v.cfg.Client.Resign, Stop: v.cfg.Stop, Log: v.cfg.Log}
	p := v.startProfiles(ctx, b)
	n, err := bulk.Run(ctx, b, v.next, v.ask, func(rows []reader.Row, results []im.Result) error {
		present, err := v.settle(rows, results)
		if err == nil && v.cfg.Profiles && len(present) > 0 {
			err = p.add(present)
		}
		return err
	})
	v.result.Requests = n
	more, profileErr := p.end()
	v.result.Requests += more
	if profileErr != nil && !errors.Is(err, profileErr) {
		err = errors.Join(err, profileErr)
	}
	v.result.ByCode = byCode(v.unknown, v.uncompared)
	return err
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

// profiles is the asking for profiles, which goes on beside the other: each command has its own limit. It has
// a goroutine, which ends with end, and alone counts the rows that differ.
type profiles struct {
	feed     chan []reader.Row
	ended    chan struct{} // closed by the goroutine
	requests int64         // valid once ended
	err      error
}

func (v *verification) startProfiles(ctx context.Context, b bulk.Config) *profiles {
	p := &profiles{feed: make(chan []reader.Row, feedAhead), ended: make(chan struct{})}
	b.Limiter = v.portrait
	go func() {
		defer close(p.ended)
		next := func() ([]reader.Row, bool, error) {
			rows, ok := <-p.feed
			return rows, ok, nil
		}
		p.requests, p.err = bulk.Run(ctx, b, next, v.askProfiles, v.compare)
	}()
	return p
}

const feedAhead = 64 // calls

// add hands the rows of a call over.
func (p *profiles) add(rows []reader.Row) error {
	select {
	case p.feed <- rows:
		return nil
	case <-p.ended:
		return p.err
	}
}

func (p *profiles) end() (requests int64, err error) {
	close(p.feed)
	<-p.ended
	return p.requests, p.err
}

// next is the next call's rows: of those that were there at the first reading, the ones that count.
func (v *verification) next() ([]reader.Row, bool, error) {
	rows := make([]reader.Row, 0, bulk.Size)
	for len(rows) < bulk.Size && v.result.Rows < v.rows.last.Row {
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

// settle counts a call's rows and gives those that are there. A row is missing only where the service says so.
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
			if err := v.missing.write(v.settled(&rows[i], "missing", "the service has no such account")); err != nil {
				return nil, err
			}
		}
	}
	return present, nil
}

func (v *verification) askProfiles(ctx context.Context, rows []reader.Row) ([]im.Profile, im.Answer) {
	return v.cfg.Client.Portraits(ctx, userIDs(rows))
}

func (v *verification) compare(rows []reader.Row, profiles []im.Profile) error {
	for i := range rows {
		row, p := &rows[i], profiles[i]
		if p.Code != 0 && p.Code != noAccount {
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
		if err := v.different.write(s); err != nil {
			return err
		}
	}
	return nil
}

// difference says what the service has not as the row gives it, "" for nothing.
func difference(row *reader.Row, p im.Profile) string {
	nick := row.Nick != "" && row.Nick != p.Nick
	faceURL := row.FaceURL != "" && row.FaceURL != p.FaceURL
	switch {
	case !p.Found:
		return "the service has no profile of it"
	case nick && faceURL:
		return "another Nick and FaceUrl"
	case nick:
		return "another Nick"
	case faceURL:
		return "another FaceUrl"
	}
	return ""
}

// settled is a row for a file of results, with the number and the place that it has in the table it came from.
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
