// Package syncrun sends what changed since the last sync: the same files come again, and one row in a hundred
// differs. It compares them with the state of earlier syncs (pkg/syncstate), makes a job of the rows that differ, runs
// it (pkg/job), and records in the state what the service accepted.
//
// # Exact after a kill
//
// A sync is noted in the state before its job begins. The next sync, whatever became of that job, first records what
// the job has down as succeeded, and marks as unknown what may have reached the service without a word: rows without an
// outcome, and rows whose tries were used up. An unknown account differs from every row, so it is sent again, even
// if the files have the values of two syncs ago. What the old job left is not resumed, and resume and retry refuse it:
// the new files have those rows, or something newer.
//
// # Decisions
//
// One row of a UserID is sent, the one that counts. Invalid rows go into the job too, so that they are in its failed
// file; an account with an invalid row is not gone, with or without spaces around its UserID. If a row has no
// UserID, or one that may have come from another column, or is damaged in its form (reader.RowError.Form), it may have
// swallowed others: the rest is sent, and nobody is deleted. Accounts that are gone stay in the state, and are listed by
// each sync until they are deleted, because the service still has them.
//
// Files are opened once and read twice, so standard input and URLs are refused. The second reading copies what is sent.
// If accounts are to be deleted it goes on to the end, and a table that is not the same to the byte, or that has grown
// meanwhile, stops the sync before anything is sent. The job's own input is written as outcome files are, with the place of each row: outcomes are told in terms
// of the user's files, and an invalid row stays what it was. Deleting is the last part of the job, so that its summary
// and exit code tell of it. All calls share one limiter.
//
// Measured on two cores, ten million rows of which none changed: 7.3 s, 53 MB, no request (see BenchmarkState).
// Ten syncs over a million rows (TestTenSyncs says how): 226 s, every request accounted for.
package syncrun

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"imimport/pkg/bulk"
	"imimport/pkg/checkpoint"
	"imimport/pkg/fault"
	"imimport/pkg/im"
	"imimport/pkg/importer"
	"imimport/pkg/job"
	"imimport/pkg/option"
	"imimport/pkg/profile"
	"imimport/pkg/syncstate"
	"imimport/report"
)

// Client is what deleting and rebuilding ask. *im.Client is one.
type Client interface {
	Check(context.Context, []string) ([]im.Result, im.Answer)
	Portraits(context.Context, []string, []*profile.Field) ([]im.Profile, im.Answer)
	Delete(context.Context, []string) ([]im.Result, im.Answer)
	Resign(im.Answer) error
}

// Config is one sync. Dir, Inputs, Binding and Host are needed.
type Config struct {
	Dir     string
	Inputs  []string
	Binding syncstate.Binding
	Options job.Options
	Host    job.Host
	Command string  // goes on after a stop: this sync again, without a secret
	Keep    int     // job directories that stay; 0 is 14
	Shrink  float64 // the most that the files may shrink, a fraction of their rows; below 0 is 0.1

	Delete  bool         // delete accounts that are gone
	MaxGone option.Bound // of the accounts in the state

	Rebuild string // "", a job directory, or [FromService]
	Client  func(context.Context) (Client, error)
	Bulk    bulk.Config // for Client's calls; its limiters are made here

	Now func() time.Time // nil is time.Now
}

// FromService makes the state anew from what the service says.
const FromService = "service"

// Plan is what a comparison has found, and what follows from it.
type Plan struct {
	Rows     int64         `json:"rows"`
	Same     int64         `json:"unchanged"`
	New      int64         `json:"new"`
	Changed  int64         `json:"changed"`
	Again    int64         `json:"again"`   // sent before, and failed or met the quota
	Invalid  int64         `json:"invalid"` // rows that are invalid, and go into the failed file
	Repeated int64         `json:"repeated"`
	Gone     int64         `json:"gone"`
	Deleted  int64         `json:"deleted"`
	Send     int64         `json:"send"`
	Takes    time.Duration `json:"-"`
	Seconds  float64       `json:"seconds"` // that sending takes at the least
	Job      string        `json:"job,omitempty"`
	DryRun   bool          `json:"dry_run,omitempty"`
}

func (p Plan) String() string {
	text := fmt.Sprintf("%d rows: %d unchanged, %d new, %d changed, %d invalid, %d gone; %d to be sent",
		p.Rows, p.Same, p.New, p.Changed, p.Invalid, p.Gone, p.Send)
	if p.Again > 0 {
		text += fmt.Sprintf(" (%d again, which failed before)", p.Again)
	}
	if p.Repeated > 0 {
		text += fmt.Sprintf(" (%d repeat a UserID)", p.Repeated)
	}
	return text
}

// ErrBusy tells that another sync works on the state.
var ErrBusy = errors.New("another sync works on this state")

const (
	defaultKeep = 14
	defaultMost = 0.1
)

func refuse(hint fault.Hint, format string, args ...any) error {
	return fault.New(fault.Usage, hint, format, args...)
}

// run is one sync at work.
type run struct {
	cfg   Config
	lanes []importer.Lane // of all calls, the job's and the sync's own
	state *syncstate.State
	fresh bool // there was no state
}

// Run is a whole sync.
func Run(ctx context.Context, cfg Config) (report.Summary, Plan, error) {
	s, unlock, err := open(cfg)
	if err != nil {
		return report.Summary{}, Plan{}, err
	}
	defer unlock() //nolint:errcheck // it ends with the process at the latest
	if err := s.ready(ctx); err != nil {
		return report.Summary{}, Plan{}, err
	}
	if len(s.cfg.Inputs) == 0 { // only rebuilt
		all, _ := s.state.Records()
		cfg.Host.Log.Info(fmt.Sprintf("the state is made anew: %d accounts", all), "event", "sync.rebuilt", "accounts", all)
		return report.Summary{}, Plan{Rows: all}, nil
	}
	table, err := s.openTable(ctx)
	if err != nil {
		return report.Summary{}, Plan{}, err
	}
	defer table.Close() //nolint:errcheck // it is only read
	sel, err := s.compare(table)
	if err != nil {
		return report.Summary{}, Plan{}, err
	}
	plan := sel.plan(&s.cfg)
	cfg.Host.Log.Info(plan.String(), "event", "sync.compared", "rows", plan.Rows, "new", plan.New, "changed", plan.Changed,
		"invalid", plan.Invalid, "gone", plan.Gone)
	before := s.state.Note()
	dir, err := s.begin(ctx, sel)
	if err != nil {
		return report.Summary{}, plan, err
	}
	plan.Job = dir
	last := ""
	if before.Job != "" {
		last = filepath.Join(s.cfg.Dir, jobsDir, before.Job)
	}
	n := job.Sync{Before: last, Files: cfg.Inputs, Next: cfg.Command, Lanes: s.lanes, Found: report.Sync{Rows: plan.Rows, New: plan.New, Changed: plan.Changed,
		Unchanged: plan.Same, Again: plan.Again, Invalid: plan.Invalid, Gone: plan.Gone}}
	if sel.mayDelete {
		n.After = func(ctx context.Context) (int64, error) {
			err := renameGone(dir)
			if err == nil {
				plan.Deleted, err = s.deleteGone(ctx, dir, sel.gone)
			}
			cfg.Host.Log.Info(fmt.Sprintf("%d accounts that were gone are deleted", plan.Deleted), "event", "sync.deleted", "accounts", plan.Deleted)
			return plan.Deleted, err
		}
	}
	summary, err := job.RunSync(ctx, filepath.Join(dir, inputName(table.Format())), dir, n, s.jobOptions(sel), s.cfg.Host)
	if summary.State == "" { // no job was made, and nothing sent
		return summary, plan, errors.Join(err, s.undo(dir, before))
	}
	took := errors.Join(renameGone(dir), s.settleLast(context.WithoutCancel(ctx))) // a signal does not undo what was accepted
	if took != nil && err == nil {
		kind := fault.KindOf(took)
		summary.State, summary.StopReason, summary.ExitCode, summary.Next = "stopped", kind.String(), cfg.Host.ExitCode(kind), cfg.Command
	}
	if err = errors.Join(err, took); err != nil {
		return summary, plan, err
	}
	s.prune()
	return summary, plan, nil
}

// DryRun tells what Run would do, and leaves everything as it is.
func DryRun(ctx context.Context, cfg Config) (Plan, error) {
	s, unlock, err := open(cfg)
	if err != nil {
		return Plan{}, err
	}
	defer unlock() //nolint:errcheck // it ends with the process at the latest
	if err := s.ready(ctx); err != nil {
		return Plan{}, err
	}
	table, err := s.openTable(ctx)
	if err != nil {
		return Plan{}, err
	}
	defer table.Close() //nolint:errcheck // it is only read
	sel, err := s.compare(table)
	if err != nil {
		return Plan{}, err
	}
	plan := sel.plan(&s.cfg)
	plan.DryRun = true
	return plan, nil
}

// open locks the state's directory and reads the state.
func open(cfg Config) (*run, func() error, error) {
	if cfg.Keep == 0 {
		cfg.Keep = defaultKeep
	}
	if cfg.Shrink < 0 {
		cfg.Shrink = defaultMost
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Delete && !cfg.MaxGone.Set {
		return nil, nil, refuse(fault.Hintf("say how many accounts may be deleted at the most: %s, or %s", fault.Option{Key: "max-gone", Value: "100"}, fault.Option{Key: "max-gone", Value: "1%"}),
			"deleting accounts that are gone needs a bound")
	}
	if err := vacant(cfg.Dir); err != nil {
		return nil, nil, err
	}
	switch err := checkpoint.Own(cfg.Dir); {
	case errors.Is(err, checkpoint.ErrNotOwn):
		return nil, nil, refuse(fault.Hintf("name another directory with %s", stateOption), "state: %w", err)
	case err != nil:
		return nil, nil, fault.New(fault.Disk, fault.Hintf("name another directory with %s", stateOption), "make state: %w", err)
	}
	for _, name := range []string{"records", jobsDir} { // what is in them is written and removed by name
		if info, err := os.Lstat(filepath.Join(cfg.Dir, name)); err == nil && !info.IsDir() {
			return nil, nil, refuse(fault.Hintf("name another directory with %s", stateOption), "state: %s in %s is no directory but a link or a file", name, cfg.Dir)
		}
	}
	lock, err := checkpoint.Lock(cfg.Dir)
	switch {
	case errors.Is(err, checkpoint.ErrLocked):
		return nil, nil, fault.New(fault.Disk, fault.Hintf("wait for it; %s makes a second sync end without a fault", fault.Option{Key: "if-running", Value: "skip"}),
			"%w: %s", ErrBusy, cfg.Dir)
	case err != nil:
		return nil, nil, fault.New(fault.Disk, fault.Hintf("the state must be writable"), "%w", err)
	}
	s := &run{cfg: cfg}
	s.lanes, err = cfg.Options.Lanes()
	if err == nil {
		err = s.load()
	}
	if err != nil {
		return nil, nil, errors.Join(fault.As(fault.Usage, err), lock.Unlock())
	}
	removeLeft(cfg.Dir)
	return s, lock.Unlock, nil
}

func (s *run) load() (err error) {
	if s.cfg.Rebuild != "" {
		s.state = syncstate.New(s.cfg.Dir, s.cfg.Binding)
		return nil
	}
	s.state, err = syncstate.Open(s.cfg.Dir, s.cfg.Binding)
	if errors.Is(err, syncstate.ErrNone) {
		s.state, s.fresh, err = syncstate.New(s.cfg.Dir, s.cfg.Binding), true, nil
	}
	return stateError(err)
}

// stateError says the way on from a state that cannot be used.
func stateError(err error) error {
	var damaged *syncstate.DamagedError
	var foreign *syncstate.ForeignError
	switch {
	case errors.As(err, &foreign):
		return refuse(fault.Hintf("name the state of this app with %s, or a new directory: the first sync into it sends every row", stateOption), "%w", err)
	case errors.As(err, &damaged):
		return fault.New(fault.Disk, fault.Hintf("nothing was sent; make the state anew from the service (%s) or from a finished job (%s), or name a new directory with %s",
			fault.Option{Key: "rebuild", Value: FromService}, fault.Option{Key: "rebuild", Value: "JOB"}, stateOption), "%w", err)
	}
	return fault.As(fault.Disk, err)
}

// stateOption names the state's directory.
var stateOption = fault.Option{Key: "state"}

// vacant refuses a directory that holds something else.
func vacant(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return refuse(fault.Hintf("name a directory with %s", stateOption), "read state: %w", err)
	}
	other := ""
	for _, e := range entries {
		switch name := e.Name(); {
		case slices.Contains([]string{"state.json", "records", jobsDir}, name):
			return nil
		case name == checkpoint.LockName || strings.HasPrefix(name, ".sort-"): // of a first sync that was killed
		case other == "":
			other = name
		}
	}
	if other != "" {
		return refuse(fault.Hintf("name another directory with %s", stateOption), "%s is not empty and holds no state (%s is in it)", dir, other)
	}
	return nil
}

// ready brings the state up to what earlier syncs have reached.
func (s *run) ready(ctx context.Context) error {
	if s.cfg.Rebuild != "" {
		return s.rebuild(ctx)
	}
	if s.fresh {
		return nil
	}
	return s.settleLast(ctx)
}
