package job

import "time"

// Options is what a job was asked to do, as job.json keeps it: no secret among it. The zero value of
// each field is the documented default.
type Options struct {
	Target Target `json:"target"`

	// How the rows go.
	Rate         float64       `json:"rate,omitempty"`     // requests a second; 0 = 200 (100 with Batch), below 0 = no limit
	Burst        int           `json:"burst,omitempty"`    // 0 = 1
	Headroom     *float64      `json:"headroom,omitempty"` // percent of Rate; nil = 2.5
	Workers      int           `json:"workers,omitempty"`  // 0 = enough for the rate
	Batch        int           `json:"batch,omitempty"`    // accounts a request; 0 = 1
	Timeout      time.Duration `json:"timeout,omitempty"`  // of one request; 0 = 10s
	MaxAttempts  int           `json:"max_attempts,omitempty"`
	RetryInitial time.Duration `json:"retry_initial,omitempty"`
	RetryMax     time.Duration `json:"retry_max,omitempty"`
	OnQuota      string        `json:"on_quota,omitempty"` // "stop" (default) or "continue"

	// How the files are read.
	Format     string            `json:"format,omitempty"`
	Delimiter  string            `json:"delimiter,omitempty"` // one character, or "tab"
	Encoding   string            `json:"encoding,omitempty"`
	NoHeader   bool              `json:"no_header,omitempty"`
	Map        map[string]string `json:"map,omitempty"`
	Duplicates string            `json:"duplicates,omitempty"` // "last" (default) or "reject"
	Strict     bool              `json:"strict,omitempty"`
	Trim       bool              `json:"trim,omitempty"`

	Excel bool `json:"excel,omitempty"` // outcome files for spreadsheets

	// Of one run only; job.json does not keep them.
	MaxErrors   string        `json:"-"` // "N" or "N%", "" = none
	Limit       int64         `json:"-"` // rows, 0 = none
	MaxDuration time.Duration `json:"-"` // 0 = none
	TrustInput  bool          `json:"-"` // resume: leave the check of the input's prefix out
	DryRun      bool          `json:"-"`
}

// Target is the app that the rows go into.
type Target struct {
	Sandbox    bool   `json:"sandbox,omitempty"` // a sandbox inside the process
	Region     string `json:"region,omitempty"`
	Endpoint   string `json:"endpoint"`
	SDKAppID   uint64 `json:"sdkappid"`
	Identifier string `json:"identifier"`
	CAFile     string `json:"ca_file,omitempty"`
}
