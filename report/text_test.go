package report_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/rivo/uniseg"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/report"
)

func textOf(t *testing.T, s report.Summary, o report.TextOptions) string {
	t.Helper()
	var b strings.Builder
	require.NoError(t, s.WriteText(&b, o))
	return b.String()
}

func quotaStop() report.Summary {
	return report.Summary{
		State: "stopped", StopReason: "quota", ExitCode: 4,
		Rows:     report.Rows{Read: 10_000, Succeeded: 9_000, Failed: 800, QuotaExceeded: 1, NotAttempted: 199},
		Requests: 10_100, Retries: 30, Throttle: 3, Runs: 2, ElapsedSeconds: 3725,
		Rate: report.Rate{Limit: 200, Mean: 194.7, WorstSecond: 200},
		ByCode: []report.CodeRows{
			{Code: 70402, Class: "row", Rows: 800, Meaning: "a parameter is missing or invalid", Remedy: "mend the row"},
			{Code: 70398, Class: "quota", Rows: 1, Meaning: "the app is at its account limit", Remedy: "raise the limit in the console"},
		},
		Job: "users.csv.import", Next: "imimport resume users.csv.import",
		Error: "the service's quota is met: 70398", Hint: "raise the limit in the console",
	}
}

func TestTextOfAQuotaStop(t *testing.T) {
	assert.Equal(t, `stopped: the service's quota is met; 9,000 of 10,000 rows succeeded

  succeeded        9,000    90.00%
  failed             800     8.00%
  quota exceeded       1     0.01%
  not attempted      199     1.99%
  read            10,000

  code      class      rows  meaning
  70402     row         800  a parameter is missing or invalid
            do: mend the row
  70398     quota         1  the app is at its account limit
            do: raise the limit in the console

  requests        10,100 in 1 h 2 min (2 runs), 30 retries, 3 throttled
  rate            194.7/s on average, worst second 200, limit 200
  files in        users.csv.import:
                  succeeded.csv failed.csv quota_exceeded.csv report.html
  error           the service's quota is met: 70398
  hint            raise the limit in the console
to go on:
imimport resume users.csv.import
`, textOf(t, quotaStop(), report.TextOptions{}))
}

func TestTextOfACompleteJob(t *testing.T) {
	s := report.Summary{State: "complete", Rows: report.Rows{Read: 3, Succeeded: 3}, Requests: 3, Runs: 1, ElapsedSeconds: 0.04, Job: "j",
		Rate: report.Rate{Mean: 75, WorstSecond: 3}}
	assert.Equal(t, `complete: all 3 rows succeeded

  succeeded       3      100%
  failed          0        0%
  quota exceeded  0        0%
  not attempted   0        0%
  read            3

  requests        3 in 40 ms, 0 retries, 0 throttled
  rate            75/s on average, worst second 3, no limit
  files in        j: succeeded.csv report.html
`, textOf(t, s, report.TextOptions{}))
}

func TestAHintOfAnyScriptIsASentenceOfThePage(t *testing.T) {
	for hint, want := range map[string]string{"wait": "Wait.", "Wait!": "Wait!", "éteindre": "Éteindre.", "请稍候": "请稍候."} {
		assert.Contains(t, pageOf(t, report.Summary{State: "stopped", Hint: hint}, nil), "<li>"+want+"</li>")
	}
}

func TestTextFitsAScreenHoweverManyCodes(t *testing.T) {
	long := strings.Repeat("参数缺失或者无效，请检查 ", 20)
	for codes := range 31 {
		s := quotaStop()
		s.Error, s.Hint = long, long
		s.Input.Files = []string{"用户.csv"}
		s.ByCode = nil
		for i := range codes {
			s.ByCode = append(s.ByCode, report.CodeRows{Code: 60_000 + i, Class: "transient", Rows: 123_456_789, Meaning: long, Remedy: long})
		}
		text := textOf(t, s, report.TextOptions{})
		lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
		assert.LessOrEqual(t, len(lines), 23, "%d codes", codes)
		for _, line := range lines {
			assert.LessOrEqual(t, uniseg.StringWidth(line), 80, line)
		}
		assert.Equal(t, "imimport resume users.csv.import", lines[len(lines)-1])
		if codes == 30 {
			assert.Contains(t, text, "more codes with")
			assert.Contains(t, text, "report.html")
		}
	}
}

func TestTextKeepsTheJobAndTheCommandWhole(t *testing.T) {
	s := quotaStop()
	s.Job = strings.Repeat("数据/", 40) + "用户.csv.import"
	s.Next = "imimport resume '" + s.Job + "'"
	lines := strings.Split(strings.TrimSuffix(textOf(t, s, report.TextOptions{}), "\n"), "\n")
	assert.Equal(t, s.Next, lines[len(lines)-1])
	assert.Contains(t, strings.Join(lines, "\n"), "  files in        "+s.Job+":\n")
	rows := 0
	for _, line := range lines {
		rows += 1 + max(0, uniseg.StringWidth(line)-1)/80
	}
	assert.LessOrEqual(t, rows, 24)
}

func TestTextHasColourOnlyWhenAsked(t *testing.T) {
	plain := textOf(t, quotaStop(), report.TextOptions{})
	assert.NotContains(t, plain, "\x1b")
	colour := textOf(t, quotaStop(), report.TextOptions{Color: true})
	assert.Contains(t, colour, "\x1b[33;1mstopped")
	stripped := strings.NewReplacer("\x1b[33;1m", "", "\x1b[32m", "", "\x1b[31m", "", "\x1b[33m", "", "\x1b[2m", "", "\x1b[0m", "").Replace(colour)
	assert.Equal(t, plain, stripped)
}

func TestTextLetsNothingControlTheTerminal(t *testing.T) {
	s := quotaStop()
	evil := "a\x1b[2Jb\r\nc\x00\u202ed\xff\u2028"
	s.StopReason, s.Error, s.Hint, s.Job, s.Next = evil, evil, evil, evil, evil
	s.ByCode = []report.CodeRows{{Code: 1, Class: evil, Rows: 1, Meaning: evil, Remedy: evil}}
	text := textOf(t, s, report.TextOptions{})
	for _, bad := range []string{"\x1b", "\r", "\x00", "\u202e", "\xff", "\u2028"} {
		assert.NotContains(t, text, bad)
	}
}

func TestTextOfWideTerminals(t *testing.T) {
	s := quotaStop()
	s.Hint = strings.Repeat("word ", 30)
	text := textOf(t, s, report.TextOptions{Width: 160})
	assert.Contains(t, text, "quota_exceeded.csv report.html\n")
	for _, line := range strings.Split(text, "\n") {
		assert.LessOrEqual(t, len(line), 160)
	}
}

func TestAWriteErrorIsReported(t *testing.T) {
	broken := errors.New("broken pipe")
	w := failing{broken}
	assert.ErrorIs(t, quotaStop().WriteText(w, report.TextOptions{}), broken)
	assert.ErrorIs(t, report.WriteHTML(w, quotaStop(), nil), broken)
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }
