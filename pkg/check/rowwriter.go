package check

import (
	"bufio"
	"encoding/csv"

	"imimport/pkg/output"
	"imimport/reader"
)

// rowWriter writes rows in the input's own columns, as UTF-8 with commas, or as lines of JSON.
type rowWriter struct {
	*output.File
	csv  *csv.Writer
	json *bufio.Writer
}

func newRowWriter(file *output.File, r *reader.Reader) (*rowWriter, error) {
	rw := &rowWriter{File: file, json: bufio.NewWriterSize(file, 256<<10)}
	if r.Format() == "jsonl" {
		return rw, nil
	}
	rw.csv = csv.NewWriter(rw.json)
	return rw, rw.csv.Write(r.Columns())
}

func (rw *rowWriter) write(row *reader.Row) error {
	if rw.csv == nil {
		if _, err := rw.json.Write(row.Object); err != nil {
			return err
		}
		return rw.json.WriteByte('\n')
	}
	return rw.csv.Write(row.Fields)
}

// Flush writes what write has added.
func (rw *rowWriter) Flush() error {
	if rw.csv != nil {
		rw.csv.Flush() // into json, which keeps its error
	}
	return rw.json.Flush()
}
