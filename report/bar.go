package report

import "strings"

// bar shows where every row read went: to one of four segments.
type bar struct {
	Desc     string // the bar in words
	Segments []segment
	Read     string
	Balanced bool // the segments sum to the rows read
}

// segment is a part of the bar. Its width grows with Count, so the widths sum to the rows read as the counts do; only
// a segment too narrow to be seen is wider.
type segment struct {
	Class, Name, Note string
	Rows, Share       string
	File              string // the outcome file with these rows, "" for none
	Count             int64
}

func newBar(r Rows, files [outcomes]string) *bar {
	b := &bar{Read: Thousands(r.Read), Balanced: r.Read == r.Succeeded+r.Failed+r.QuotaExceeded+r.NotAttempted}
	var parts []string
	for i, n := range []int64{r.Succeeded, r.Failed, r.QuotaExceeded, r.NotAttempted} {
		w := outcomeWords[i]
		s := segment{Class: w.class, Name: w.name, Note: w.note, Rows: Thousands(n), Share: percent(n, r.Read), Count: n}
		if i < len(files) {
			s.File = files[i]
		}
		b.Segments = append(b.Segments, s)
		parts = append(parts, s.Rows+" "+strings.ToLower(s.Name))
	}
	b.Desc = "Of " + Counted(r.Read, "row", "rows") + " read: " + strings.Join(parts, ", ") + "."
	return b
}
