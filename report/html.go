package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
)

//go:embed report.html
var pageSource string

var page = template.Must(template.New("report.html").Parse(pageSource))

// WriteHTML writes the page for people. The history may be nil or empty: then there are no plots.
func WriteHTML(w io.Writer, s Summary, h *History) error {
	if err := page.Execute(w, s.headline()); err != nil {
		return fmt.Errorf("write report page: %w", err)
	}
	return nil
}
