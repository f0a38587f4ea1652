package reader

import (
	"context"
	"errors"

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
	r := &Reader{ctx: ctx, cfg: cfg}
	if err := r.probe(names); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

func (c Config) validate() error {
	if c.Format != "" && c.Format != "csv" && c.Format != "jsonl" {
		return refuse("", fault.Hintf("known are csv and jsonl"), "format %q is not known", c.Format)
	}
	if d := c.Delimiter; d == '"' || d == '\r' || d == '\n' || d == 0xFFFD || d < 0 {
		return refuse("", fault.Hintf("one character that is no quote and no line break"), "delimiter %q cannot be", d)
	}
	if _, err := charsetNamed(c.Encoding); err != nil {
		return err
	}
	if c.SkipLines < 0 {
		return refuse("", fault.Hint{}, "%d lines cannot be passed", c.SkipLines)
	}
	_, err := roleMap(c.Map)
	return err
}

func (r *Reader) probe(names []string) error {
	var tables []*csvTable
	for _, name := range names {
		in, err := r.add(name)
		if err != nil {
			return err
		}
		if t, isCSV := in.table.(*csvTable); isCSV {
			tables = append(tables, t)
		}
	}
	named, err := roleMap(r.inputs[0].mapped())
	if err != nil {
		return err
	}
	if len(tables) > 0 {
		if r.columns, err = uniteColumns(tables); err != nil {
			return err
		}
	}
	r.mapping, err = mapping(r.inputs, named)
	return err
}

// add opens one more input and finds out what it is.
func (r *Reader) add(name string) (*input, error) {
	src, err := newSource(&r.cfg, name, len(r.inputs) < keepOpen)
	if err != nil {
		return nil, err
	}
	c := &content{source: src, cfg: &r.cfg}
	in := &input{sheet: &sheet{content: c}}
	r.inputs = append(r.inputs, in) // from here on Close closes what it holds
	if err := c.probe(r.ctx); err != nil {
		return nil, err
	}
	if first := r.inputs[0]; c.format.json != first.format.json {
		return nil, refuse(c.show, fault.Hintf("import each as a job of its own, or say %s", fault.Option{Key: "format"}),
			"is %s, and %s is %s", c.format, first.show, first.format)
	}
	if c.format.json {
		in.table, err = newJSONTable(in.sheet)
	} else {
		in.table, err = newCSVTable(in.sheet)
	}
	if !c.once && c.url == nil {
		c.head = head{} // Scan reads it again
	}
	return in, err
}

// Format is "csv" or "jsonl".
func (r *Reader) Format() string { return r.inputs[0].format.String() }

// Detected is a Config with what was found: it reads the inputs in the same way when they have grown. What differs
// between the inputs stays as it was asked.
func (r *Reader) Detected() Config {
	c := r.cfg
	c.Format, c.Map = r.Format(), r.mapping
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
