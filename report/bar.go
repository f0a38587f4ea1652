package report

// bar is the reconciliation: every row read in one of four segments.
type bar struct {
	Desc     string
	Segments []segment
}

// segment is a part of the bar. Count is its share in the flexible layout: as the counts sum to the rows
// read, so do the widths, but for segments that are there and would be too narrow to be seen.
type segment struct {
	Class, Name, Note string
	Rows, Share       string
	File              string // the outcome file that has them
	Count             int64
}

func newBar(r Rows, files [outcomes]string) *bar {
	b := &bar{Segments: []segment{
		{Class: "ok", Name: "Succeeded", Note: "The service has accepted them.", File: files[Succeeded]},
		{Class: "failed", Name: "Failed", Note: "Refused here or by the service, or out of tries.", File: files[Failed]},
		{Class: "quota", Name: "Quota exceeded", Note: "The app was at its account limit.", File: files[QuotaExceeded]},
		{Class: "unsent", Name: "Not attempted", Note: "Read, with no outcome yet. Going on sends them."},
	}}
	counts := []int64{r.Succeeded, r.Failed, r.QuotaExceeded, r.NotAttempted}
	b.Desc = "Of " + count(r.Read, "row", "rows") + " read: "
	for i := range b.Segments {
		s := &b.Segments[i]
		s.Count, s.Rows, s.Share = counts[i], thousands(counts[i]), percent(counts[i], r.Read)
		if i > 0 {
			b.Desc += ", "
		}
		b.Desc += s.Rows + " " + [...]string{"succeeded", "failed", "met the quota", "not attempted"}[i]
	}
	b.Desc += "."
	return b
}
