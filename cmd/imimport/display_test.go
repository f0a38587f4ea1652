package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rivo/uniseg"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/pkg/job"
	"imimport/report"
)

// screen is a terminal that understands what the display writes: carriage returns and newlines.
type screen struct {
	mu    sync.Mutex
	lines []string
	row   []rune
	at    int
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range string(p) {
		switch {
		case c == '\r':
			s.at = 0
		case c == '\n':
			s.lines = append(s.lines, strings.TrimRight(string(s.row), " "))
			s.row, s.at = nil, 0
		case s.at < len(s.row):
			s.row[s.at] = c
			s.at++
		default:
			s.row = append(s.row, c)
			s.at++
		}
	}
	return len(p), nil
}

func (s *screen) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(append(append([]string(nil), s.lines...), strings.TrimRight(string(s.row), " ")), "\n")
}

func someProgress(settled int64) job.Progress {
	return job.Progress{Rows: report.Rows{Read: settled, Succeeded: settled}, BytesDone: settled * 10, BytesTotal: 10_000, RateNow: 195, RateLimit: 195, Pass: 1}
}

func TestLinesAndTheBarDoNotGarbleEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s screen
		d := newDisplay(&s, newCrash(), func(v progressView) string { return drawBar(v, 60) }, nil)
		_, _ = io.WriteString(d, "a line before the bar\n")
		synctest.Wait()
		assert.Equal(t, "a line before the bar\n", s.text())
		d.show(someProgress(100))
		time.Sleep(drawEvery)
		synctest.Wait()
		assert.Regexp(t, `^a line before the bar\n  10% \[.*\]  .*195/s.*$`, s.text())
		_, _ = io.WriteString(d, "a line\nand another\n")
		synctest.Wait()
		assert.Regexp(t, `^a line before the bar\na line\nand another\n  10% \[.*$`, s.text())
		d.show(someProgress(1000))
		time.Sleep(drawEvery)
		synctest.Wait()
		assert.Regexp(t, `another\n 100% \[=*\]  .*$`, s.text())
		d.close()
		assert.Equal(t, "a line before the bar\na line\nand another\n", s.text())
		_, _ = io.WriteString(d, "the end\n")
		assert.Equal(t, "a line before the bar\na line\nand another\nthe end\n", s.text())
		d.close()
	})
}

func TestPlainProgressIsALineEvery30Seconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s screen
		var d *display
		d = newDisplay(&s, newCrash(), nil, func(v progressView) { _, _ = fmt.Fprintln(d, plainLine(v)) })
		time.Sleep(time.Minute)
		synctest.Wait()
		assert.Empty(t, s.text(), "nothing is running")
		d.show(someProgress(100))
		time.Sleep(plainEvery)
		synctest.Wait()
		d.show(someProgress(400))
		time.Sleep(plainEvery)
		synctest.Wait()
		d.close()
		assert.Equal(t, "100 rows (10%), 195/s (limit 195), 100 succeeded, 0 failed, 0 quota, 0 retries, time left unknown\n"+
			"400 rows (40%), 195/s (limit 195), 400 succeeded, 0 failed, 0 quota, 0 retries, 1m00s left\n", s.text())
	})
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestStandardErrorThatIsGoneIsNobodysError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisplay(broken{}, newCrash(), func(v progressView) string { return drawBar(v, 80) }, nil)
		d.show(someProgress(5))
		n, err := io.WriteString(d, "a line\n")
		require.NoError(t, err)
		assert.Equal(t, 7, n)
		time.Sleep(time.Second)
		d.close()
	})
}

// stopped is a terminal that takes nothing until it is opened again.
type stopped struct {
	open chan struct{}
	screen
}

func (s *stopped) Write(p []byte) (int, error) {
	<-s.open
	return s.screen.Write(p)
}

func TestTerminalThatIsStoppedHoldsNobodyUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stopped{open: make(chan struct{})}
		d := newDisplay(s, newCrash(), nil, nil)
		line := strings.Repeat("x", 1023) + "\n"
		_, _ = io.WriteString(d, "first\n")
		synctest.Wait() // the goroutine waits in its write
		for range 1030 {
			_, _ = io.WriteString(d, line)
		}
		close(s.open)
		d.close()
		text := s.text()
		assert.True(t, strings.HasPrefix(text, "first\nxxx"))
		assert.Equal(t, 1024, strings.Count(text, line))
		assert.Contains(t, text, "(6 lines left out here: standard error is too slow)")
	})
}

func TestBarFitsEveryWidth(t *testing.T) {
	views := []progressView{
		{},
		{scanning: true, scanned: 5, scanTotal: 10},
		{scanning: true, scanned: 5e9},
		{running: true, fraction: -1, run: someProgress(3)},
		{running: true, fraction: 1, run: someProgress(1000), leftKnown: true},
		{running: true, fraction: .42, leftKnown: true, left: 26 * time.Hour, run: job.Progress{
			Rows:    report.Rows{Read: 123_456_789, Succeeded: 123_000_000, Failed: 400_000, QuotaExceeded: 56_789},
			Retries: 1_234_567, RateNow: 12_345, Outage: time.Now()}},
	}
	for _, v := range views {
		for columns := 1; columns < 200; columns++ {
			assert.Less(t, uniseg.StringWidth(drawBar(v, columns)), max(columns, 1)+0, "%d columns", columns)
		}
	}
}

func TestBarShowsWhatFits(t *testing.T) {
	v := progressView{running: true, fraction: .42, leftKnown: true, left: 12*time.Minute + 5*time.Second, run: job.Progress{
		Rows: report.Rows{Read: 84_300, Succeeded: 84_100, Failed: 100, QuotaExceeded: 13, NotAttempted: 87}, Retries: 421, RateNow: 195, RateLimit: 195}}
	for columns, want := range map[int]string{
		160: "  42% [===============>........................]  84,213 rows  195/s (limit 195)  84,100 succeeded  100 failed  13 quota  421 retries  12m05s left",
		100: "  42% [===>......]  84,213 rows  195/s  84,100 ok  100 failed  13 quota  421 retries  12m05s left",
		80:  "  42% [==>.....]  195/s 84,100 ok 100 failed 13 quota 421 retries 12m05s left",
		40:  "  42% [===>......]  195/s 12m05s left",
		20:  " 42% 195/s",
	} {
		assert.Equal(t, want, drawBar(v, columns), "%d columns", columns)
	}
}

func TestFractionCountsOutcomesAndNotWhatTheReaderIsAheadOf(t *testing.T) {
	for name, c := range map[string]struct {
		p    job.Progress
		want float64
	}{
		"nothing read":            {job.Progress{BytesTotal: 100}, 0},
		"read to the end":         {job.Progress{BytesTotal: 100, BytesDone: 100, Rows: report.Rows{Read: 10, Succeeded: 1, NotAttempted: 9}}, .1},
		"in the middle":           {job.Progress{BytesTotal: 100, BytesDone: 60, Rows: report.Rows{Read: 6, Failed: 5, NotAttempted: 1}}, .5},
		"size not known":          {job.Progress{BytesDone: 100, Rows: report.Rows{Read: 10}}, -1},
		"a retry pass":            {job.Progress{PassRows: 20, PassDone: 5, BytesTotal: 100, BytesDone: 100}, .25},
		"a file that has grown":   {job.Progress{BytesTotal: 100, BytesDone: 200, Rows: report.Rows{Read: 5, Succeeded: 5}}, 1},
		"standard input, nothing": {job.Progress{BytesTotal: -1}, -1},
	} {
		assert.InDelta(t, c.want, fraction(c.p), 1e-9, name)
	}
}

func TestTimeLeftRestsOnThisRunsPace(t *testing.T) {
	at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	var e estimate
	_, known := e.left(at, 1, .6) // resumed at 60%
	assert.False(t, known)
	left, known := e.left(at.Add(10*time.Second), 1, .61)
	assert.True(t, known)
	assert.Equal(t, 390*time.Second, left)
	for i := range 60 { // an outage: what is done stays
		_, known = e.left(at.Add(time.Duration(10+2*i)*time.Second), 1, .61)
	}
	assert.False(t, known, "no pace, no forecast")
	_, known = e.left(at.Add(200*time.Second), 2, .1)
	assert.False(t, known, "another pass begins anew")
	_, known = e.left(at, 2, -1)
	assert.False(t, known)
}

// The pace of an outage is no pace, neither while it lasts nor behind it.
func TestAnOutageSaysSinceWhenAndForecastsNothing(t *testing.T) {
	at := time.Date(2026, 3, 1, 1, 2, 3, 0, time.Local)
	v := progressView{running: true, estimate: new(estimate), run: job.Progress{BytesTotal: 100, BytesDone: 50, Rows: report.Rows{Read: 500, Succeeded: 500}}}
	v.estimated(at)
	v.run.BytesDone = 51
	require.True(t, v.estimated(at.Add(10*time.Second)).leftKnown)

	v.run.Outage = at
	v = v.estimated(at.Add(time.Minute))
	assert.False(t, v.leftKnown)
	assert.Contains(t, plainLine(v), "no good answer since 01:02:03")
	assert.Contains(t, plainLine(v), "time left unknown")
	assert.Contains(t, drawBar(v, 40), "no answer")

	v.run.Outage = time.Time{}
	v.estimated(at.Add(time.Hour))
	v.run.BytesDone = 52
	v = v.estimated(at.Add(time.Hour + 10*time.Second))
	assert.Equal(t, 480*time.Second, v.left, "the hour of outage is not in the pace")
}

func TestColoursAreForTerminalsThatWantThem(t *testing.T) {
	a, _, _ := testApp(t, map[string]string{"NO_COLOR": "1", "COLUMNS": "132"})
	file, err := os.CreateTemp(t.TempDir(), "")
	require.NoError(t, err)
	defer file.Close()
	assert.False(t, a.color(file))
	assert.False(t, isTerminal(a.stderr))
	assert.Equal(t, 132, a.columns(file))
}
