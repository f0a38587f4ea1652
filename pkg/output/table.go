package output

import "imimport/report"

// Table is a File of rows in the layout of a job's outcome files. Like a File it ends with Keep or Drop.
type Table struct {
	*File
	layout report.Layout
	buffer []byte
}

// CreateTable begins a table that will have the name path.
func CreateTable(path string, layout report.Layout) (*Table, error) {
	file, err := Create(path)
	if err != nil {
		return nil, err
	}
	return &Table{file, layout, layout.AppendHeader(nil)}, nil
}

// Append adds a row. Its error is of the kind fault.Disk, and so are those of Flush and Keep.
func (t *Table) Append(s *report.Settled) error {
	t.buffer = t.layout.AppendRow(t.buffer, s)
	if len(t.buffer) < 128<<10 {
		return nil
	}
	return t.Flush()
}

// Flush writes what Append has added.
func (t *Table) Flush() error {
	_, err := t.File.Write(t.buffer)
	t.buffer = t.buffer[:0]
	return Full(err)
}

// Keep finishes the table and gives it its name.
func (t *Table) Keep() error {
	if err := t.Flush(); err != nil {
		return err
	}
	return Full(t.File.Keep())
}
