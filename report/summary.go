package report

import (
	"time"

	"imimport/pkg/lang"
)

// Summary is summary.json: how a job stands, over all its runs and passes. However a run ends,
// Read = Succeeded + Failed + QuotaExceeded + NotAttempted.
//
// It is a plain value. The texts may hold anything that the input or the service says: [Summary.WriteText] and
// [WriteHTML] make them safe.
type Summary struct {
	State      string `json:"state"`       // "complete", "stopped" or "running"
	StopReason string `json:"stop_reason"` // "" unless stopped
	ExitCode   int    `json:"exit_code"`

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

	Input  Input  `json:"input"`
	Sync   Sync   `json:"sync"` // zero for a job of its own
	Target Target `json:"target"`

	Job      string            `json:"job"`                  // the job directory, as the user named it
	Next     string            `json:"next,omitempty"`       // the command to type next, "" for none
	Error    string            `json:"last_error,omitempty"` // what stopped it, redacted
	Hint     string            `json:"hint,omitempty"`
	Settings map[string]string `json:"settings,omitempty"` // option key to value, without secrets; "format" is always there

	Commands Commands  `json:"-"`
	Lang     lang.Lang `json:"-"` // in which people read it
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
	Class    string    `json:"class"` // "invalid", "duplicate", "row", "transient" or "quota"
	Rows     int64     `json:"rows"`
	Meaning  string    `json:"meaning"`
	Remedy   string    `json:"remedy"`
	Examples []Example `json:"examples,omitempty"` // the first few

	Chinese Explained `json:"-"` // Meaning and Remedy in Chinese

	Kinds []KindRows `json:"kinds,omitempty"` // class invalid: what is wrong with the rows, most rows first
}

// Explained is what a code means and what to do.
type Explained struct{ Meaning, Remedy string }

// KindRows is the number of rows with one kind of fault, and the first of them.
type KindRows struct {
	Kind    string  `json:"kind"`
	Rows    int64   `json:"rows"`
	Example Example `json:"example"`
}

// Example names one row. Reason may quote the row; the page leaves it out.
type Example struct {
	UserID string `json:"userid"`
	File   string `json:"file"`
	Line   int64  `json:"line"`
	Row    int64  `json:"row"`
	Reason string `json:"reason"`
}

// Rate is in requests a second. Limit is 0 for none, and that of the last run; WorstSecond is of the runs at it.
type Rate struct {
	Limit             float64 `json:"limit"`
	Mean              float64 `json:"mean"`
	WorstSecond       int     `json:"worst_second"`
	AccountsPerSecond float64 `json:"accounts_per_second"`
}

// Input is what the job reads. BytesTotal is 0 if it is not known.
type Input struct {
	Files      []string `json:"files"`
	BytesTotal int64    `json:"bytes_total"`
	BytesDone  int64    `json:"bytes_done"`

	Columns map[string]string `json:"columns,omitempty"`  // field of the account to column or key
	NotSent []string          `json:"not_sent,omitempty"` // the other columns or keys
}

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
