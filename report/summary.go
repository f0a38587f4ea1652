package report

import (
	"fmt"
	"strconv"
	"time"

	"imimport/pkg/fault"
	"imimport/pkg/lang"
)

// Summary is summary.json: how a job stands, over all its runs and passes. However a run ends,
// Read = Succeeded + Failed + QuotaExceeded + NotAttempted.
//
// It is a plain value. The texts may hold anything that the input or the service says: [Summary.WriteText] and
// [WriteHTML] make them safe.
type Summary struct {
	State      string `json:"state"`               // "complete", "stopped" or "running"
	StopReason string `json:"stop_reason"`         // "" unless stopped
	StopCode   int    `json:"stop_code,omitempty"` // the service's, where its answer stopped the job
	ExitCode   int    `json:"exit_code"`

	Tolerated  bool `json:"tolerated,omitempty"`   // rows failed, and no more than was allowed
	SameFailed bool `json:"same_failed,omitempty"` // the rows that failed are those of the sync before

	Rows     Rows  `json:"rows"`
	Requests int64 `json:"requests"`
	Retries  int64 `json:"retries"`   // requests that sent a row again after a transient answer
	Throttle int64 `json:"throttled"` // answers that said "too often"

	ByCode []CodeRows `json:"by_code"` // rows that did not succeed, most rows first
	Rate   Rate       `json:"rate"`

	StartedAt      time.Time `json:"started_at"`
	EndedAt        time.Time `json:"ended_at"` // end of the last run; the present time while running
	ElapsedSeconds float64   `json:"elapsed_seconds"`
	Runs           int       `json:"runs"`
	Passes         int       `json:"passes"` // 1, and 1 more for each retry of settled rows

	Live *Live `json:"live,omitempty"` // while it is running

	Input  Input  `json:"input"`
	Sync   Sync   `json:"sync"` // zero for a job of its own
	Target Target `json:"target"`

	Job      string            `json:"job"`                  // the job directory, as the user named it
	Next     string            `json:"next,omitempty"`       // the command to type next, "" for none
	Error    string            `json:"last_error,omitempty"` // what stopped it, redacted
	Hint     string            `json:"hint,omitempty"`
	Settings map[string]string `json:"settings,omitempty"` // option key to value, without secrets; "format" is always there

	Lang     lang.Lang `json:"-"` // in which people read it
	Commands Commands  `json:"-"`
}

// good tells whether nothing is left to be done.
func (s Summary) good() bool {
	return (s.State == "complete" || s.State == "running") && s.Rows.Succeeded+s.Rows.NotAttempted == s.Rows.Read && (s.Rows.Read+s.Sync.Rows > 0 || s.State == "running")
}

func (s Summary) elapsed() string {
	return span(s.Lang, time.Duration(s.ElapsedSeconds*float64(time.Second)))
}

// Rows counts rows by outcome.
type Rows struct {
	Read          int64 `json:"read"`
	Succeeded     int64 `json:"succeeded"`
	Failed        int64 `json:"failed"`
	QuotaExceeded int64 `json:"quota_exceeded"`
	NotAttempted  int64 `json:"not_attempted"` // read, and without an outcome when it stopped
}

// byOutcome are the rows with each [Outcome], then those without one.
func (r Rows) byOutcome() []int64 {
	return []int64{r.Succeeded, r.Failed, r.QuotaExceeded, r.NotAttempted}
}

// CodeRows counts the rows that ended with one code of one class. Code is the service's code, the HTTP status of an
// answer other than 200, or 0 if no answer came.
type CodeRows struct {
	Code     int       `json:"code"`
	Class    string    `json:"class"`             // "invalid", "duplicate", "row", "transient" or "quota"
	Command  string    `json:"command,omitempty"` // where a row may take several
	Rows     int64     `json:"rows"`
	Meaning  string    `json:"meaning"`
	Remedy   string    `json:"remedy"`
	Examples []Example `json:"examples,omitempty"` // the first few

	Chinese Explained  `json:"-"`               // Brief and Remedy in Chinese
	Brief   string     `json:"-"`               // the meaning without the kinds; "": it names none
	Kinds   []KindRows `json:"kinds,omitempty"` // class invalid: what is wrong with the rows, most rows first
}

// Explained is what a code means and what to do.
type Explained struct{ Meaning, Remedy string }

// KindRows is the number of rows with one kind of fault, and the first of them.
type KindRows struct {
	Kind    string  `json:"kind"`
	Rows    int64   `json:"rows"`
	Example Example `json:"example"`
}

// Example names one row. Reason may hold what the service says of it.
type Example struct {
	UserID string `json:"userid"`
	File   string `json:"file"`
	Sheet  string `json:"sheet,omitempty"` // of a workbook; Line is a row of it then
	Line   int64  `json:"line"`
	Row    int64  `json:"row"`
	Reason string `json:"reason"`
}

func (e Example) place() string {
	if e.Line == 0 {
		return fmt.Sprintf(sayRowOf, e.File, e.Row)
	}
	return fault.Place{File: e.File, Sheet: e.Sheet, Line: e.Line}.String()
}

// Rate is in requests a second. Limit is 0 for none, and that of the last run; WorstSecond is of the runs at it.
type Rate struct {
	Limit             float64 `json:"limit"`
	Mean              float64 `json:"mean"`
	WorstSecond       int     `json:"worst_second"`
	AccountsPerSecond float64 `json:"accounts_per_second"`

	Profiles *ProfileRate `json:"profiles,omitempty"` // nil where rows have only one command
}

// ProfileRate is that of portrait_set, where rows have values of the profile. The rest of a [Rate] is not of it.
type ProfileRate struct {
	Limit       float64 `json:"limit"`
	Mean        float64 `json:"mean"`
	WorstSecond int     `json:"worst_second"`
}

// all is the limit of all commands together, 0 for none.
func (r Rate) all() float64 {
	if r.Profiles == nil || r.Limit == 0 || r.Profiles.Limit == 0 {
		return r.Limit
	}
	return r.Limit + r.Profiles.Limit
}

// Input is what the job reads. BytesTotal is 0 if it is not known.
type Input struct {
	Files      []string `json:"files"`
	BytesTotal int64    `json:"bytes_total"`
	BytesDone  int64    `json:"bytes_done"`

	Columns map[string]string `json:"columns,omitempty"`  // field of the account to column or key
	NotSent []string          `json:"not_sent,omitempty"` // the other columns or keys
}

// Live is how a running job goes. Zero times are never.
type Live struct {
	AsOf           time.Time `json:"as_of"`
	Share          float64   `json:"share"` // of the input that is settled, 0 to 1; below 0 it is not known
	RowsPerSecond  float64   `json:"rows_per_second"`
	SecondsLeft    float64   `json:"seconds_left"` // below 0 it is not known
	OutageSince    time.Time `json:"outage_since,omitzero"`
	ThrottledSince time.Time `json:"throttled_since,omitzero"`
}

// text are the lines about it, each with its label.
func (l *Live) text(in lang.Lang) (lines [][2]string) {
	share, rate := strconv.FormatFloat(l.Share*100, 'f', 1, 64)+"%", PerSecond(l.RowsPerSecond)
	switch {
	case l.Share < 0:
		lines = append(lines, [2]string{say(in, liveWords[0]), say(in, sayLiveRate, rate)})
	case l.SecondsLeft < 0 || !l.OutageSince.IsZero():
		lines = append(lines, [2]string{say(in, liveWords[0]), say(in, sayLiveShare, share, rate)})
	default:
		lines = append(lines, [2]string{say(in, liveWords[0]), say(in, sayLiveLeft, share, rate, span(in, time.Duration(l.SecondsLeft*float64(time.Second))))})
	}
	if !l.OutageSince.IsZero() {
		lines = append(lines, [2]string{say(in, liveWords[1]), say(in, sayOutage, stamp(l.OutageSince))})
	}
	if !l.ThrottledSince.IsZero() {
		lines = append(lines, [2]string{say(in, liveWords[2]), say(in, sayThrottled, stamp(l.ThrottledSince))})
	}
	return append(lines, [2]string{say(in, liveWords[3]), stamp(l.AsOf)})
}

func stamp(t time.Time) string { return t.Local().Format("2006-01-02 15:04:05") }

// Sync counts what a sync has found in its files: rows, but for Gone and Deleted, which are accounts.
type Sync struct {
	Rows      int64 `json:"rows"`
	New       int64 `json:"new"`
	Changed   int64 `json:"changed"`
	Unchanged int64 `json:"unchanged"`
	Again     int64 `json:"again"` // of accounts whose earlier tries have failed
	Invalid   int64 `json:"invalid"`
	Gone      int64 `json:"gone"`
	Deleted   int64 `json:"deleted"`
}

// Target is where the rows go.
type Target struct {
	Endpoint   string `json:"endpoint"`
	SDKAppID   uint64 `json:"sdkappid"`
	Identifier string `json:"identifier,omitempty"`
}
