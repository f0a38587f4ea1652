package check

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"imimport/pkg/profile"
	"imimport/reader"
)

// Result is what was found. Rows = Valid + Invalid: the faults, and the duplicates if they are rejected.
type Result struct {
	Files     []string          `json:"files"`
	Format    string            `json:"format"`          // "csv", "jsonl" or "xlsx"
	Sheet     string            `json:"sheet,omitempty"` // of a workbook
	Encoding  string            `json:"encoding"`
	Delimiter string            `json:"delimiter,omitempty"`
	Map       map[string]string `json:"map"`                // field of the account to the input's column
	NotSent   []string          `json:"not_sent,omitempty"` // the other columns or keys
	Notices   []string          `json:"notices,omitempty"`  // of files that are read all the same
	FirstRow  *Account          `json:"first_row,omitempty"`
	BytesRead int64             `json:"bytes_read"`

	Rows    int64 `json:"rows"`
	Valid   int64 `json:"valid"`
	Invalid int64 `json:"invalid"`

	Faults     []Kind     `json:"faults"`   // most rows first
	Warned     int64      `json:"warned"`   // rows that a strict import would refuse
	Warnings   []Kind     `json:"warnings"` // by kind, most rows first
	Duplicates Duplicates `json:"duplicates"`

	PerSecond        float64 `json:"accounts_per_second,omitempty"` // that the estimate of the import goes by
	EstimatedSeconds float64 `json:"estimated_seconds,omitempty"`   // for the import; absent if no rate is known
	ElapsedSeconds   float64 `json:"elapsed_seconds"`               // of the check

	WroteValid   string `json:"wrote_valid,omitempty"`
	WroteInvalid string `json:"wrote_invalid,omitempty"`

	faults, warnings map[string]Kind
	sheets           []string // of Files
}

// Account is a row as it would be sent.
type Account struct {
	UserID  string `json:"UserID"`
	Nick    string `json:"Nick,omitempty"`
	FaceURL string `json:"FaceUrl,omitempty"`

	Profile map[string]string `json:"profile,omitempty"` // by field, as the service takes it
}

// Kind is a kind of fault, or of warning.
type Kind struct {
	Kind  string    `json:"kind"` // a Kind constant of package reader
	Rows  int64     `json:"rows"`
	First []Example `json:"first"` // the first few
}

// Example is a row with a fault or a warning. Message holds no value of a field.
type Example struct {
	File    string `json:"file"`
	Sheet   string `json:"sheet,omitempty"` // of a workbook; Line is a row of it then
	Line    int64  `json:"line"`
	Row     int64  `json:"row"`
	Message string `json:"message"`
}

// Duplicates are the valid rows that repeat the UserID of an earlier valid row.
type Duplicates struct {
	Rule    string      `json:"rule"`    // "last" or "reject"
	Rows    int64       `json:"rows"`    // the first row of each UserID is not counted
	UserIDs int64       `json:"userids"` // that have more than one row
	First   []Duplicate `json:"first"`   // the first few
}

// Duplicate is one of them. Lines of 0 and files of "" are not known: there were too many rows of several lines.
type Duplicate struct {
	File       string `json:"file"`
	Sheet      string `json:"sheet,omitempty"`
	Line       int64  `json:"line"`
	Row        int64  `json:"row"`
	FirstFile  string `json:"first_file"`
	FirstSheet string `json:"first_sheet,omitempty"`
	FirstLine  int64  `json:"first_line"`
	FirstRow   int64  `json:"first_row"`
}

const mostExamples = 5

func newResult(cfg Config, r *reader.Reader) *Result {
	found := r.Detected()
	res := &Result{Format: cmp.Or(found.Format, r.Format()), Sheet: found.Sheet, Encoding: cmp.Or(found.Encoding, "utf-8"), Map: found.Map, PerSecond: cfg.PerSecond, sheets: r.Sheets(),
		faults: map[string]Kind{}, warnings: map[string]Kind{}, Duplicates: Duplicates{Rule: "last", First: []Duplicate{}}}
	if found.Delimiter != 0 && res.Format == "csv" {
		res.Delimiter = string(found.Delimiter)
	}
	res.NotSent = r.Unsent()
	for _, n := range r.Notices() {
		res.Notices = append(res.Notices, n.File+": "+n.Msg)
	}
	if cfg.RejectDuplicates {
		res.Duplicates.Rule = "reject"
	}
	for _, name := range cfg.Inputs {
		res.Files = append(res.Files, reader.PublicName(name))
	}
	return res
}

// fileName is the name of a place's file, and of its sheet in a workbook, "" if the place is not known.
func (res *Result) fileName(p place) (file, sheet string) {
	if p.line == 0 {
		return "", ""
	}
	return res.Files[p.file], res.sheets[p.file]
}

// count counts a row and its fault or warning.
func (res *Result) count(row *reader.Row) {
	res.Rows++
	switch {
	case row.Fault != nil:
		res.Invalid++
		note(res.faults, row.Fault.Kind, Example{res.Files[row.File], row.Sheet, row.Fault.Line, row.Number, row.Fault.Msg})
	case res.FirstRow == nil:
		res.FirstRow = &Account{strings.Clone(row.UserID), strings.Clone(row.Nick), strings.Clone(row.FaceURL), profile.Texts(row.Profile)}
	}
	if row.Fault == nil && row.Warning != "" {
		res.Warned++
		note(res.warnings, row.WarningKind, Example{res.Files[row.File], row.Sheet, row.Line, row.Number, row.Warning})
	}
}

func note(kinds map[string]Kind, kind string, e Example) {
	k := kinds[kind]
	k.Kind = kind
	if k.Rows++; len(k.First) < mostExamples {
		k.First = append(k.First, e)
	}
	kinds[kind] = k
}

// finish fills in what follows from the counts.
func (res *Result) finish(cfg Config, elapsed time.Duration) {
	if cfg.RejectDuplicates {
		res.Invalid += res.Duplicates.Rows
	}
	res.Valid = res.Rows - res.Invalid
	res.Faults, res.Warnings = sorted(res.faults), sorted(res.warnings)
	if cfg.PerSecond > 0 {
		res.EstimatedSeconds = float64(res.Valid) / cfg.PerSecond
	}
	res.ElapsedSeconds = elapsed.Seconds()
	res.WroteValid, res.WroteInvalid = cfg.WriteValid, cfg.WriteInvalid
}

func sorted(kinds map[string]Kind) []Kind {
	list := slices.AppendSeq([]Kind{}, maps.Values(kinds))
	slices.SortFunc(list, func(a, b Kind) int { return cmp.Or(cmp.Compare(b.Rows, a.Rows), cmp.Compare(a.Kind, b.Kind)) })
	return list
}
