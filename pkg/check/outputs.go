package check

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"imimport/pkg/output"
	"imimport/reader"
	"imimport/report"
)

// outputs are the files that rows are written to. A nil one takes rows and writes none.
type outputs struct {
	valid   *rowWriter // nil is none
	invalid *report.Files
	sinks   []sink
	names   []string // of the inputs
}

// refusal is why a row would not be sent.
type refusal struct{ class, reason string }

func refusalOf(row *reader.Row) *refusal {
	if row.Fault == nil {
		return nil
	}
	return &refusal{"invalid", row.Fault.Error()}
}

func (cfg Config) writes() bool { return cfg.WriteValid != "" || cfg.WriteInvalid != "" }

func (cfg Config) validate() error {
	refuse := func(hint, format string, args ...any) error {
		return &output.Error{Err: fmt.Errorf(format, args...), Hint: hint, Usage: true}
	}
	for _, name := range cfg.Inputs {
		if cfg.RejectDuplicates && cfg.writes() && readOnce(name) {
			return refuse("save it to a file first, or leave the duplicates to the import",
				"%q cannot be read twice, which rejecting duplicates and writing rows needs", name)
		}
	}
	for _, path := range []string{cfg.WriteValid, cfg.WriteInvalid} {
		if path == "" {
			continue
		}
		if err := output.RefuseInputs(path, cfg.Inputs, "name another file"); err != nil {
			return err
		}
	}
	if cfg.WriteValid != "" && (cfg.WriteValid == cfg.WriteInvalid || cfg.WriteInvalid != "" && output.Same(cfg.WriteValid, cfg.WriteInvalid)) {
		return refuse("name two files", "%q would be written twice at once", cfg.WriteValid)
	}
	return nil
}

// openOutputs opens what is to be written; what fails then is refused before a row was read.
func (cfg Config) openOutputs(r *reader.Reader) (*outputs, error) {
	if !cfg.writes() {
		return nil, nil
	}
	out := &outputs{}
	for _, name := range cfg.Inputs {
		out.names = append(out.names, reader.PublicName(name))
	}
	hint, err := fittingNames(cfg, r.Format())
	if err == nil {
		err = out.open(cfg, r)
	}
	if err != nil {
		out.drop()
		return nil, &output.Error{Err: err, Hint: hint, Usage: true}
	}
	return out, nil
}

// fittingNames refuses names by which the files would be taken for what they are not.
func fittingNames(cfg Config, format string) (hint string, err error) {
	unfit, hint := []string{".tsv", ".jsonl", ".ndjson", ".json"}, "name it .csv"
	if format == "jsonl" {
		unfit, hint = []string{".csv", ".tsv"}, "name it .jsonl"
	}
	for _, name := range []string{cfg.WriteValid, cfg.WriteInvalid} {
		ext := strings.ToLower(filepath.Ext(name))
		switch {
		case slices.Contains(unfit, ext):
			return hint, fmt.Errorf("write %q: the rows are %s, with commas where that is CSV, and the name says otherwise", name, strings.ToUpper(format))
		case ext == ".gz" || ext == ".zst":
			return "leave " + ext + " away, and compress it afterwards", fmt.Errorf("write %q: files are written uncompressed", name)
		}
	}
	return "", nil
}

func (out *outputs) open(cfg Config, r *reader.Reader) error {
	layout := report.Layout{JSON: r.Format() == "jsonl", Columns: r.Columns(), Sources: len(cfg.Inputs) > 1, Map: r.Map()}
	if cfg.WriteValid != "" {
		s, err := out.sink(cfg.WriteValid)
		if err != nil {
			return err
		}
		if out.valid, err = newRowWriter(s, r, cfg.Reader.Trim); err != nil {
			return err
		}
	}
	if cfg.WriteInvalid == "" {
		return nil
	}
	s, err := out.sink(cfg.WriteInvalid)
	if err != nil {
		return err
	}
	out.invalid, err = report.OpenFiles(func(name string) (report.File, error) {
		if name == layout.Name(report.Failed) {
			return s, nil
		}
		return unwritten{}, nil
	}, layout, report.Lengths{})
	return err
}

func (out *outputs) sink(path string) (sink, error) {
	file, err := output.Create(path)
	s := sink{file}
	if err == nil {
		out.sinks = append(out.sinks, s)
	}
	return s, err
}

// write writes a row to its file: the valid ones where it is not refused.
func (out *outputs) write(row *reader.Row, refused *refusal) error {
	var err error
	switch {
	case out == nil:
		return nil
	case refused == nil && out.valid != nil:
		err = out.valid.write(row)
	case refused != nil && out.invalid != nil:
		err = out.invalid.Append(&report.Settled{Outcome: report.Failed, Row: row.Number, File: out.names[row.File], Line: row.Line,
			UserID: row.UserID, Class: refused.class, Reason: refused.reason, Fields: row.Fields, Object: row.Object})
	}
	return out.fault(err)
}

// fault is an error of writing, as the file that failed tells it.
func (out *outputs) fault(err error) error {
	if err == nil {
		return nil
	}
	for _, s := range out.sinks {
		if s.Err() != nil {
			err = s.Err()
		}
	}
	return &output.Error{Err: err, Hint: "is the disk full?"}
}

// keep ends the files and gives them their names.
func (out *outputs) keep() error {
	if out == nil {
		return nil
	}
	var errs []error
	if out.valid != nil {
		errs = append(errs, out.valid.flush())
	}
	if out.invalid != nil {
		_, err := out.invalid.Flush()
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return out.fault(err)
	}
	for _, s := range out.sinks {
		errs = append(errs, s.Keep())
	}
	return out.fault(errors.Join(errs...))
}

// drop takes away what was not kept.
func (out *outputs) drop() {
	if out == nil {
		return
	}
	for _, s := range out.sinks {
		s.Drop()
	}
}
