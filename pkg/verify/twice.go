package verify

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"os"
	"slices"

	"imimport/pkg/fault"
	"imimport/pkg/output"
	"imimport/reader"
)

// copied is standard input, which is copied as it is read, so that it can be read again.
type copied struct {
	first io.Reader // nil where standard input is none of the inputs
	file  *os.File
	left  string // its name, if that could not be removed at once
}

// copyStandardInput refuses what cannot be read twice and is not standard input.
func (cfg Config) copyStandardInput() (*copied, error) {
	for _, name := range cfg.Inputs {
		if name != "-" && !reader.ReadableTwice(name) {
			return nil, fault.New(fault.Usage, fault.Hintf("give it as standard input (-), or save it to a file first"),
				"can be read only once, and is to be read twice").At(name, 0)
		}
	}
	if !slices.Contains(cfg.Inputs, "-") {
		return &copied{}, nil
	}
	file, err := os.CreateTemp(cmp.Or(cfg.Dir, "."), ".verify-*")
	if err != nil {
		return nil, notMade(fmt.Errorf("make temporary file for standard input: %w", err))
	}
	c := &copied{file: file}
	if os.Remove(file.Name()) != nil { // Windows keeps the name of an open file
		c.left = file.Name()
	}
	stdin := cfg.Reader.Stdin
	if stdin == nil {
		stdin = os.Stdin
	}
	c.first = io.TeeReader(stdin, c)
	return c, nil
}

func (c *copied) Write(b []byte) (int, error) {
	n, err := c.file.Write(b)
	if err != nil {
		err = output.Full(fmt.Errorf("write temporary file for standard input: %w", err))
	}
	return n, err
}

// again is what was copied, from its start.
func (c *copied) again() io.Reader {
	if c.file == nil {
		return nil
	}
	return io.NewSectionReader(c.file, 0, math.MaxInt64)
}

func (c *copied) drop() {
	if c.file == nil {
		return
	}
	_ = c.file.Close() // it is not wanted any more
	if c.left != "" {
		_ = os.Remove(c.left) // it has a name that says what it is
	}
}
