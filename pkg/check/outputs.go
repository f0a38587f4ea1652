package check

import (
	"path/filepath"
	"slices"
	"strings"

	"imimport/pkg/fault"
	"imimport/pkg/output"
	"imimport/reader"
	"imimport/report"
)

// outputs are the files that rows are written to. The zero outputs takes rows and writes none.
type outputs struct {
	valid   *rowWriter    // nil is none
	invalid *output.Table // nil is none
	files   []file        // both
	names   []string      // of the inputs
}

type file interface {
	Flush() error
	Keep() error
	Drop()
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
	for _, name := range cfg.Inputs {
		if cfg.RejectDuplicates && cfg.writes() && !reader.ReadableTwice(name) {
			return fault.New(fault.Usage, fault.Hintf("save it to a file first, or leave the duplicates to the import"),
				"%q cannot be read twice, which rejecting duplicates and writing rows needs", name)
		}
	}
	for _, path := range []string{cfg.WriteValid, cfg.WriteInvalid} {
		if err := output.RefuseInputs(path, cfg.Inputs, fault.Hintf("name another file")); err != nil {
			return err
		}
	}
	if cfg.WriteValid != "" && (cfg.WriteValid == cfg.WriteInvalid || cfg.WriteInvalid != "" && output.Same(cfg.WriteValid, cfg.WriteInvalid)) {
		return fault.New(fault.Usage, fault.Hintf("name two files"), "%q would be written twice at once", cfg.WriteValid)
	}
	return nil
}

// openOutputs opens the files to be written. Its errors are of the kind fault.Usage: no row was read yet.
func (c *checker) openOutputs(r *reader.Reader) (*outputs, error) {
	out := &outputs{names: c.result.Files}
	err := fittingNames(c.cfg, r.Format())
	if err == nil {
		err = fault.As(fault.Usage, out.open(c.cfg, r))
	}
	if err != nil {
		out.drop()
		return nil, err
	}
	return out, nil
}

// fittingNames refuses names that say another format than the files will have.
func fittingNames(cfg Config, format string) error {
	unfit, fit := []string{".tsv", ".jsonl", ".ndjson", ".json"}, ".csv"
	if format == "jsonl" {
		unfit, fit = []string{".csv", ".tsv"}, ".jsonl"
	}
	for _, name := range []string{cfg.WriteValid, cfg.WriteInvalid} {
		ext := strings.ToLower(filepath.Ext(name))
		switch {
		case slices.Contains(unfit, ext):
			return fault.New(fault.Usage, fault.Hintf("name it %s", fit),
				"write %q: the rows are %s, with commas where that is CSV, and the name says otherwise", name, strings.ToUpper(format))
		case ext == ".gz" || ext == ".zst":
			return fault.New(fault.Usage, fault.Hintf("leave %s out, and compress it afterwards", ext), "write %q: files are written uncompressed", name)
		}
	}
	return nil
}

func (out *outputs) open(cfg Config, r *reader.Reader) error {
	if cfg.WriteValid != "" {
		file, err := output.Create(cfg.WriteValid)
		if err != nil {
			return err
		}
		out.valid, err = newRowWriter(file, r)
		out.files = append(out.files, out.valid)
		if err != nil {
			return err
		}
	}
	if cfg.WriteInvalid != "" {
		table, err := output.CreateTable(cfg.WriteInvalid, report.Layout{JSON: r.Format() == "jsonl", Columns: r.Columns(), Sources: len(cfg.Inputs) > 1, Map: r.Map(), Resent: r.Resends(), Excel: r.Workbook()})
		if err != nil {
			return err
		}
		out.invalid, out.files = table, append(out.files, table)
	}
	return nil
}

// write writes a row to its file: that of the valid ones if refused is nil.
func (out *outputs) write(row *reader.Row, refused *refusal) error {
	switch {
	case refused == nil && out.valid != nil:
		return output.Full(out.valid.write(row))
	case refused != nil && out.invalid != nil:
		return out.invalid.Append(&report.Settled{Row: row.Number, File: out.names[row.File], Line: row.Line,
			Class: refused.class, Reason: refused.reason, Fields: row.Fields, Object: row.Object, SentAs: row.SentAs})
	}
	return nil
}

// keep finishes the files and gives them their names, once all are written.
func (out *outputs) keep() error {
	for _, step := range []func(file) error{file.Flush, file.Keep} {
		for _, f := range out.files {
			if err := step(f); err != nil {
				return output.Full(err)
			}
		}
	}
	return nil
}

// drop removes what was not kept.
func (out *outputs) drop() {
	for _, file := range out.files {
		file.Drop()
	}
}
