package report_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"imimport/report"
)

func TestTextAndPageSayWhy(t *testing.T) {
	invalid := report.CodeRows{Class: "invalid", Rows: 5, Meaning: "refused before it was sent: 4 rows short-row (u.csv:7); 1 row null-text (u.csv:9)", Brief: "refused before it was sent",
		Kinds: []report.KindRows{
			{Kind: "short-row", Rows: 4, Example: report.Example{File: "u.csv", Line: 7}},
			{Kind: "null-text", Rows: 1, Example: report.Example{File: "u.csv", Line: 9}}},
		Examples: []report.Example{{UserID: "a", File: "u.csv", Line: 7, Reason: "short-row: 2 fields, and 3 columns"}}}
	for name, c := range map[string]struct {
		summary     report.Summary
		text, page  []string
		tone, never string
	}{
		"a wrong key": {report.Summary{State: "stopped", StopReason: "refused", StopCode: 70009, Rows: report.Rows{Read: 5, NotAttempted: 5}},
			[]string{"stopped: wrong key (70009); 0 of 5 rows succeeded\n"}, []string{"Stopped: wrong key (70009)"}, "halted", ""},
		"kinds with an example": {report.Summary{State: "complete", Rows: report.Rows{Read: 9, Succeeded: 4, Failed: 5}, ByCode: []report.CodeRows{invalid}},
			[]string{"refused before it was sent\n            short-row: 4 rows, the first in u.csv:7\n            null-text: 1 row, the first in u.csv:9\n"},
			[]string{"short-row: 4 rows, the first in u.csv:7", "short-row: 2 fields, and 3 columns"}, "mixed", "4 rows short-row"},
		"a night with nothing new": {report.Summary{State: "complete", Sync: report.Sync{Rows: 4600, Unchanged: 4600}},
			[]string{"complete, nothing to send: 4,600 unchanged\n", "  sync            4,600 rows: 0 new, 0 changed, 4,600 unchanged,"}, []string{"nothing to send: 4,600 unchanged"}, "good", "no row was read"},
		"no rows at all": {report.Summary{State: "complete"}, []string{"complete: no row was read\n"}, []string{"Look at what makes the input"}, "mixed", "was accepted"},
		"a long headline": {report.Summary{State: "stopped", StopReason: "refused", Rows: report.Rows{Read: 123_456_789, Succeeded: 123_456_788, NotAttempted: 1}},
			[]string{"; 123,456,788 of 123,456,789 rows succeeded\n"}, nil, "halted", "..."},
	} {
		t.Run(name, func(t *testing.T) {
			text, page := textOf(t, c.summary, report.TextOptions{}), pageOf(t, c.summary, nil)
			for _, want := range c.text {
				assert.Contains(t, text, want)
			}
			for _, want := range c.page {
				assert.Contains(t, page, want)
			}
			assert.Contains(t, page, `<header class="`+c.tone+`">`)
			if c.never != "" {
				assert.NotContains(t, strings.ReplaceAll(text+page, "page-break", ""), c.never)
			}
		})
	}
}
