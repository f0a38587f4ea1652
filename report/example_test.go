package report_test

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"imimport/report"
)

// A summary is a plain value, written for a terminal or as a page.
func ExampleSummary() {
	begun := time.Date(2026, 11, 28, 1, 15, 0, 0, time.UTC)
	s := report.Summary{
		State: "complete", Rows: report.Rows{Read: 3, Succeeded: 3}, Requests: 3,
		StartedAt: begun, EndedAt: begun.Add(2 * time.Second), ElapsedSeconds: 2, Runs: 1, Job: "users.csv.import",
	}
	var text, page bytes.Buffer
	if err := s.WriteText(&text, report.TextOptions{Width: 100}); err != nil {
		panic(err)
	}
	if err := report.WriteHTML(&page, s, nil); err != nil {
		panic(err)
	}
	headline, _, _ := strings.Cut(text.String(), "\n")
	fmt.Println(headline)
	fmt.Println(strings.HasPrefix(page.String(), "<!DOCTYPE html>"))
	// Output:
	// complete: all 3 rows succeeded
	// true
}
