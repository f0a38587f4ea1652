package report

import (
	"cmp"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"imimport/pkg/lang"
)

//go:embed report.html
var pageSource string

//go:embed report.css
var pageStyle string

// pages are the page in each language.
var pages = func() map[lang.Lang]*template.Template {
	in := map[lang.Lang]*template.Template{}
	for _, l := range lang.All() {
		t := template.New("report.html").Funcs(template.FuncMap{"t": func(text string) string { return say(l, text) }, "lang": l.Tag})
		in[l] = template.Must(t.Parse(pageSource))
	}
	return in
}()

// The most that the page shows of lists that grow with the input. The rest is in summary.json.
const (
	maxPageCodes    = 50
	maxPageFiles    = 20
	maxPageSettings = 60
	maxPageUserID   = 64
	maxPageKinds    = 12
	maxPageReason   = 160
)

// view is what the template is filled with, a part for each section. Each text in it is one line, and its length is
// bounded.
type view struct {
	Style   template.CSS
	Header  header
	Steps   []nextStep
	Bar     *bar
	Figures []figure
	Codes   codeTable
	Plots   *plots // nil: no request was answered
	Events  eventList
	Runs    []runRow
	Facts   facts
}

// WriteHTML writes the page for people: one file that needs no network and no script. The history may be nil or empty:
// then there are no plots. The size of the page is bounded, however large the job.
func WriteHTML(w io.Writer, s Summary, h *History) error {
	if err := pages[cmp.Or(s.Lang, lang.English)].Execute(w, newView(s, h)); err != nil {
		return fmt.Errorf("write report page: %w", err)
	}
	return nil
}

func newView(s Summary, h *History) *view {
	zone, l := s.StartedAt.Location(), s.Lang
	t, events := h.timeline(), h.events(l, zone)
	return &view{
		Style: template.CSS(pageStyle), Header: newHeader(s), Steps: s.steps(), Bar: newBar(l, s.Rows, s.files()),
		Figures: figures(s, t), Codes: newCodeTable(l, s.ByCode), Plots: newPlots(l, t, s.Rate.all(), events.List, zone),
		Events: events, Runs: h.runRows(l, zone), Facts: newFacts(s),
	}
}

// header is what stands above the sections.
type header struct {
	Headline, Job, Error string
	Tone                 string // class of style: "good", "mixed" or "halted"
	Began, Ended, Zone   string // Began is "" if the job never did
	AsOf                 string // while it is running
	Live                 [][2]string
}

func newHeader(s Summary) header {
	h := header{Headline: capital(s.headline()), Job: cut(s.Job, maxText), Error: cut(s.Error, maxText), Tone: "mixed"}
	switch {
	case s.State == "stopped":
		h.Tone = "halted"
	case s.State == "complete" && s.good():
		h.Tone = "good"
	}
	if zone := s.StartedAt.Location(); !s.StartedAt.IsZero() {
		h.Began, h.Ended, h.Zone = moment(s.Lang, s.StartedAt.UnixMilli(), zone), moment(s.Lang, s.EndedAt.UnixMilli(), zone), zoneName(s.StartedAt)
	}
	if l := s.Live; l != nil {
		lines := l.text(s.Lang)
		h.AsOf, h.Live = moment(s.Lang, l.AsOf.UnixMilli(), l.AsOf.Location()), lines[:len(lines)-1]
	}
	return h
}

// zoneName is the offset of all times on the page.
func zoneName(t time.Time) string {
	if _, offset := t.Zone(); offset == 0 {
		return "UTC"
	}
	return "UTC" + t.Format("-07:00")
}

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

func newBar(l lang.Lang, r Rows, files []string) *bar {
	b := &bar{Read: Thousands(r.Read), Balanced: r.Read == r.Succeeded+r.Failed+r.QuotaExceeded+r.NotAttempted}
	var parts []string
	for i, n := range r.byOutcome() {
		w := outcomeWords[i]
		s := segment{Class: w.class, Name: say(l, w.name), Note: say(l, w.note), Rows: Thousands(n), Share: percent(n, r.Read), Count: n}
		if i < len(files) {
			s.File = files[i]
		}
		b.Segments = append(b.Segments, s)
		parts = append(parts, s.Rows+" "+strings.ToLower(s.Name))
	}
	b.Desc = say(l, "Of %s read: %s.", numbered(l, r.Read, "row", "rows"), strings.Join(parts, ", "))
	return b
}

type figure struct{ Name, Value, Note string }

func figures(s Summary, t *timeline) []figure {
	l := s.Lang
	average := say(l, sayAverageAll)
	if s.Rate.Limit > 0 {
		average = say(l, sayAverage, PerSecond(s.Rate.Limit))
	}
	list := []figure{
		{say(l, "Time"), s.elapsed(), numbered(l, int64(s.Runs), "run", "runs")},
		{say(l, "Requests"), Thousands(s.Requests), say(l, sayRetries, numbered(l, s.Retries, "retry", "retries"), Thousands(s.Throttle))},
		{say(l, "Requests a second"), PerSecond(s.Rate.Mean), average},
		{say(l, "Worst second"), Thousands(int64(s.Rate.WorstSecond)), say(l, "most requests sent in any one second")},
	}
	if f := s.Sync; f.Rows > 0 {
		list = append([]figure{{say(l, "Rows in the files"), Thousands(f.Rows), say(l, saySync, numbered(l, f.Rows, "row", "rows"), Thousands(f.New), Thousands(f.Changed),
			Thousands(f.Unchanged), Thousands(f.Again), Thousands(f.Invalid), Thousands(f.Gone), Thousands(f.Deleted))}}, list...)
	}
	if p := s.Rate.Profiles; p != nil {
		list = append(list, figure{say(l, "Profiles a second"), PerSecond(p.Mean), say(l, sayBeside, Thousands(int64(p.WorstSecond)))})
	}
	if s.Rate.AccountsPerSecond > 1.05*s.Rate.Mean {
		list = append(list, figure{say(l, "Accounts a second"), PerSecond(s.Rate.AccountsPerSecond), say(l, "sent in batches")})
	}
	if whole := t.whole(); whole.requests() > 0 {
		at := whole.latency.percentile
		list = append(list, figure{say(l, "Response time"), latencyText(at(0.5)),
			say(l, sayMedian, latencyText(at(0.95)), latencyText(at(0.99)))})
	}
	return list
}

// codeTable lists why rows did not succeed.
type codeTable struct {
	List []codeRow
	Left string // what the table leaves out, "" for nothing
}

type codeRow struct {
	Label, Class, Rows, Meaning, Remedy string
	Kinds                               []string
	Examples                            []Example
}

func newCodeTable(l lang.Lang, codes []CodeRows) codeTable {
	var table codeTable
	shown := codes[:min(len(codes), maxPageCodes)]
	for _, c := range shown {
		meaning, remedy := c.explained(l)
		row := codeRow{Label: c.label(l), Class: cut(c.Class, 40), Rows: Thousands(c.Rows),
			Meaning: cut(meaning, maxText), Remedy: cut(remedy, maxText)}
		for _, k := range c.Kinds[:min(len(c.Kinds), maxPageKinds)] {
			row.Kinds = append(row.Kinds, k.text(l))
		}
		for _, e := range c.Examples[:min(len(c.Examples), examplesPerCode)] {
			row.Examples = append(row.Examples, Example{UserID: cut(e.UserID, maxPageUserID), File: cut(e.File, maxText), Sheet: cut(e.Sheet, maxText), Line: e.Line, Row: e.Row, Reason: cut(e.Reason, maxPageReason)})
		}
		table.List = append(table.List, row)
	}
	table.Left = moreCodes(l, codes[len(shown):])
	return table
}

// moreCodes says what a list leaves out, "" for nothing.
func moreCodes(l lang.Lang, codes []CodeRows) string {
	if len(codes) == 0 {
		return ""
	}
	return say(l, "%s with %s", numbered(l, int64(len(codes)), "more code", "more codes"), numbered(l, rowsOf(codes), "row", "rows"))
}

func rowsOf(codes []CodeRows) (rows int64) {
	for _, c := range codes {
		rows += c.Rows
	}
	return rows
}

// facts are the input, the target and the settings.
type facts struct {
	Files     []string
	FilesLeft string
	Bytes     string
	Target    Target
	Settings  []setting
}

type setting struct{ Name, Value string }

func newFacts(s Summary) facts {
	f := facts{Target: Target{cut(s.Target.Endpoint, maxText), s.Target.SDKAppID, cut(s.Target.Identifier, maxText)}}
	shown := s.Input.Files[:min(len(s.Input.Files), maxPageFiles)]
	for _, name := range shown {
		f.Files = append(f.Files, cut(name, maxText))
	}
	if left := len(s.Input.Files) - len(shown); left > 0 {
		f.FilesLeft = numbered(s.Lang, int64(left), "more file", "more files")
	}
	done, total := s.Input.BytesDone, s.Input.BytesTotal
	switch {
	case total > 0:
		f.Bytes = say(s.Lang, "%s of %s read (%s)", ByteText(done), ByteText(total), percent(done, total))
	case done > 0:
		f.Bytes = say(s.Lang, "%s read", ByteText(done))
	}
	names := slices.Sorted(maps.Keys(s.Settings))
	for _, name := range names[:min(len(names), maxPageSettings)] {
		f.Settings = append(f.Settings, setting{cut(name, 60), cut(s.Settings[name], maxText)})
	}
	return f
}
