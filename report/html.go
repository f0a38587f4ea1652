package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"maps"
	"slices"
	"time"
)

//go:embed report.html
var pageSource string

//go:embed report.css
var pageStyle string

var page = template.Must(template.New("report.html").Parse(pageSource))

// What the page shows of lists that the input makes as long as it likes. The rest is in summary.json.
const (
	maxPageCodes    = 50
	maxPageFiles    = 20
	maxPageSettings = 60
	maxPageUserID   = 64
)

// view is what the template is filled with. Texts in it are of one line and bounded.
type view struct {
	Style    template.CSS
	Headline string
	State    string // "complete", "stopped", "running"
	Tone     string // class: "good", "mixed", "halted"
	Job      string
	Began    string
	Ended    string
	Zone     string

	Error string
	Steps []nextStep

	Bar        *bar
	Balanced   bool
	Read       string
	Figures    []figure
	Codes      []codeRow
	CodesLeft  string
	Rate       *plot
	Latency    *plot
	Table      []pointRow
	Events     []event
	EventsLeft string
	Runs       []runRow
	Files      []string
	FilesLeft  string
	Bytes      string
	Target     Target
	Settings   []setting
}

type figure struct{ Name, Value, Note string }
type setting struct{ Name, Value string }

type codeRow struct {
	Label, Class, Rows, Meaning, Remedy string
	Examples                            []Example
}

// WriteHTML writes the page for people: one file that needs no network and no script. The history may be
// nil or empty: then there are no plots. Its size is bounded, whatever the job's.
func WriteHTML(w io.Writer, s Summary, h *History) error {
	if err := page.Execute(w, newView(s, h)); err != nil {
		return fmt.Errorf("write report page: %w", err)
	}
	return nil
}

func newView(s Summary, h *History) *view {
	zone := s.StartedAt.Location()
	v := &view{
		Style: template.CSS(pageStyle), Headline: capital(s.headline()), State: cut(s.State, 40), Tone: s.pageTone(),
		Job: cut(s.Job, maxText), Error: cut(s.Error, maxText), Steps: s.steps(),
		Bar: newBar(s.Rows, s.outcomeNames()), Read: thousands(s.Rows.Read),
		Balanced: s.Rows.Read == s.Rows.Succeeded+s.Rows.Failed+s.Rows.QuotaExceeded+s.Rows.NotAttempted,
		Runs:     h.runRows(zone),
		Target:   Target{cut(s.Target.Endpoint, maxText), s.Target.SDKAppID, cut(s.Target.Identifier, maxText)},
	}
	v.Zone = zoneName(s.StartedAt)
	if !s.StartedAt.IsZero() {
		v.Began, v.Ended = moment(s.StartedAt.UnixMilli(), zone), moment(s.EndedAt.UnixMilli(), zone)
	}
	t := h.timeline()
	v.Figures = figures(s, t)
	v.codes(s.ByCode)
	v.plots(s, h, t)
	v.input(s)
	return v
}

func (s Summary) pageTone() string {
	switch {
	case s.State == "stopped":
		return "halted"
	case s.State == "complete" && s.Rows.Succeeded == s.Rows.Read:
		return "good"
	}
	return "mixed"
}

// zoneName is the offset that all times of the page are in.
func zoneName(t time.Time) string {
	if _, offset := t.Zone(); offset == 0 {
		return "UTC"
	}
	return "UTC" + t.Format("-07:00")
}

func figures(s Summary, t *timeline) []figure {
	limit := "no limit set"
	if s.Rate.Limit > 0 {
		limit = "limit " + perSecond(s.Rate.Limit)
	}
	list := []figure{
		{"Time", span(time.Duration(s.ElapsedSeconds * float64(time.Second))), count(int64(s.Runs), "run", "runs")},
		{"Requests", thousands(s.Requests), count(s.Retries, "retry", "retries") + ", " + thousands(s.Throttle) + " throttled"},
		{"Requests a second", perSecond(s.Rate.Mean), "on average, " + limit},
		{"Worst second", thousands(int64(s.Rate.WorstSecond)), "requests sent in any second"},
	}
	if s.Rate.AccountsPerSecond > 1.05*s.Rate.Mean {
		list = append(list, figure{"Accounts a second", perSecond(s.Rate.AccountsPerSecond), "sent in batches"})
	}
	if whole := t.whole(); whole.requests() > 0 {
		l := &whole.latency
		list = append(list, figure{"Response time", latencyText(l.percentile(0.5)),
			"half of them; 95% in " + latencyText(l.percentile(0.95)) + ", 99% in " + latencyText(l.percentile(0.99))})
	}
	return list
}

func (v *view) codes(list []CodeRows) {
	shown := list[:min(len(list), maxPageCodes)]
	for _, c := range shown {
		row := codeRow{Label: c.label(), Class: cut(c.Class, 40), Rows: thousands(c.Rows),
			Meaning: cut(c.Meaning, maxText), Remedy: cut(c.Remedy, maxText)}
		for _, e := range c.Examples[:min(len(c.Examples), examplesPerCode)] {
			row.Examples = append(row.Examples, Example{UserID: cut(e.UserID, maxPageUserID), File: cut(e.File, maxText), Line: e.Line, Row: e.Row})
		}
		v.Codes = append(v.Codes, row)
	}
	var rows int64
	for _, c := range list[len(shown):] {
		rows += c.Rows
	}
	if left := len(list) - len(shown); left > 0 {
		v.CodesLeft = count(int64(left), "more code", "more codes") + " with " + count(rows, "row", "rows")
	}
}

func (v *view) plots(s Summary, h *History, t *timeline) {
	zone := s.StartedAt.Location()
	events, left := h.events(zone)
	v.Events = events
	if left > 0 {
		v.EventsLeft = count(left, "more event", "more events")
	}
	if len(t.pieces) == 0 {
		return
	}
	v.Rate, v.Latency = ratePlot(t, s.Rate.Limit), latencyPlot(t)
	for _, pl := range []*plot{v.Rate, v.Latency} {
		pl.Times = t.times(zone)
		pl.mark(t, events)
	}
	v.Table = t.rows(zone)
}

func (v *view) input(s Summary) {
	shown := s.Input.Files[:min(len(s.Input.Files), maxPageFiles)]
	for _, name := range shown {
		v.Files = append(v.Files, cut(name, maxText))
	}
	if left := len(s.Input.Files) - len(shown); left > 0 {
		v.FilesLeft = count(int64(left), "more file", "more files")
	}
	if s.Input.BytesDone > 0 || s.Input.BytesTotal > 0 {
		v.Bytes = byteText(s.Input.BytesDone) + " read"
		if total := s.Input.BytesTotal; total > 0 {
			v.Bytes = fmt.Sprintf("%s of %s read (%s)", byteText(s.Input.BytesDone), byteText(total), percent(s.Input.BytesDone, total))
		}
	}
	names := slices.Sorted(maps.Keys(s.Settings))
	for _, name := range names[:min(len(names), maxPageSettings)] {
		v.Settings = append(v.Settings, setting{cut(name, 60), cut(s.Settings[name], maxText)})
	}
}
