package reader

import (
	"io"
	"net/http"
	"strings"

	"imimport/pkg/profile"
)

// Config is how the inputs are read. What is zero is found out.
type Config struct {
	Format    string                  // "csv", "jsonl" or "xlsx"; "" goes by the name, then by the first bytes
	Sheet     string                  // of a workbook; "" is the only one with rows
	Delimiter rune                    // 0 is ',', and tab for .tsv
	Encoding  string                  // "" is UTF-8, or what a byte order mark says
	NoHeader  bool                    // CSV: the columns are UserID, Nick, FaceUrl
	NoQuotes  bool                    // CSV: quotes are characters like others
	Backslash bool                    // CSV: backslashes escape, as MySQL and PostgreSQL have it, and \N is no value
	SkipLines int                     // CSV: lines of each file before its header
	Records   string                  // JSON: where each file has the array of its rows, such as data.items; "" is nowhere
	Null      []string                // a value that is exactly one of these is no value
	Accept    []string                // the suspicions that pass, of Suspicions
	Compact   bool                    // a UserID that is a UUID becomes its 32 hexadecimal digits
	Map       map[string]string       // "UserID", "Nick", "FaceUrl" or a field of the profile to a column, or to several with | between them; JSON: to paths with dots; to "" for none
	Words     profile.Words           // what the texts of the profile's columns mean
	Strict    bool                    // warnings are faults
	Trim      bool                    // cut space around the values of the account
	Stdin     io.Reader               // what "-" reads; nil is the process's
	HTTP      *http.Client            // for https:// inputs; nil is a client of its own
	Progress  func(done, total int64) // bytes, now and then while Scan, Seek and Rows last; may be nil
}

func (c *Config) records() []string {
	if c.Records == "" {
		return nil
	}
	return strings.Split(c.Records, ".")
}

// Row is one row of the input. It owns its memory.
type Row struct {
	Number int64  // 1 is the first data row of the job, counted over all files
	File   int    // index in the inputs
	Line   int64  // where it starts in its file; 1 is the first
	Sheet  string // of a workbook; Line is a row of it then
	End    Position

	UserID, Nick, FaceURL string          // Nick and FaceURL are "" if the row gives none
	Profile               []profile.Value // what the row gives of the rest of the profile; nil in a row with a Fault
	SentAs                string          // the UserID if it is not what Fields or Object have, else ""

	Fields []string // CSV: the input's own columns, as in Columns; longer when the row has too many
	Object []byte   // JSON: the input's own object as one line, or the text in its place
	Prior  *Prior   // what an outcome file said of this row; nil in other inputs

	Fault       *RowError // not nil: the row is invalid
	Warning     string    // what Strict would make a fault; "" for none
	WarningKind string    // a Kind constant
	Size        int       // bytes that it holds, about

	worst uint8 // class of the UserID's bytes
}

// Prior is what an outcome file says of a row.
type Prior struct {
	Row      int64
	Code     int
	HasCode  bool
	Class    string
	Reason   string
	Attempts int
	File     string // "" if the job had one input
	Line     int64
}

// Origin is the row's number in the job that settled it if it comes from an outcome file, else its own number.
func (row *Row) Origin() int64 {
	if row.Prior == nil {
		return row.Number
	}
	return row.Prior.Row
}
