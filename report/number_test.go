package report_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"imimport/report"
)

func TestNumbersForPeople(t *testing.T) {
	for want, got := range map[string]string{
		"0":                          report.Thousands(0),
		"999":                        report.Thousands(999),
		"1,000":                      report.Thousands(1000),
		"-999":                       report.Thousands(-999),
		"-123,456":                   report.Thousands(-123_456),
		"-9,223,372,036,854,775,808": report.Thousands(math.MinInt64),
		"1 row":                      report.Counted(1, "row", "rows"),
		"1,204 rows":                 report.Counted(1204, "row", "rows"),
		"194.7":                      report.PerSecond(194.66),
		"195":                        report.PerSecond(195),
		"1,235":                      report.PerSecond(1234.5),
		"1 byte":                     report.ByteText(1),
		"999 bytes":                  report.ByteText(999),
		"1.0 MB":                     report.ByteText(999_960),
		"5.0 GB":                     report.ByteText(5e9),
		"0 s":                        report.Span(-time.Second),
		"40 ms":                      report.Span(40 * time.Millisecond),
		"48.2 s":                     report.Span(48_200 * time.Millisecond),
		"1 min":                      report.Span(59_960 * time.Millisecond),
		"7 h 12 min":                 report.Span(7*time.Hour + 12*time.Minute + 5*time.Second),
		"3 d 4 h":                    report.Span(76 * time.Hour),
	} {
		assert.Equal(t, want, got)
	}
}

func TestPrintableIsOneLineThatControlsNothing(t *testing.T) {
	assert.Equal(t, " a b  c\uFFFD[2Jd\uFFFDe 张 ", report.Printable("\ra\tb\r\nc\x1b[2Jd\u202ee 张\n"))
	assert.Equal(t, "a\uFFFDb\uFFFDc\uFFFD", report.Printable("a\xffb\u2028c\x7f"))
}
