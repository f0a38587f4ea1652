package reader

import (
	"context"
	"errors"
)

// Open opens every input, finds out how it is written and reads its header. All are CSV, or all JSON.
// Its errors are [InputError] with Usage set.
func Open(ctx context.Context, names []string, cfg Config) (*Reader, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, refuse("", "name a file, or - for standard input", "no input")
	}
	r := &Reader{ctx: ctx, cfg: cfg}
	if err := r.probe(names); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

func (c Config) validate() error {
	if c.Format != "" && c.Format != "csv" && c.Format != "jsonl" {
		return refuse("", "known are csv and jsonl", "format %q is not known", c.Format)
	}
	if d := c.Delimiter; d == '"' || d == '\r' || d == '\n' || d == 0xFFFD || d < 0 {
		return refuse("", "one character that is no quote and no line break", "delimiter %q cannot be", d)
	}
	if _, err := findCharset(c.Encoding); err != nil {
		return err
	}
	_, err := roleMap(c.Map)
	return err
}

func (r *Reader) probe(names []string) error {
	for i, name := range names {
		in, err := newInput(&r.cfg, i, name)
		if err != nil {
			return err
		}
		r.inputs = append(r.inputs, in)
		if err := in.probe(r.ctx); err != nil {
			return err
		}
		if first := r.inputs[0]; in.json != first.json {
			return refuse(in.show, "import them as jobs of their own, or say --format", "is %s, and %s is %s", in.format(), first.show, first.format())
		}
		if in.json {
			err = in.findKeys()
		} else {
			err = in.readHeader()
		}
		if err != nil {
			return err
		}
		if !in.once && in.url == nil {
			in.head = nil
		}
	}
	named, err := roleMap(r.inputs[0].mapped())
	if err != nil {
		return err
	}
	if !r.inputs[0].json {
		if r.columns, err = uniteColumns(r.inputs); err != nil {
			return err
		}
	}
	r.mapping, err = mapping(r.inputs, named)
	return err
}

func (in *input) format() string {
	if in.json {
		return "jsonl"
	}
	return "csv"
}

// Format is "csv" or "jsonl".
func (r *Reader) Format() string { return r.inputs[0].format() }

// Detected is what was found: a Config with which the inputs are read alike, also when they have grown.
// What differs between the inputs stays as it was asked.
func (r *Reader) Detected() Config {
	c := r.cfg
	c.Format, c.Map = r.Format(), r.mapping
	encoding, comma := r.inputs[0].charset.name, r.inputs[0].comma
	for _, in := range r.inputs {
		if in.charset.name != encoding {
			encoding = c.Encoding
		}
		if in.comma != comma {
			comma = string(c.Delimiter)
		}
	}
	c.Encoding = encoding
	if !r.inputs[0].json {
		c.Delimiter = []rune(comma)[0]
	}
	return c
}
