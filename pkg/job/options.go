package job

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"imimport/limiter"
	"imimport/pkg/importer"
	"imimport/reader"
	"imimport/retry"
)

// Options is what a job was asked to do, as job.json keeps it: no secret among it. The zero value of
// each field is the documented default.
type Options struct {
	Target Target `json:"target"`

	// How the rows go.
	Rate         float64       `json:"rate,omitempty"`     // requests a second; 0 = 200 (100 with Batch), below 0 = no limit
	Burst        int           `json:"burst,omitempty"`    // 0 = 1
	Headroom     *float64      `json:"headroom,omitempty"` // percent of Rate; nil = 2.5, or more where a low rate needs it
	Workers      int           `json:"workers,omitempty"`  // 0 = enough for the rate
	Batch        int           `json:"batch,omitempty"`    // accounts a request; 0 = 1
	Timeout      time.Duration `json:"timeout,omitempty"`  // of one request; 0 = 10s
	MaxAttempts  int           `json:"max_attempts,omitempty"`
	RetryInitial time.Duration `json:"retry_initial,omitempty"`
	RetryMax     time.Duration `json:"retry_max,omitempty"`
	OnQuota      string        `json:"on_quota,omitempty"`   // "stop" (default) or "continue"
	MaxErrors    string        `json:"max_errors,omitempty"` // "N" or "N%" of the rows of a run; "" = none

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
	Limit       int64         `json:"-"` // rows, 0 = none
	MaxDuration time.Duration `json:"-"` // 0 = none
	TrustInput  bool          `json:"-"` // resume: leave the check of the input's prefix out
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

// same tells whether rows would go to the same app of the same service.
func (t Target) same(u Target) bool {
	if t.Sandbox || u.Sandbox {
		return t.Sandbox == u.Sandbox // a sandbox inside the process has a new address each time
	}
	return t.Endpoint == u.Endpoint && t.SDKAppID == u.SDKAppID
}

// MaxBatch is the most accounts that multiaccount_import takes in a call.
const MaxBatch = 100

const (
	singleRate = 200 // account_import: calls a second for an app
	batchRate  = 100 // multiaccount_import
)

// Validate tells every fault at once.
func (o Options) Validate() error {
	var errs []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	check(!math.IsNaN(o.Rate) && !math.IsInf(o.Rate, 0), "rate: must be a number of requests a second, or none")
	check(o.Burst >= 0, "burst %d: must be 1 or more", o.Burst)
	check(o.Headroom == nil || *o.Headroom >= 0 && *o.Headroom < 100, "headroom: must be from 0%% to below 100%%")
	check(o.Workers >= 0 && o.Workers <= 10_000, "workers %d: must be from 1 to 10000", o.Workers)
	check(o.Batch >= 0 && o.Batch <= MaxBatch, "batch %d: must be from 1 to %d", o.Batch, MaxBatch)
	check(o.Timeout >= 0, "timeout %s: must be above 0", o.Timeout)
	check(o.MaxAttempts >= 0, "max attempts %d: must be 1 or more", o.MaxAttempts)
	check(o.RetryInitial >= 0 && o.RetryMax >= 0, "retry waits: must be above 0")
	check(o.OnQuota == "" || o.OnQuota == "stop" || o.OnQuota == "continue", "on quota %q: must be stop or continue", o.OnQuota)
	check(o.Format == "" || o.Format == "csv" || o.Format == "jsonl", "format %q: must be csv or jsonl", o.Format)
	check(o.Duplicates == "" || o.Duplicates == "last" || o.Duplicates == "reject", "duplicates %q: must be last or reject", o.Duplicates)
	check(o.Limit >= 0, "limit %d: must be above 0", o.Limit)
	check(o.MaxDuration >= 0, "max duration %s: must be above 0", o.MaxDuration)
	if _, err := parseDelimiter(o.Delimiter); err != nil {
		errs = append(errs, err)
	}
	if _, err := importer.ParseMaxErrors(o.MaxErrors); err != nil {
		errs = append(errs, err)
	}
	if len(errs) == 0 {
		_, err := o.Limits()
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func parseDelimiter(s string) (rune, error) {
	switch s {
	case "":
		return 0, nil
	case "tab", `\t`:
		return '\t', nil
	}
	c, size := utf8.DecodeRuneInString(s)
	if size != len(s) || c == utf8.RuneError || c == '"' || c == '\r' || c == '\n' {
		return 0, fmt.Errorf("delimiter %q: must be one character, or tab", s)
	}
	return c, nil
}

// Limits are the limiters of account_import and, with a batch, of multiaccount_import. --rate is about the
// command that carries the rows; a batch's single calls keep to their own documented limit.
type Limits struct {
	Single, Batch *limiter.Limiter // Batch is nil without a batch
}

// Rows is the limiter of the command that carries the rows.
func (l Limits) Rows() *limiter.Limiter {
	if l.Batch != nil {
		return l.Batch
	}
	return l.Single
}

// Limits makes the limiters of a process.
func (o Options) Limits() (l Limits, err error) {
	if o.Batch <= 1 {
		l.Single, err = limiter.New(o.limit(singleRate))
		return l, err
	}
	if l.Batch, err = limiter.New(o.limit(batchRate)); err != nil {
		return Limits{}, err
	}
	alone := o
	if o.Rate > 0 {
		alone = Options{Rate: singleRate}
	}
	l.Single, err = limiter.New(alone.limit(singleRate))
	return l, err
}

// limit is the limit in force, for a command with this documented one.
func (o Options) limit(documented float64) limiter.Config {
	cfg := limiter.Config{Rate: o.Rate, Burst: o.Burst}
	switch {
	case o.Rate == 0:
		cfg.Rate = documented
	case o.Rate < 0:
		cfg.Rate = 0
	}
	switch {
	case o.Headroom != nil && *o.Headroom == 0:
		cfg.Headroom = -1
	case o.Headroom != nil:
		cfg.Headroom = *o.Headroom / 100
	}
	return cfg
}

// RequestRate is the limit in requests a second of the command that carries the rows, 0 for none.
func (o Options) RequestRate() float64 {
	if o.Batch > 1 {
		return o.limit(batchRate).Rate
	}
	return o.limit(singleRate).Rate
}

// workers are enough to keep the rate up at half a second a request.
func (o Options) workers() int {
	switch rate := o.RequestRate(); {
	case o.Workers > 0:
		return o.Workers
	case rate == 0:
		return 64
	default:
		return int(min(max(8, math.Ceil(rate/2)), 1000))
	}
}

func (o Options) policy() retry.Policy {
	return retry.Policy{MaxAttempts: o.MaxAttempts, Initial: o.RetryInitial, Max: o.RetryMax}.WithDefaults()
}

// ReaderConfig is how the files are read.
func (o Options) ReaderConfig() reader.Config {
	delimiter, _ := parseDelimiter(o.Delimiter) // Validate has said so
	return reader.Config{Format: o.Format, Delimiter: delimiter, Encoding: o.Encoding, NoHeader: o.NoHeader,
		Map: o.Map, Strict: o.Strict, Trim: o.Trim}
}

// settings are the options for people: flag name to value, only what differs from nothing.
func (o Options) settings() map[string]string {
	rate := "none"
	if r := o.RequestRate(); r > 0 {
		rate = strconv.FormatFloat(r, 'g', -1, 64)
	}
	p := o.policy()
	s := map[string]string{
		"rate": rate, "workers": strconv.Itoa(o.workers()), "max-attempts": strconv.Itoa(p.MaxAttempts),
		"retry-initial": p.Initial.String(), "retry-max": p.Max.String(),
		"on-quota": orDefault(o.OnQuota, "stop"), "duplicates": orDefault(o.Duplicates, "last"),
		"batch": strconv.Itoa(max(o.Batch, 1)), "timeout": o.timeout().String(),
	}
	for name, value := range map[string]string{"max-errors": o.MaxErrors, "encoding": o.Encoding, "format": o.Format, "delimiter": o.Delimiter} {
		if value != "" {
			s[name] = value
		}
	}
	for name, on := range map[string]bool{"no-header": o.NoHeader, "strict": o.Strict, "trim": o.Trim, "excel": o.Excel} {
		if on {
			s[name] = "true"
		}
	}
	return s
}

func (o Options) timeout() time.Duration {
	if o.Timeout == 0 {
		return 10 * time.Second
	}
	return o.Timeout
}

func orDefault(s, def string) string {
	if s == "" {
		return def
	}
	return s
}
