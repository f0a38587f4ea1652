// Package checkpoint stores the progress of a job, so that it can be resumed after any crash: which rows are settled,
// and how many bytes of the outcome files belong to them.
//
// # What settled means
//
// Settled means on disk. A checkpoint is written in this order, and the order is the guarantee:
//
//  1. the outcome files are flushed and synced (fsync);
//  2. checkpoint.json, which holds their lengths, is replaced atomically: a temporary file beside it,
//     fsync, rename, fsync of the directory.
//
// Resuming after a crash is the reverse: the start of the input, up to the watermark, is checked against its hash; the
// outcome files are cut to the lengths (the rest is of rows that were settled after the checkpoint and will be
// settled again); the reader starts at the watermark and skips the rows in the ranges. Rows that were sent after the
// last checkpoint are sent again, which the service allows; no row is reported twice or lost.
//
// # Decisions
//
// A watermark and ranges instead of ordered output: one slow row holds up no other. The ranges are separated by rows
// that are not settled, so there are no more of them than such rows, however far the job has got beyond the watermark.
// The file has a format version and a CRC-32 of its content: a damaged or foreign one is refused with a reason. About 40
// own lines for the atomic file instead of google/renameio, which does not support Windows and does not sync the
// directory. gofrs/flock for the lock, because a lock must end with its process. The directory is locked beside the file,
// because a file can be removed under its lock. Where a directory has no lock (NFS, Windows), each checkpoint looks whether
// the file is still the one that was locked. Where a lock does not reach other machines at all (sshfs, some volumes of
// containers), the checkpoint itself tells which machine works on the job: see pkg/job, machine.go.
package checkpoint

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"time"

	"imimport/pkg/fault"
	"imimport/reader"
	"imimport/report"
)

// Version is the format of checkpoint.json.
const Version = 1

const name = "checkpoint.json"

// State is a job at one moment. Everything in it is on disk.
type State struct {
	Job       string          `json:"job"`   // the id in job.json
	Pass      int             `json:"pass"`  // 1 is the input itself; each retry is one more
	Retry     bool            `json:"retry"` // this pass reads rows that were settled before, not the job's input
	Complete  bool            `json:"complete"`
	QuotaMet  bool            `json:"quota_met"` // a run stopped at the quota, and its rows were not sent again since
	Input     reader.Position `json:"input"`     // the watermark of the job's input, while a retry pass has its own
	Watermark reader.Position `json:"watermark"` // of the pass's input: every row before it is settled
	Ranges    Ranges          `json:"ranges"`    // rows beyond the watermark that are settled too
	Furthest  reader.Position `json:"furthest"`  // after the last row of Ranges; what is before it must be what was read. Zero in older checkpoints
	report.Written
	Tally    report.Tally `json:"tally"`
	Counters Counters     `json:"counters"`

	StopReason string    `json:"stop_reason,omitempty"` // why the last run stopped, as [fault.Kind] has it; "" while it runs
	StopCode   int       `json:"stop_code,omitempty"`   // the service's, where its answer stopped the run
	LastError  string    `json:"last_error,omitempty"`
	Hint       string    `json:"hint,omitempty"`
	SavedAt    time.Time `json:"saved_at"`
	Machine    string    `json:"machine,omitempty"` // that the last run is or was on; "" in older checkpoints

	Live *Live `json:"live,omitempty"` // while the run goes on
}

// Live is how a run goes, for those who look at it from outside. Zero times are never.
type Live struct {
	RowsPerSecond  float64   `json:"rows_per_second"`
	OutageSince    time.Time `json:"outage_since,omitzero"`
	ThrottledSince time.Time `json:"throttled_since,omitzero"`
}

// Stopped is why the last run stopped: fault.None while it runs and when it was complete.
func (s *State) Stopped() fault.Kind { return fault.KindNamed(s.StopReason) }

// End notes how a run has ended: with a fault, or with nil when every row is settled. Partial is complete too. v spells
// the hint, which is kept as text.
func (s *State) End(err error, v fault.Voice) {
	kind := fault.KindOf(err)
	s.Complete = kind == fault.None || kind == fault.Partial
	s.StopReason, s.LastError, s.Hint = kind.String(), "", fault.HintOf(err).Say(v)
	s.StopCode = 0
	if coded := (interface{ ServiceCode() int })(nil); errors.As(err, &coded) {
		s.StopCode = coded.ServiceCode()
	}
	if f := (*fault.Error)(nil); errors.As(err, &f) && f.Err != nil {
		s.LastError = err.Error()
	}
}

// Counters are the figures of a job over all its runs that are no row's outcome.
type Counters struct {
	Read          int64         `json:"read"` // rows read so far, settled or not
	PassRows      int64         `json:"pass_rows,omitempty"`
	Requests      int64         `json:"requests"`
	Retries       int64         `json:"retries"`
	Throttled     int64         `json:"throttled"`
	WorstSecond   int           `json:"worst_second"`    // of the runs at Limit
	Limit         *float64      `json:"limit,omitempty"` // requests a second that the last run was allowed, 0 for no limit; nil is not known
	Runs          int           `json:"runs"`
	StartedAt     time.Time     `json:"started_at"`
	Elapsed       time.Duration `json:"elapsed"`                         // time that runs worked, without the pauses between them
	Sending       time.Duration `json:"sending"`                         // from a run's first request to its last
	Accounts      int64         `json:"accounts"`                        // that requests carried
	Profiles      int64         `json:"profiles,omitempty"`              // of Requests, those that set a profile
	WorstProfiles int           `json:"worst_second_profiles,omitempty"` // and their worst second
	BytesDone     int64         `json:"bytes_done"`
	BytesTotal    int64         `json:"bytes_total"`
}

// Range is a run of row numbers, both ends included.
type Range [2]int64

// Ranges are in ascending order and do not touch.
type Ranges []Range

// Add appends the rows from first to last, none if last is below first. They must be above all rows in r.
func (r Ranges) Add(first, last int64) Ranges {
	switch n := len(r); {
	case last < first:
		return r
	case n > 0 && r[n-1][1] == first-1:
		r[n-1][1] = last
		return r
	}
	return append(r, Range{first, last})
}

// Contains tells whether a row is in a range. It must be called with ascending rows: ranges before the row are
// dropped.
func (r *Ranges) Contains(row int64) bool {
	for len(*r) > 0 && (*r)[0][1] < row {
		*r = (*r)[1:]
	}
	return len(*r) > 0 && (*r)[0][0] <= row
}

// file is checkpoint.json. The sum is over the bytes of state in the file.
type file struct {
	Version int             `json:"version"`
	Sum     uint32          `json:"sum"`
	State   json.RawMessage `json:"state"`
}

// Save replaces the checkpoint. The outcome files must have been synced before.
func Save(dir FS, s *State) error {
	state, err := json.Marshal(s)
	content, err2 := json.Marshal(file{Version, crc32.ChecksumIEEE(state), state})
	if err := errors.Join(err, err2); err != nil {
		return fmt.Errorf("write checkpoint: %w", err)
	}
	return WriteFile(dir, name, append(content, '\n'))
}

// ErrNone is for a job without a checkpoint.
var ErrNone = errors.New("no checkpoint")

// Load reads the checkpoint of the job with this id. Its error is [ErrNone] if there is no checkpoint, and says why
// if the checkpoint is damaged or belongs to another job.
func Load(dir FS, job string) (*State, error) {
	content, err := dir.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNone
	}
	if err != nil {
		return nil, fmt.Errorf("read checkpoint: %w", err)
	}
	s, err := decode(content)
	if err != nil {
		return nil, fmt.Errorf("%s is damaged: %w", name, err)
	}
	if s.Job != job {
		return nil, fmt.Errorf("%s belongs to another job (%.40q, not %.40q)", name, s.Job, job)
	}
	return s, nil
}

func decode(content []byte) (*State, error) {
	var f file
	if err := json.Unmarshal(content, &f); err != nil {
		return nil, err
	}
	if f.Version != Version {
		return nil, fmt.Errorf("it has format version %d, and this program reads %d", f.Version, Version)
	}
	if sum := crc32.ChecksumIEEE(f.State); sum != f.Sum {
		return nil, fmt.Errorf("its sum is %d, not %d: it was changed or cut", sum, f.Sum)
	}
	dec := json.NewDecoder(bytes.NewReader(f.State))
	dec.DisallowUnknownFields()
	var s struct {
		State
		ExitCode int `json:"exit_code"` // in files of programs that kept it; the stop reason says as much
	}
	if err := dec.Decode(&s); err != nil {
		return nil, err
	}
	return &s.State, s.validate()
}

func (s *State) validate() error {
	last := s.Watermark.Row
	for _, r := range s.Ranges {
		if r[0] <= last || r[1] < r[0] {
			return fmt.Errorf("range %d-%d does not come after row %d", r[0], r[1], last)
		}
		last = r[1]
	}
	if f := s.Furthest.Row; f != 0 && f < last {
		return fmt.Errorf("row %d is settled, and its furthest row is %d", last, f)
	}
	for _, n := range []int64{s.Tally.Succeeded, s.Tally.Failed, s.Tally.QuotaExceeded, s.Counters.Read,
		s.Lengths[0], s.Lengths[1], s.Lengths[2], s.Watermark.Offset, s.Watermark.Row} {
		if n < 0 {
			return errors.New("it holds a count below 0")
		}
	}
	if s.Pass < 1 {
		return fmt.Errorf("it has pass %d", s.Pass)
	}
	return nil
}
