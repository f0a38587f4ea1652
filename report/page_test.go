package report_test

import (
	"bytes"
	"fmt"
	"html"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"imimport/pkg/fault"
	"imimport/report"
)

const maxPage = 400_000 // bytes, whatever the job

func pageOf(t require.TestingT, s report.Summary, h *report.History) string {
	var b bytes.Buffer
	require.NoError(t, report.WriteHTML(&b, s, h))
	return b.String()
}

// The browser check in .ci/browser looks at the page that this test leaves where REPORT_PAGE says.
func TestPageOfTheDemoJob(t *testing.T) {
	s, h := demo()
	page := pageOf(t, s, h)
	for _, part := range []string{
		"Stopped: interrupted; 595,983 of 601,204 rows succeeded", "imimport resume users.csv.import",
		"70402", "a parameter is missing or invalid", "u_100204", "line 1042", "HTTP 502", "no code",
		"limit 200", "Throttled", "Outage", "Process killed or crashed", "Quota met", "9 h 20 min after the previous run",
		"https://adminapisgp.im.qcloud.com", "1400000000", "administrator", "max-attempts",
		`href="succeeded.csv"`, `href="failed.csv"`, `href="quota_exceeded.csv"`, `href="summary.json"`,
		"24 Nov 2026 22:58:12", "(UTC&#43;08:00)", "prefers-color-scheme: dark", "@media print",
	} {
		assert.Contains(t, page, part)
	}
	assert.Contains(t, page, "the service says: ", "why a row failed stands beside it")
	if name := os.Getenv("REPORT_PAGE"); name != "" {
		require.NoError(t, os.WriteFile(name, []byte(page), 0o600))
	}
}

func TestPageIsOneFileThatLoadsAndRunsNothing(t *testing.T) {
	s, h := demo()
	page := pageOf(t, s, h)
	lower := strings.ToLower(page)
	for _, tag := range []string{"<script", "<img", "<iframe", "<object", "<form", "@import", "url(", "onload", "javascript:"} {
		assert.NotContains(t, lower, tag)
	}
	for _, m := range regexp.MustCompile(`(?:href|src)="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		assert.Regexp(t, `^(data:,|[a-z_]+\.(csv|json))$`, m[1])
	}
	assert.Contains(t, page, `http-equiv="Content-Security-Policy" content="default-src 'none'`)
}

func TestMarkupFromTheInputIsText(t *testing.T) {
	evil := `</style></title><script>alert(1)</script>"' onmouseover=x {{.}} &lt; ` + "\x00\x1b[31m\u202e"
	s, h := demo()
	s.State, s.StopReason, s.Job, s.Next, s.Error, s.Hint = evil, evil, evil, evil, evil, evil
	s.Input.Files = []string{evil}
	s.Target = report.Target{Endpoint: "javascript:" + evil, Identifier: evil}
	s.Settings = map[string]string{evil: evil}
	s.ByCode = []report.CodeRows{{Code: 1, Class: evil, Rows: 1, Meaning: evil, Remedy: evil, Examples: []report.Example{{UserID: evil, File: evil, Line: 1}}}}
	h.Mark(s.EndedAt, report.MarkQuota, evil)
	h.Mark(s.EndedAt, report.MarkStop, evil)
	page := pageOf(t, s, h)
	assert.NotContains(t, page, "<script")
	assert.NotContains(t, page, "' onmouseover")
	assert.Equal(t, 1, strings.Count(page, "</style>"))
	assert.Equal(t, 1+2+2*2, strings.Count(page, "</title>"), "the page's own, the plots' and their bands'")
	assert.NotContains(t, page, "\x1b")
	assert.NotContains(t, page, "\u202e")
}

// The bar is the reconciliation: its parts sum to the rows read.
func TestBarSumsToTheRowsRead(t *testing.T) {
	grow := regexp.MustCompile(`style="flex-grow:(\d+)"`)
	rapid.Check(t, func(t *rapid.T) {
		n := func(name string) int64 {
			return rapid.OneOf(rapid.Just(int64(0)), rapid.Int64Range(0, 5), rapid.Int64Range(0, 200_000_000)).Draw(t, name)
		}
		r := report.Rows{Succeeded: n("succeeded"), Failed: n("failed"), QuotaExceeded: n("quota"), NotAttempted: n("not attempted")}
		r.Read = r.Succeeded + r.Failed + r.QuotaExceeded + r.NotAttempted
		page := pageOf(t, report.Summary{State: "stopped", Rows: r}, nil)
		var sum int64
		for _, m := range grow.FindAllStringSubmatch(page, -1) {
			part, err := strconv.ParseInt(m[1], 10, 64)
			require.NoError(t, err)
			require.Positive(t, part)
			sum += part
		}
		require.Equal(t, r.Read, sum)
		require.NotContains(t, page, "do not add up")
	})
	page := pageOf(t, report.Summary{State: "complete", Rows: report.Rows{Read: 5, Succeeded: 4}}, nil)
	assert.Contains(t, page, "do not add up")
}

func TestPageIsAccessible(t *testing.T) {
	s, h := demo()
	page := pageOf(t, s, h)
	ids := map[string]bool{}
	for _, m := range regexp.MustCompile(` id="([^"]+)"`).FindAllStringSubmatch(page, -1) {
		assert.False(t, ids[m[1]], "id %q twice", m[1])
		ids[m[1]] = true
	}
	for _, m := range regexp.MustCompile(`aria-labelledby="([^"]+)"`).FindAllStringSubmatch(page, -1) {
		for _, id := range strings.Fields(m[1]) {
			assert.True(t, ids[id], "nothing has the id %q", id)
		}
	}
	for _, th := range regexp.MustCompile(`<th[ >][^>]*>`).FindAllString(page, -1) {
		assert.Regexp(t, `scope="(col|row)"`, th)
	}
	assert.Equal(t, 1, strings.Count(page, "<h1>"))
	assert.Equal(t, 1, strings.Count(page, "<main>"))
	assert.Contains(t, page, `<html lang="en">`)
	assert.Contains(t, page, `aria-label="Of 601,204 rows read: 595,983 succeeded, 4,102 failed, 817 quota exceeded, 302 not attempted."`)
	desc := regexp.MustCompile(`<desc id="\w+-desc">([^<]*)</desc>`).FindAllStringSubmatch(page, -1)
	require.Len(t, desc, 2)
	assert.Regexp(t, `^Requests answered a second over 49 min .* on average, from .* The limit is 200\.$`, desc[0][1])
	assert.Regexp(t, `^Response times over the job, .* p50 55 ms, p95 110 ms, p99 \d+ ms\. The slowest stretch`, desc[1][1])
	assert.NotContains(t, page, "NaN")
}

func TestPageOfAHugeJobIsBounded(t *testing.T) {
	long := strings.Repeat("很长 very long ", 200)
	s := report.Summary{State: "stopped", StopReason: long, Rows: report.Rows{Read: 100_000_000, Succeeded: 99_000_000, Failed: 1_000_000},
		Job: long, Next: long, Error: long, Hint: long, Settings: map[string]string{}, Target: report.Target{Endpoint: long, Identifier: long}}
	for i := range 2000 {
		c := report.CodeRows{Code: 60_000 + i, Class: long, Rows: int64(i), Meaning: long, Remedy: long}
		for range 50 {
			c.Examples = append(c.Examples, report.Example{UserID: long, File: long, Line: 1})
		}
		s.ByCode = append(s.ByCode, c)
		s.Input.Files = append(s.Input.Files, long)
		s.Settings[fmt.Sprint(i, long)] = long
	}
	h := &report.History{}
	now := time.Unix(1_700_000_000, 0)
	for range 1000 {
		h.Mark(now, report.MarkStart, long)
		for i := range 100 {
			h.Attempt(now, time.Duration(i*i)*time.Microsecond, kinds[i%4], 1)
			now = now.Add(250 * time.Millisecond)
		}
		h.Mark(now, report.MarkOutageBegin, long)
		now = now.Add(2 * time.Second)
		h.Mark(now, report.MarkStop, long)
		now = now.Add(time.Hour)
	}
	page := pageOf(t, s, h)
	assert.Less(t, len(page), maxPage)
	assert.Contains(t, page, "And 1,950 more codes with")
	assert.Contains(t, page, "1,980 more files")
	assert.Contains(t, page, "more events in the middle")
}

// The page of a job directory named -u.csv.import once had a command in which it was taken for a flag.
func TestCommandsStandAsTheyWereGiven(t *testing.T) {
	shown := regexp.MustCompile(`<pre tabindex="0"><code>([^<]*)</code></pre>`)
	for _, command := range []string{
		"imimport run ./-u.csv.import/failed.csv", `imimport run 'it'\''s <b>"5" & 6</b>/失败.csv'`, "imimport run '" + strings.Repeat("long/", 1000) + "failed.csv'",
	} {
		failed := []report.CodeRows{{Code: 70402, Class: "row", Rows: 1}}
		for name, s := range map[string]report.Summary{
			"next":   {State: "stopped", Next: command},
			"import": {State: "complete", ByCode: failed, Commands: report.Commands{Import: command}},
			"verify": {State: "complete", Rows: report.Rows{Read: 1, Succeeded: 1}, Commands: report.Commands{Verify: command}},
		} {
			m := shown.FindStringSubmatch(pageOf(t, s, nil))
			require.NotNil(t, m, name)
			assert.Equal(t, command, html.UnescapeString(m[1]), name)
		}
	}
}

func TestEveryStopReasonIsSaidInWords(t *testing.T) {
	for kind := fault.Usage; kind <= fault.Internal; kind++ {
		reason := kind.String()
		if reason == "" {
			continue // complete
		}
		text := textOf(t, report.Summary{State: "stopped", StopReason: reason}, report.TextOptions{})
		if kind == fault.Interrupted || kind == fault.Killed {
			assert.Contains(t, text, "stopped: "+reason+";")
			continue
		}
		assert.NotContains(t, text, "stopped: "+reason+";", "the kind has no words")
	}
	assert.Contains(t, textOf(t, report.Summary{State: "stopped", StopReason: "weather"}, report.TextOptions{}), "stopped: weather; ", "of a later version")
}

func TestPageOfOtherStates(t *testing.T) {
	for name, c := range map[string]struct {
		summary report.Summary
		want    []string
	}{
		"nothing read": {report.Summary{State: "complete"}, []string{"Complete: no row was read"}},
		"all succeeded": {report.Summary{State: "complete", Rows: report.Rows{Read: 3, Succeeded: 3}, Commands: report.Commands{Verify: "verify it"}},
			[]string{"Complete: all 3 rows succeeded", "Nothing: every row read was accepted", "are there:<pre tabindex=\"0\"><code>verify it</code>"}},
		"no command is known": {report.Summary{State: "complete", Rows: report.Rows{Read: 3, Succeeded: 3}}, []string{"Nothing: every row read was accepted.</li>"}},
		"running":             {report.Summary{State: "running", Rows: report.Rows{Read: 3, NotAttempted: 3}}, []string{"Running: 0 of 3 rows succeeded", "the job is running"}},
		"some failed for good": {report.Summary{State: "complete", Commands: report.Commands{Import: "import them"}, Rows: report.Rows{Read: 3, Succeeded: 1, Failed: 2},
			ByCode: []report.CodeRows{{Code: 70402, Class: "row", Rows: 2}}}, []string{"Fix the 2 rejected rows in failed.csv, then import it.", "<code>import them</code>"}},
		"some worth another try": {report.Summary{State: "complete", Next: "send them", Rows: report.Rows{Read: 3, Succeeded: 2, Failed: 1},
			ByCode: []report.CodeRows{{Code: 502, Class: "transient", Rows: 1}}}, []string{"Retry 1 row that met", "<code>send them</code>"}},
		"JSON lines": {report.Summary{State: "complete", Settings: map[string]string{"format": "jsonl"}},
			[]string{`href="succeeded.jsonl"`, `href="failed.jsonl"`, `href="quota_exceeded.jsonl"`}},
		"batches": {report.Summary{State: "complete", Rate: report.Rate{Mean: 98, AccountsPerSecond: 9788}}, []string{"Accounts a second", "9,788", "no limit set"}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, h := range []*report.History{nil, {}} {
				page := pageOf(t, c.summary, h)
				for _, part := range c.want {
					assert.Contains(t, page, part)
				}
				assert.NotContains(t, page, `class="plot`)
			}
		})
	}
}
