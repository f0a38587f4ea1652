package job

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"
	"time"

	"imimport/pkg/checkpoint"
	"imimport/pkg/fault"
	"imimport/pkg/importer"
	"imimport/pkg/plain"
	"imimport/report"
)

// job is a job as it lies in its directory, and as this process goes on with it.
type job struct {
	host    Host
	dir     *directory
	spec    *spec
	options Options // the spec's, with what is asked of this run
	client  importer.Client
	state   checkpoint.State
	history *report.History
	budget  budget
	saving  *checkpoint.State // the last one that was written; of who calls importer.Config.Save
}

// open reads the job in a directory. It changes nothing, and does not need the lock: what only looks, looks at the
// last checkpoint.
func open(path string, h Host) (*job, error) { return openIn(at(path, h), h) }

// openLocked takes the job for this process first.
func openLocked(path string, h Host) (*job, error) {
	d := at(path, h)
	if _, err := os.Stat(d.file(specName)); err != nil {
		return nil, noJob(d.path, err)
	}
	if err := own(d.path); err != nil {
		return nil, err
	}
	if err := d.lock(); err != nil {
		return nil, err
	}
	j, err := openIn(d, h)
	if err != nil {
		return nil, errors.Join(err, d.close())
	}
	return j, nil
}

func openIn(d *directory, h Host) (*job, error) {
	if _, err := os.Stat(d.file(specName)); err != nil {
		return nil, noJob(d.path, err)
	}
	s, err := loadSpec(d.fs)
	if err != nil {
		return nil, fault.New(fault.Disk, fault.Hintf("nothing was changed; go on with the version of the program that made it, or import anew into another directory (%s), which the service allows", jobOption),
			"open job %s: %w", d.path, err)
	}
	j := &job{host: h, dir: d, spec: s, options: s.Options}
	state, err := checkpoint.Load(d.fs, s.ID)
	switch {
	case errors.Is(err, checkpoint.ErrNone): // killed before the first one: nothing had been sent
		state = &checkpoint.State{Job: s.ID, Pass: 1, SavedAt: time.Now()}
	case err != nil:
		return nil, fault.New(fault.Disk, fault.Hintf("nothing was changed; a job whose checkpoint is lost starts over in a new directory (%s), which the service allows", jobOption),
			"open job %s: %w", d.path, err)
	}
	j.state = *state
	return j, nil
}

// ask takes in what is asked of a job that goes on, and refuses what would make another job of it, or go on from files
// that are not as the job left them. Every way to go on comes through here, also those that send nothing.
func (j *job) ask(overlay func(*Options) error) error {
	if j.spec.Sync != nil {
		return fault.New(fault.Usage, fault.Hintf("sync again, which sends what is left, and nothing that has become old: %s", j.spec.resume(j.dir.path)),
			"the job in %s belongs to a sync, and cannot go on by itself", j.dir.path)
	}
	if err := j.spec.restate(j.dir.path, j.host.Inputs); err != nil {
		return err
	}
	if overlay != nil {
		if err := overlay(&j.options); err != nil {
			return fault.As(fault.Usage, err)
		}
	}
	was := &j.spec.Options
	if !was.Target.same(j.options.Target) {
		return j.foreignTarget()
	}
	if err := was.refuseOther(&j.options); err != nil {
		return err
	}
	if err := j.options.Validate(); err != nil {
		return err
	}
	if len(j.options.Accept) > len(was.Accept) { // for good: a later run comes to those rows again
		was.Accept, j.spec.unsaved = j.options.Accept, true
	}
	if !slices.Equal(j.spec.Access, access(j.host.Access)) {
		j.spec.Access, j.spec.unsaved = j.host.Access, true
	}
	return j.intact()
}

// look opens a job for a dry run: as reopen does, without its lock and without a client.
func look(path string, overlay func(*Options) error, h Host) (*job, error) {
	j, err := open(path, h)
	switch {
	case err != nil:
		return nil, err
	case checkpoint.Locked(path):
		return nil, busy(path)
	}
	if len(j.host.Access) == 0 { // what only looks needs no secret
		j.host.Access = j.spec.Access
	}
	return j, j.ask(overlay)
}

// takeUp makes a job ready to go on, after ask.
func (j *job) takeUp(ctx context.Context) error {
	j.history = loadHistory(j.dir.fs)
	if err := j.connect(ctx, j.spec.Dialect.Map); err != nil {
		return err
	}
	if killed := !j.state.Complete && j.state.StopReason == "" && j.state.Counters.Runs > 0; killed {
		j.history.Mark(j.state.SavedAt, report.MarkKill, "the process ended without a word")
	}
	return nil
}

// connect makes the client for rows of these columns, which tells the target that rows really go to.
func (j *job) connect(ctx context.Context, mapped map[string]string) (err error) {
	target, o := j.options.Target, j.options
	o.Map = mapped
	if j.client, j.options.Target, err = j.host.Connect(ctx, o, connections(o, mapped)); err != nil {
		return fault.As(fault.Usage, err)
	}
	if j.spec != nil && !target.same(j.options.Target) {
		return j.foreignTarget()
	}
	return nil
}

// connections are what the workers of every command need.
func connections(o Options, mapped map[string]string) int {
	workers := o.Effective().Workers
	if o.Batch > 1 || hasProfile(mapped) {
		return 2 * workers
	}
	return workers
}

func (j *job) foreignTarget() error {
	t := j.spec.Options.Target
	return fault.New(fault.Usage, fault.Hintf("name the job's own target or none, or start a new job in another directory (%s)", jobOption),
		"the job in %s goes to %s, app %d, and not to the target that this run names", j.dir.path, t.Endpoint, t.SDKAppID)
}

func (j *job) close() { _ = j.dir.close() }

// intact refuses outcome files that are not as the job left them: rows would be torn, or reported as what was never sent.
func (j *job) intact() error {
	for o := range report.Outcome(len(j.state.Lengths)) {
		if err := j.unchanged(o); err != nil {
			return err
		}
	}
	return nil
}

// unchanged finds out the sum, too, where an older version of the program has kept none.
func (j *job) unchanged(o report.Outcome) error {
	ended := j.state.Complete || j.state.Stopped() != fault.None && j.state.Stopped() != fault.Disk
	path := j.dir.file(j.spec.layout().Name(o))
	var err error
	if j.state.Sums[o], err = sameFile(path, j.state.Lengths[o], j.state.Sums[o], ended); err != nil {
		return fault.New(fault.Disk, fault.Hintf("rows that you have mended are imported by %s; to go on with this job, put the file back as it was",
			j.importMended(path)), "%s: %w", path, err)
	}
	return nil
}

// sameFile compares a file with the bytes that count and their sum; a sum of 0 is not known. It returns the sum. Unless the
// job ended in order, more may stand behind these bytes, from the next row on.
func sameFile(path string, length int64, sum uint32, ended bool) (is uint32, err error) {
	f, err := plain.Open(path)
	if errors.Is(err, fs.ErrNotExist) && length == 0 {
		return 0, nil
	}
	if err != nil {
		return 0, cause(err)
	}
	defer func() { _ = f.Close() }() // it was only read
	info, err := f.Stat()
	if err != nil {
		return 0, cause(err)
	}
	if info.Size() < length || ended && info.Size() > length {
		return 0, fault.New(fault.Changed, fault.Hint{}, "was changed since the job wrote it: it has %d bytes, and not %d", info.Size(), length)
	}
	last := byte('\n')
	buf := make([]byte, 256<<10)
	for rest := io.LimitReader(f, length); ; {
		n, err := rest.Read(buf)
		if n > 0 {
			is, last = report.Sum(is, buf[:n]), buf[n-1]
		}
		switch {
		case errors.Is(err, io.EOF) && last == '\n' && (is == sum || sum == 0):
			return is, nil
		case errors.Is(err, io.EOF):
			return 0, fault.New(fault.Changed, fault.Hint{}, "was changed since the job wrote it: its content is another")
		case err != nil:
			return 0, cause(err)
		}
	}
}

// cause is an error without its path.
func cause(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}
