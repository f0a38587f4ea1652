package report_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"imimport/report"
)

// stored is what a history says in its file.
type stored struct {
	Bins    int   `json:"bins"`
	Seconds int64 `json:"seconds"`
	Buckets []struct {
		Start    int64       `json:"t"`
		Attempts []int64     `json:"n"`
		Rows     int64       `json:"rows"`
		Latency  [][2]uint32 `json:"latency"`
	} `json:"buckets"`
	Runs []struct {
		Start, End      int64
		Requests, Count int64
	} `json:"runs"`
	Marks   []json.RawMessage `json:"marks"`
	Dropped int64             `json:"dropped"`
}

func read(t require.TestingT, h *report.History) (s stored) {
	text, err := json.Marshal(h)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &s))
	return s
}

var kinds = []report.AttemptKind{report.AttemptOK, report.AttemptRetry, report.AttemptThrottled, report.AttemptFailed}

// Whatever the clock does and however often buckets are merged, every attempt is counted once.
func TestHistoryKeepsItsSumsWhateverTheClockDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := &report.History{}
		now := time.Unix(1_700_000_000, 0)
		var want [4]int64
		var requests, rows int64
		for range rapid.IntRange(0, 60).Draw(t, "stretches") {
			now = now.Add(time.Duration(rapid.Int64Range(-100, 5000).Draw(t, "rest")) * time.Second)
			switch rapid.IntRange(0, 3).Draw(t, "mark") {
			case 0:
				h.Mark(now, report.MarkStart, "")
			case 1:
				h.Mark(now, report.MarkStop, "stopped")
			case 2:
				h.Mark(now, report.MarkKill, "")
			}
			step := time.Duration(rapid.Int64Range(1, 4000).Draw(t, "step")) * time.Millisecond
			first := rapid.IntRange(0, 3).Draw(t, "kind")
			for i := range rapid.IntRange(0, 100).Draw(t, "attempts") {
				kind := kinds[(first+i)%4]
				h.Attempt(now, step, kind, 3)
				want[kind]++
				requests++
				if kind == report.AttemptOK {
					rows += 3
				}
				now = now.Add(step)
			}
			if rapid.IntRange(0, 9).Draw(t, "saved") == 9 {
				text, err := json.Marshal(h)
				require.NoError(t, err)
				h = &report.History{}
				require.NoError(t, json.Unmarshal(text, h))
			}
		}
		got := read(t, h)
		require.LessOrEqual(t, len(got.Buckets), 720)
		require.LessOrEqual(t, len(got.Runs), 64)
		require.LessOrEqual(t, len(got.Marks), 256)
		var sums [4]int64
		var inBins, inRows, inRuns int64
		for i, b := range got.Buckets {
			require.Zero(t, b.Start%got.Seconds)
			require.True(t, i == 0 || b.Start > got.Buckets[i-1].Start)
			for k, n := range b.Attempts {
				sums[k] += n
			}
			for _, l := range b.Latency {
				inBins += int64(l[1])
			}
			inRows += b.Rows
		}
		for _, r := range got.Runs {
			inRuns += r.Requests
		}
		require.Equal(t, want, sums)
		require.Equal(t, requests, inBins)
		require.Equal(t, requests, inRuns)
		require.Equal(t, rows, inRows)
		require.NoError(t, report.WriteHTML(&bytes.Buffer{}, report.Summary{}, h))
	})
}

func TestHistoryOfALongJobStaysSmall(t *testing.T) {
	h := &report.History{}
	now := time.Unix(1_700_000_000, 0)
	for run := range 500 {
		h.Mark(now, report.MarkStart, "")
		for range 360 {
			h.Attempt(now, time.Duration(run+1)*time.Millisecond, report.AttemptOK, 1)
			now = now.Add(10 * time.Second)
		}
		h.Mark(now, report.MarkStop, strings.Repeat("long ", 1000))
		now = now.Add(20 * time.Hour)
	}
	text, err := json.Marshal(h)
	require.NoError(t, err)
	assert.Less(t, len(text), 400_000)
	got := read(t, h)
	var runs, requests int64
	for _, r := range got.Runs {
		runs += r.Count
		requests += r.Requests
	}
	assert.EqualValues(t, 500, runs)
	assert.EqualValues(t, 500*360, requests)
	assert.EqualValues(t, 1000, int64(len(got.Marks))+got.Dropped)
}

func TestHistoryRoundTrip(t *testing.T) {
	_, h := demo()
	text, err := json.Marshal(h)
	require.NoError(t, err)
	var again report.History
	require.NoError(t, json.Unmarshal(text, &again))
	second, err := json.Marshal(&again)
	require.NoError(t, err)
	assert.Equal(t, string(text), string(second))

	empty, err := json.Marshal(&report.History{})
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(empty, &again))
	assert.Empty(t, read(t, &again).Buckets)
}

func TestHistoryAttemptDoesNotAllocate(t *testing.T) {
	h := &report.History{}
	now := time.Unix(1_700_000_000, 0)
	h.Attempt(now, time.Millisecond, report.AttemptOK, 1)
	assert.Zero(t, testing.AllocsPerRun(10_000, func() {
		now = now.Add(700 * time.Millisecond)
		h.Attempt(now, time.Millisecond, report.AttemptOK, 1)
	}))
}

func TestHistoryRefusesWhatItDidNotWrite(t *testing.T) {
	_, h := demo()
	text, err := json.Marshal(h)
	require.NoError(t, err)
	for name, change := range map[string][2]string{
		"other bins":     {`"bins":`, `"bins":1`},
		"no width":       {`"seconds":`, `"seconds":-`},
		"negative count": {`"n":[`, `"n":[-`},
		"few counts":     {`"n":[`, `"n":[],"x":[`},
		"unknown bin":    {`"latency":[[`, `"latency":[[9`},
		"out of order":   {`"t":1`, `"t":9`},
		"not JSON":       {`{`, `[`},
	} {
		t.Run(name, func(t *testing.T) {
			broken := strings.Replace(string(text), change[0], change[1], 1)
			require.NotEqual(t, string(text), broken)
			assert.Error(t, json.Unmarshal([]byte(broken), &report.History{}))
		})
	}
}

// A history file that was tampered with is refused or drawn; it never takes the report down.
func FuzzHistoryFile(f *testing.F) {
	f.Add([]byte(`{"bins":154,"seconds":1,"buckets":[{"t":1,"n":[1,0,0,0],"rows":1,"latency":[[9,1]]}],"runs":[{"start_ms":1000,"end_ms":2000,"requests":1,"count":1}],"marks":[{"ms":1000,"kind":"start","text":""}]}`))
	f.Add([]byte(`{"bins":154,"seconds":1099511627776,"buckets":[{"t":0,"n":[9223372036854775807,9223372036854775807,0,0]}]}`))
	f.Add([]byte(`{"bins":154,"seconds":1,"runs":[{"start_ms":-1099511627776000,"end_ms":1099511627776000,"requests":1,"count":1}],"buckets":[{"t":1099511627776,"n":[0,0,0,0]}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var h report.History
		if json.Unmarshal(text, &h) != nil {
			return
		}
		h.Mark(time.Unix(5, 0), report.MarkKill, "")
		h.Mark(time.Unix(6, 0), report.MarkStart, "")
		h.Attempt(time.Unix(7, 0), time.Second, report.AttemptOK, 1)
		var page bytes.Buffer
		require.NoError(t, report.WriteHTML(&page, report.Summary{}, &h))
		require.NotContains(t, page.String(), "NaN")
		require.Less(t, page.Len(), maxPage)
	})
}

func BenchmarkHistoryAttempt(b *testing.B) {
	h := &report.History{}
	now := time.Unix(1_700_000_000, 0)
	for b.Loop() {
		now = now.Add(5 * time.Millisecond)
		h.Attempt(now, 60*time.Millisecond, report.AttemptOK, 1)
	}
}
