// Package verify asks the service whether the accounts of a table are there, and whether they have the Nick,
// the FaceUrl and the other values of the profile of their rows.
//
// # Decisions
//
// Of several rows of a UserID one counts, as in an import (see [distinct.Rule]), and only that one is asked about. So the
// files of rows name each UserID once, and give the right accounts in whichever order they are imported. A field
// that a row does not give is not compared: an import leaves it as it is.
//
// Which rows count is known only at the end of the inputs. So they are read twice, which takes little time beside the
// asking. The first reading finds the repeated rows, on the disk if there are many, and keeps a bit for each of them: 12
// MiB for a hundred million rows. Standard input is copied to a temporary file; other pipes are refused. Rejected: to ask
// about all rows, and to look afterwards which of those that differ count. If all rows differ, that is no less work.
//
// Finding repeated rows may use 16 MiB, as before an import, not the 96 MiB of package distinct: verify of two million
// rows took 165 MB, and takes 40 MB (49 with profiles). From some 400,000 rows on it needs a temporary file of 24 bytes a
// row.
//
// The files of rows look like a job's outcome files, and say in _map what Config.Reader maps: they can be imported, and
// verified again, without any option.
package verify

import (
	"context"
	"log/slog"
	"time"

	"imimport/pkg/distinct"
	"imimport/pkg/fault"
	"imimport/pkg/im"
	"imimport/pkg/profile"
	"imimport/reader"
	"imimport/report"
	"imimport/retry"
)

// Client asks the service. *im.Client is one.
type Client interface {
	Check(context.Context, []string) ([]im.Result, im.Answer)
	Portraits(context.Context, []string, []*profile.Field) ([]im.Profile, im.Answer)
	Resign(im.Answer) error
}

// Config is one verification. Inputs, Client and Log are needed.
type Config struct {
	Inputs    []string
	Reader    reader.Config
	Dir       string // where missing.csv and different.csv go
	Profiles  bool
	Counts    distinct.Rule // which of the valid rows of a UserID counts
	Settled   bool          // the input is a job's outcome file, in the order of settling: its rows count by their _row
	Client    Client
	Rate      float64 // of each command; 0 is the one that the service documents, limiter.None no limit
	Policy    retry.Policy
	MaxOutage time.Duration // as in package bulk
	Workers   int           // calls in flight of each command; 0 is 50
	Stop      <-chan struct{}
	Progress  func(done, total int64) // bytes; nil for none
	Log       *slog.Logger
	Budget    int // bytes of memory for finding repeated UserIDs; 0 is 16 MiB
}

// Result is what was found. Rows = Present + Missing + Invalid + Repeated + NotKnown.
type Result struct {
	Rows          int64      `json:"rows"`
	Present       int64      `json:"present"`
	Missing       int64      `json:"missing"`
	Different     int64      `json:"different"`
	Invalid       int64      `json:"invalid"`            // rows that an import refuses; they are not asked about
	Repeated      int64      `json:"repeated,omitempty"` // another row of the UserID counts; they are not asked about
	NotKnown      int64      `json:"not_known"`          // the service gave a code in place of an answer
	NotCompared   int64      `json:"not_compared"`       // present, but the service gave a code in place of the profile
	ByCode        []CodeRows `json:"by_code,omitempty"`  // of NotKnown and NotCompared
	Requests      int64      `json:"requests"`
	Profiles      bool       `json:"profiles"`
	MissingFile   string     `json:"missing_file,omitempty"`
	DifferentFile string     `json:"different_file,omitempty"`
}

// CodeRows is how many rows have a code in place of an answer.
type CodeRows struct {
	Code    int    `json:"code"`
	Rows    int64  `json:"rows"`
	Meaning string `json:"meaning"`
}

// Agrees tells whether the service is known to have all accounts of the table, as their rows are.
func (r *Result) Agrees() bool {
	return r.Missing == 0 && r.Different == 0 && r.Invalid == 0 && r.NotKnown == 0 && r.NotCompared == 0
}

// Run asks about every row that counts. The files of rows are written even if they are empty, so that an old one is not
// taken for the new result; they get their names at the end.
//
// Its errors are faults: Usage before anything was asked, Refused and Unreachable if the service does not answer, Disk for a file
// that cannot be written, Interrupted for Stop and ctx, Internal for a panic; or those of package reader.
func Run(ctx context.Context, cfg Config) (result Result, err error) {
	defer func() {
		if err != nil && ctx.Err() != nil {
			err = interrupted()
		}
	}()
	copied, err := cfg.copyStandardInput()
	if err != nil {
		return result, err
	}
	defer copied.drop()
	cfg.Reader.Stdin, cfg.Reader.Progress = copied.first, cfg.Progress
	first, err := reader.Open(ctx, cfg.Inputs, cfg.Reader)
	if err != nil {
		return result, err
	}
	defer first.Close() //nolint:errcheck // it is only read
	if err := cfg.refuseInputs(first.Format()); err != nil {
		return result, err
	}
	if err := first.Scan(); err != nil {
		return result, err
	}
	result.Profiles = cfg.Profiles
	layout := report.Layout{JSON: first.Format() == "jsonl", Columns: first.Columns(), Sources: first.Sources(), Map: first.Map(), Resent: first.Resends(), Excel: first.Workbook()}
	v := &verification{cfg: cfg, result: &result, unknown: map[int]int64{}, uncompared: map[int]int64{}}
	if v.tables, err = cfg.createTables(first.Format(), layout); err != nil {
		return result, err
	}
	defer v.tables.drop() // nothing is left to drop once they are kept
	if result.MissingFile, result.DifferentFile = cfg.paths(first.Format()); !cfg.Profiles {
		result.DifferentFile = ""
	}
	if v.rows, err = cfg.findRepeated(first); err != nil {
		return result, err
	}
	if v.reader = first.Again(ctx); copied.first != nil {
		cfg.Reader.Stdin = copied.again()
		if v.reader, err = reader.Open(ctx, cfg.Inputs, cfg.Reader); err != nil {
			return result, err
		}
	}
	defer v.reader.Close() //nolint:errcheck // it is only read
	if err := v.run(ctx); err != nil {
		return result, err
	}
	return result, v.tables.keep()
}

func interrupted() error { return fault.New(fault.Interrupted, fault.Hint{}, "interrupted") }
