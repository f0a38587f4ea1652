package check

import (
	"bufio"
	"encoding/csv"
	"io"
	"slices"
	"strings"

	"imimport/reader"
)

// rowWriter writes rows in the input's own columns, as UTF-8 with commas, or as lines of JSON.
type rowWriter struct {
	csv    *csv.Writer
	json   *bufio.Writer
	userID int // CSV: the column that is trimmed, -1 for none
}

const writeBuffer = 256 << 10

func newRowWriter(w io.Writer, r *reader.Reader, trim bool) (*rowWriter, error) {
	buffered := bufio.NewWriterSize(w, writeBuffer)
	if r.Format() == "jsonl" {
		return &rowWriter{json: buffered}, nil
	}
	rw := &rowWriter{csv: csv.NewWriter(buffered), json: buffered, userID: -1}
	if trim {
		names := strings.Split(r.Detected().Map["UserID"], "|")
		rw.userID = slices.IndexFunc(r.Columns(), func(column string) bool { return slices.Contains(names, column) })
	}
	return rw, rw.csv.Write(r.Columns())
}

func (rw *rowWriter) write(row *reader.Row) error {
	if rw.csv == nil {
		if _, err := rw.json.Write(row.Object); err != nil {
			return err
		}
		return rw.json.WriteByte('\n')
	}
	if rw.userID >= 0 {
		row.Fields[rw.userID] = row.UserID
	}
	return rw.csv.Write(row.Fields)
}

func (rw *rowWriter) flush() error {
	if rw.csv != nil {
		rw.csv.Flush()
		if err := rw.csv.Error(); err != nil {
			return err
		}
	}
	return rw.json.Flush()
}
