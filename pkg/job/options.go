package job

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"imimport/limiter"
	"imimport/pkg/distinct"
	"imimport/pkg/fault"
	"imimport/pkg/im"
	"imimport/pkg/importer"
	"imimport/pkg/lang"
	"imimport/pkg/option"
	"imimport/pkg/profile"
	"imimport/reader"
	"imimport/retry"
)

// Options is what a job was asked to do: no secret among it. The zero value of each field is "not asked for", the
// default that the [Table] documents.
type Options struct {
	Target Target

	// How the rows go.
	Rate         float64       // requests a second; 0 = 200 (100 with Batch), limiter.None = no limit
	Workers      int           // requests in flight at once, at most; 0 = as many as it takes
	Batch        int           // accounts a request; 0 = 1
	Timeout      time.Duration // of one request
	MaxAttempts  int
	MaxOutage    time.Duration // without a good answer; limiter.None = no limit
	RetryInitial time.Duration
	RetryMax     time.Duration
	OnQuota      string       // "stop" or "continue"
	MaxErrors    option.Bound // failed rows of a run
	Tolerate     option.Bound // failed rows of the job that are no fault
	Limit        int64        // rows of a run; 0 = all
	MaxDuration  time.Duration

	// How the files are read.
	Format     string
	Sheet      string // of a workbook
	Delimiter  string // one character, or "tab"
	Quote      string // "none", or as CSV has them
	Escape     string // "none" or "backslash"
	Null       []string
	SkipLines  int
	Records    string // the path of an array in JSON
	Encoding   string
	NoHeader   bool
	Map        map[string]string
	Words      profile.Words // what the texts of the profile's columns mean
	Duplicates string        // "last" or "reject"
	Strict     bool
	Trim       bool
	UUID       string   // "keep" or "compact"
	Accept     []string // suspicions that pass

	Lang       lang.Lang // of the summary and the page; "" = English
	Excel      bool      // outcome files for spreadsheets
	TrustInput bool      // resume: leave out the check of the input's prefix
}

// Target is the app that the rows go into.
type Target struct {
	Sandbox    bool // a sandbox inside the process
	Region     string
	Endpoint   string
	SDKAppID   uint64
	Identifier string
	CAFile     string
}

// DefaultIdentifier is the app admin of a target that names none.
const DefaultIdentifier = "administrator"

// same tells whether rows would go to the same app of the same service.
func (t Target) same(u Target) bool {
	if t.Sandbox || u.Sandbox {
		return t.Sandbox == u.Sandbox // a sandbox inside the process has a new address each time
	}
	return t.Endpoint == u.Endpoint && t.SDKAppID == u.SDKAppID
}

// Without a limit on the rate more workers would only wait for each other.
const mostWorkers, freeWorkers = 1000, 64

// rowCommand is the command that carries the rows.
func (o Options) rowCommand() im.Command {
	if o.Batch > 1 {
		return im.MultiaccountImport
	}
	return im.AccountImport
}

// Effective fills in what is in force where an option is not asked for.
func (o Options) Effective() Options {
	if o.Rate == 0 {
		o.Rate = o.rowCommand().PerSecond
	}
	if o.Workers == 0 {
		o.Workers = mostWorkers // they grow to the latency
		if o.Rate < 0 {
			o.Workers = freeWorkers
		}
	}
	o.Batch = max(o.Batch, 1)
	if o.Timeout == 0 {
		o.Timeout = 10 * time.Second
	}
	p := o.Policy().WithDefaults()
	o.MaxAttempts, o.RetryInitial, o.RetryMax = p.MaxAttempts, p.Initial, p.Max
	if o.MaxOutage == 0 {
		o.MaxOutage = importer.DefaultMaxOutage
	}
	if o.OnQuota == "" {
		o.OnQuota = "stop"
	}
	if o.Duplicates == "" {
		o.Duplicates = "last"
	}
	return o
}

// Counts is which of the rows of a UserID counts.
func (o Options) Counts() distinct.Rule {
	if o.Duplicates == "reject" {
		return distinct.First
	}
	return distinct.Last
}

// Policy bounds and spaces the tries of a row.
func (o Options) Policy() retry.Policy {
	return retry.Policy{MaxAttempts: o.MaxAttempts, Initial: o.RetryInitial, Max: o.RetryMax}
}

// RequestRate is the limit in requests a second of the command that carries the rows, 0 for none.
func (o Options) RequestRate() float64 { return max(o.Effective().Rate, 0) }

// AccountsPerSecond is the most accounts a second that a run with these options sends, 0 where nothing limits it.
func (o Options) AccountsPerSecond() float64 {
	lanes, err := o.Lanes()
	if err != nil {
		return 0 // Validate has said so
	}
	refill := lanes[0].Limiter.Rate(time.Now())
	if hasProfile(o.Map) {
		if profiles, err := o.beside(im.PortraitSet); err == nil {
			refill = min(refill, profiles.Limiter.Rate(time.Now()))
		}
	}
	if math.IsInf(refill, 1) {
		return 0
	}
	return refill * float64(max(o.Batch, 1))
}

// Lanes are the ways to the service, with the limiters of a process. The first carries the rows, and the rate is about
// its command. Rows that a batch leaves open go one by one, within the documented limit of account_import.
func (o Options) Lanes() ([]importer.Lane, error) {
	rows, err := limiter.New(o.Effective().Rate)
	lanes := []importer.Lane{{Command: o.rowCommand(), Limiter: rows, Size: o.Batch}}
	if err != nil || o.Batch <= 1 {
		return lanes, err
	}
	single, err := o.beside(im.AccountImport)
	return append(lanes, single), err
}

// ReaderConfig is how the files are read.
func (o Options) ReaderConfig() reader.Config {
	return reader.Config{Format: o.Format, Sheet: o.Sheet, Delimiter: delimiter(o.Delimiter), Encoding: o.Encoding, NoHeader: o.NoHeader,
		Map: o.Map, Words: o.Words, Strict: o.Strict, Trim: o.Trim,
		NoQuotes: o.Quote == option.None, Backslash: o.Escape == backslash, Null: o.Null, SkipLines: o.SkipLines, Records: o.Records, Compact: o.UUID == compactUUID, Accept: o.Accept}
}

// Words that some options take.
const backslash, compactUUID = "backslash", "compact"

// Validate tells every fault at once.
func (o Options) Validate() error {
	err := option.Validate(table, &o)
	if err == nil {
		_, err = o.Lanes()
	}
	if err == nil {
		err = o.batchAndProfile(o.Map)
	}
	return fault.As(fault.Usage, err)
}

// settings are the options in force for people: key to value, without the target.
func (o Options) settings() map[string]string {
	o, s := o.Effective(), map[string]string{}
	for _, r := range table {
		if texts := r.Texts(&o); len(texts) > 0 && r.Group != GroupTarget && r.Scope != option.Once {
			s[r.Key] = strings.Join(texts, ", ")
		}
	}
	return s
}

// MarshalJSON writes the options that a job keeps, as job.json has them.
func (o Options) MarshalJSON() ([]byte, error) {
	var target, all bytes.Buffer
	for _, r := range table {
		if r.Scope == option.Once || r.IsZero(&o) {
			continue
		}
		value, err := json.Marshal(r.Field(&o))
		if err != nil {
			return nil, err
		}
		to := &all
		if r.Group == GroupTarget {
			to = &target
		}
		fmt.Fprintf(to, ",%q:%s", r.Name(), value)
	}
	return fmt.Appendf(nil, `{"target":{%s}%s}`, strings.TrimPrefix(target.String(), ","), all.String()), nil
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (o *Options) UnmarshalJSON(text []byte) error {
	var all, target map[string]json.RawMessage
	if err := json.Unmarshal(text, &all); err != nil {
		return err
	}
	if err := json.Unmarshal(all["target"], &target); err != nil {
		return fmt.Errorf("target: %w", err)
	}
	for _, r := range table {
		from := all
		if r.Group == GroupTarget {
			from = target
		}
		if value, ok := from[r.Name()]; ok && r.Scope != option.Once {
			if err := json.Unmarshal(value, r.Field(o)); err != nil {
				return fmt.Errorf("%s: %w", r.Key, err)
			}
		}
	}
	return nil
}

// Source is how an option was asked for.
type Source int

const (
	NotAsked Source = iota
	Around          // by what surrounds the program: its environment, its config file
	Directly        // on the command line
)

// Overlay puts what is asked now over the options of a job that goes on. The job's own stand over what surrounds
// the program, so that the command that a stopped run has printed does what that run was asked to do; what is
// asked directly stands over both. Of the target and of what makes the job what it is, only a direct word counts.
func (o *Options) Overlay(asked *Options, source func(key string) Source) error {
	for _, r := range table {
		fillsIn := (r.Scope == option.Kept || r.Scope == option.Once) && r.IsZero(o)
		if from := source(r.Key); from == Directly || from == Around && fillsIn {
			if r.Repeat && r.Scope == option.Kept { // what is asked comes to what was
				for _, text := range r.Texts(asked) {
					_ = r.Set(o, text) // it was taken before
				}
				continue
			}
			r.Copy(o, asked)
		}
	}
	t := &o.Target
	switch {
	case source("endpoint") == Directly:
		t.Sandbox, t.Region = false, ""
	case source("region") == Directly:
		endpoint, err := im.Region(t.Region)
		if err != nil {
			return fault.As(fault.Usage, err)
		}
		t.Sandbox, t.Endpoint = false, endpoint
	}
	return nil
}

// refuseOther refuses options that would make another job of it.
func (o *Options) refuseOther(asked *Options) error {
	var faults []error
	for _, r := range table {
		if r.Scope == option.Fixed && !r.Same(o, asked) {
			faults = append(faults, &fault.Error{Kind: fault.Usage, Place: fault.Place{Option: r.Key},
				Err:  errors.New("differs from what the job began with"),
				Hint: fault.Hintf("leave it out, or start a new job in another directory (%s)", jobOption)})
		}
	}
	return errors.Join(faults...)
}
