package reader

import (
	"context"
	"errors"
	"slices"
	"strings"

	"imimport/pkg/fault"
)

// Open opens every input, finds out how it is written and reads its header. All of them are CSV, or all JSON.
// Errors are of the kind [fault.Usage], or of [fault.Input] if the input breaks off.
func Open(ctx context.Context, names []string, cfg Config) (*Reader, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, refuse("", fault.Hintf("name a file, or - for standard input"), "no input")
	}
	r := &Reader{ctx: ctx, cfg: cfg, end: new(Position), fields: new(fields)}
	if err := r.probe(names); err != nil {
		return nil, errors.Join(r.placed(err), r.Close())
	}
	return r, nil
}

func (c Config) validate() error {
	if c.Format != "" && c.Format != "csv" && c.Format != "jsonl" && c.Format != "xlsx" {
		return refuse("", fault.Hintf("known are csv, jsonl and xlsx"), "format %q is not known", c.Format)
	}
	if d := c.Delimiter; d == '"' || d == '\r' || d == '\n' || d == 0xFFFD || d < 0 {
		return refuse("", fault.Hintf("one character that is no quote and no line break"), "delimiter %q cannot be", d)
	}
	if _, err := charsetNamed(c.Encoding); err != nil {
		return err
	}
	for _, kind := range c.Accept {
		if !slices.Contains(Suspicions(), kind) {
			return refuse("", fault.Hintf("known are %s", strings.Join(Suspicions(), ", ")), "suspicion %q is not known", kind)
		}
	}
	if c.SkipLines < 0 {
		return refuse("", fault.Hint{}, "%d lines cannot be passed", c.SkipLines)
	}
	_, err := new(fields).roleMap(c.Map)
	return err
}

func (r *Reader) probe(names []string) error {
	for _, name := range names {
		if err := r.add(name); err != nil {
			return err
		}
	}
	if err := r.passEmpty(); err != nil {
		return err
	}
	var tables []*csvTable
	for _, in := range r.inputs {
		if t, isCSV := in.table.(*csvTable); isCSV && !t.empty {
			tables = append(tables, t)
		}
	}
	for _, in := range r.inputs {
		in.table.widen(r.fields.count())
	}
	named, err := r.fields.roleMap(r.full()[0].mapped())
	if err != nil {
		return err
	}
	if len(tables) > 0 {
		if r.columns, err = uniteColumns(tables); err != nil {
			return err
		}
	}
	if r.mapping, err = mapping(r.full(), *r.fields, named); err != nil {
		return err
	}
	return r.checkWords()
}

// full are the inputs that are not empty, or all if all are.
func (r *Reader) full() []*input {
	full := slices.DeleteFunc(slices.Clone(r.inputs), func(in *input) bool { return in.empty })
	if len(full) == 0 {
		return r.inputs
	}
	return full
}

// add opens one more input and finds out what it is.
func (r *Reader) add(name string) error {
	src, err := newSource(&r.cfg, name, len(r.inputs) < keepOpen)
	if err != nil {
		return err
	}
	c := &content{source: src, cfg: &r.cfg}
	in := &input{sheet: &sheet{content: c, fields: r.fields}}
	r.inputs = append(r.inputs, in) // from here on Close closes what it holds
	if err := c.probe(r.ctx); err != nil {
		return err
	}
	if err := c.fits(); err != nil {
		return err
	}
	if c.empty = c.head.isEmpty(); !c.empty {
		for _, other := range r.inputs {
			if !other.empty && other.format.json != c.format.json {
				return refuse(c.show, fault.Hintf("import each as a job of its own, or say %s", fault.Option{Key: "format"}),
					"is %s, and %s is %s", c.format, other.show, other.format)
			}
		}
	}
	if c.format.json {
		in.table, err = newJSONTable(in.sheet)
	} else {
		in.table, err = newCSVTable(in.sheet)
	}
	if c.file != nil {
		c.head = head{} // Scan reads it again
	}
	return err
}

// fits refuses what is asked of CSV alone.
func (c *content) fits() error {
	for key, asked := range map[string]bool{"skip-lines": c.cfg.SkipLines > 0, "quote": c.cfg.NoQuotes, "escape": c.cfg.Backslash} {
		if asked && c.format.json {
			return refuse(c.show, fault.Hintf("leave %s out", fault.Option{Key: key}), "is JSON, and %s is for CSV", key)
		}
	}
	for key, asked := range map[string]bool{"delimiter": c.cfg.Delimiter != 0, "encoding": c.cfg.Encoding != "", "quote": c.cfg.NoQuotes, "escape": c.cfg.Backslash} {
		if asked && c.book != nil {
			return refuse(c.show, fault.Hintf("leave %s out", fault.Option{Key: key}), "is a workbook, and %s is for CSV", key)
		}
	}
	if c.cfg.Sheet != "" && c.book == nil {
		return refuse(c.show, fault.Hintf("leave %s out", fault.Option{Key: "sheet"}), "is no workbook, and sheet is for workbooks")
	}
	if c.cfg.Records != "" && !c.format.json {
		return refuse(c.show, fault.Hintf("leave %s out", fault.Option{Key: "records"}), "is CSV, and records is for JSON")
	}
	return nil
}

// passEmpty has the inputs without any text be like the others. If all are, they are refused, but for JSON, which has no
// header that could be missing.
func (r *Reader) passEmpty() error {
	full := slices.IndexFunc(r.inputs, func(in *input) bool { return !in.empty })
	if full < 0 {
		if in := r.inputs[0]; !in.format.json && !r.cfg.NoHeader {
			return refuse(in.show, fault.Hintf("the first line names the columns; a table without one is read with %s", fault.Option{Key: "no-header"}), "is empty: it has no header")
		}
		return nil
	}
	for _, in := range r.inputs {
		if !in.empty {
			continue
		}
		r.notices = append(r.notices, Notice{NoticeEmpty, in.show, "is empty: it has no rows"})
		if in.format.json = r.inputs[full].format.json; in.format.json {
			t := &jsonTable{sheet: in.sheet}
			t.rules.take(r.fields, nil)
			in.table = t
		} else {
			in.table = &csvTable{sheet: in.sheet, empty: true, roles: noRoles(r.fields.count())}
		}
	}
	return nil
}

// Format is "csv" or "jsonl".
func (r *Reader) Format() string { return r.inputs[0].format.String() }

// Detected is a Config with what was found: it reads the inputs in the same way when they have grown. What differs
// between the inputs stays as it was asked.
func (r *Reader) Detected() Config {
	c := r.cfg
	c.Format, c.Map = r.Format(), r.mapping
	if books := slices.Collect(r.books()); len(books) == len(r.inputs) {
		c.Format, c.Sheet = "xlsx", books[0].of.Name
		if slices.ContainsFunc(books, func(b *book) bool { return b.of.Name != c.Sheet }) {
			c.Sheet = r.cfg.Sheet
		}
		return c
	} else if len(books) > 0 {
		c.Format = r.cfg.Format // each by itself
		return c
	}
	encoding, comma := r.inputs[0].charset.name, r.inputs[0].format.comma
	for _, in := range r.inputs {
		if in.charset.name != encoding {
			encoding = c.Encoding
		}
		if in.format.comma != comma {
			comma = string(c.Delimiter)
		}
	}
	c.Encoding = encoding
	if !r.inputs[0].format.json {
		c.Delimiter = []rune(comma)[0]
	}
	return c
}
