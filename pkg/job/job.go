// Package job is a job directory and what can be done with it: run, resume, retry, status.
//
// A job is one input, one target and one directory, worked on by as many runs as it takes, one process at
// a time. Its first pass reads the input; each retry is a further pass, which reads the rows that failed
// or met the quota and moves them from their old outcome to a new one.
//
// # How a retry pass begins
//
// The rows to be sent again are copied to a file of their own, synced; then one checkpoint says all at once
// that the pass has begun, that its input is that file, and that the outcome files they came from count zero
// bytes. Before it the pass has not begun; after it the pass goes on like any other, from its watermark. No
// moment between has a row twice or not at all. Rows of the class invalid go through the pass unsent.
//
// # How a job begins and ends
//
// A new job's directory gets its job.json only after everything that is looked at before the first request; a stop before
// that leaves no directory. While a run works, a file of 64 KiB keeps room on the disk for the checkpoint, summary and page
// that say how it ended. A complete job whose summary cannot be written all the same ends as one that the disk has
// stopped, and the next resume writes it.
package job

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"time"

	"imimport/pkg/checkpoint"
	"imimport/pkg/fault"
	"imimport/pkg/importer"
	"imimport/reader"
	"imimport/report"
)

// Host is what the process around a job gives it.
type Host struct {
	// Connect makes the client. It holds the secrets; a job never sees them. A target that is a sandbox is
	// started by it and gets its endpoint and app in the returned Target.
	Connect func(ctx context.Context, o Options, connections int) (importer.Client, Target, error)

	Stop     <-chan struct{}         // closed: finish what is in flight. Cancel the context to stop at once
	Started  time.Time               // from where Options.MaxDuration counts; zero is the call of Run, Resume or Retry
	Stdin    io.Reader               // what "-" reads
	Access   []fault.Option          // where this process has the target's secret from: the paths of files, absolute, or a word that stands for one
	Inputs   []string                // nil, or the inputs of a job that goes on: what their URLs may hold of secrets is not kept
	Progress func(importer.Progress) // nil for none; called up to ten times a second: must be quick
	Scanning func(done, total int64) // nil for none: the input is looked at before the first request
	Log      *slog.Logger
	Metrics  importer.Metrics // nil for none
	Voice    fault.Voice      // spells commands and options, and knows exit codes; nil is fault.Plain

	fs func(dir string) checkpoint.FS // tests put a failing disk here
}

func (h Host) voice() fault.Voice {
	if h.Voice == nil {
		return fault.Plain
	}
	return h.Voice
}

// ExitCode is the process's exit code for a kind.
func (h Host) ExitCode(k fault.Kind) int { return h.voice().ExitCode(k) }

// Progress is how a run stands.
type Progress = importer.Progress

const (
	specName    = "job.json"
	specVersion = 1
	historyName = "history.json"
	summaryName = "summary.json"
	pageName    = "report.html"
)

// spec is job.json: what was asked, and how the input was found to be written. No secret.
type spec struct {
	Version   int       `json:"version"`
	ID        string    `json:"id"`
	CreatedAt time.Time `json:"created_at"`
	Inputs    []input   `json:"inputs"`
	Options   Options   `json:"options"`
	Dialect   dialect   `json:"dialect"`
	Columns   []string  `json:"columns,omitempty"`
	NotSent   []string  `json:"not_sent,omitempty"`    // columns or keys that no field of the account has
	Map       string    `json:"outcome_map,omitempty"` // as the outcome files have it
	Access    access    `json:"access,omitempty"`      // of the last run
	Resent    bool      `json:"resent,omitempty"`      // the outcome files say what UserIDs have become
	Sync      *Sync     `json:"night,omitempty"`       // nil: a job of its own

	unsaved bool // it is not on the disk as it is here: the job is new, or an input is elsewhere than it was
}

// dialect is what the reader found, so that a later run reads alike.
type dialect struct {
	Format    string            `json:"format"`
	Sheet     string            `json:"sheet,omitempty"`
	Delimiter string            `json:"delimiter,omitempty"`
	Encoding  string            `json:"encoding,omitempty"`
	Map       map[string]string `json:"map,omitempty"`
}

func newSpec(inputs []string, o Options, r *reader.Reader) (*spec, error) {
	s := &spec{Version: specVersion, CreatedAt: time.Now().UTC(), Options: o, Columns: r.Columns(), NotSent: r.Unsent(), Map: r.Map(), Resent: r.Resends()}
	id := make([]byte, 8)
	_, _ = rand.Read(id) // never fails, crypto/rand says
	s.ID = hex.EncodeToString(id)
	for _, name := range inputs {
		in := input{Name: reader.PublicName(name), Path: reader.PublicName(name), Partial: reader.PublicName(name) != name, whole: name}
		if name != "-" && !reader.IsURL(name) {
			var err error
			if in.Path, err = filepath.Abs(name); err != nil {
				return nil, err
			}
		}
		s.Inputs = append(s.Inputs, in)
	}
	found := r.Detected()
	s.Options.Excel = o.Excel || r.Workbook()
	s.Dialect = dialect{Format: found.Format, Sheet: found.Sheet, Encoding: found.Encoding, Map: found.Map}
	if found.Delimiter != 0 {
		s.Dialect.Delimiter = string(found.Delimiter)
	}
	return s, nil
}

func loadSpec(dir checkpoint.FS) (*spec, error) {
	content, err := dir.ReadFile(specName)
	if err != nil {
		return nil, err
	}
	s := new(spec)
	if err := json.Unmarshal(content, s); err != nil {
		return nil, fmt.Errorf("%s is damaged: %w", specName, err)
	}
	if s.Version != specVersion {
		return nil, fmt.Errorf("%s has format version %d, and this program reads %d", specName, s.Version, specVersion)
	}
	if s.ID == "" || len(s.Inputs) == 0 {
		return nil, errors.New(specName + " is damaged: it names no job or no input")
	}
	for i := range s.Inputs {
		if err := s.Inputs[i].restore(); err != nil {
			return nil, fmt.Errorf("%s is damaged: the name of input %d: %w", specName, i+1, err)
		}
	}
	return s, nil
}

func (s *spec) save(dir checkpoint.FS) error {
	for i := range s.Inputs {
		s.Inputs[i].keep()
	}
	content, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	return checkpoint.WriteFile(dir, specName, append(content, '\n'))
}

// inputNames are the inputs as people know them.
func (s *spec) inputNames() []string {
	if s.Sync != nil {
		return s.Sync.Files
	}
	names := make([]string, len(s.Inputs))
	for i, in := range s.Inputs {
		names[i] = in.Name
	}
	return names
}

func (s *spec) layout() report.Layout {
	return report.Layout{JSON: s.Dialect.Format == "jsonl", Columns: s.Columns, Sources: len(s.inputNames()) > 1, Map: s.Map, Resent: s.Resent, Excel: s.Options.Excel}
}
