package report_test

import (
	"math/rand/v2"
	"time"

	"imimport/report"
)

const injected = `<script>alert("` + `1")</script>`

// demo is a job with everything: all outcomes, throttling, an outage, a kill, a quota stop, a resume, and
// markup wherever the input has a word.
func demo() (report.Summary, *report.History) {
	h := &report.History{}
	random := rand.New(rand.NewPCG(7, 7))
	zone := time.FixedZone("", 8*3600)
	start := time.Date(2026, 11, 24, 22, 58, 12, 0, zone)
	now := start
	send := func(d time.Duration, rate float64, each func() (report.AttemptKind, time.Duration)) {
		end := now.Add(d)
		for now.Before(end) {
			kind, latency := each()
			h.Attempt(now, latency, kind, 1)
			now = now.Add(time.Duration(float64(time.Second) / rate * (0.9 + 0.2*random.Float64())))
		}
	}
	latency := func(base float64) time.Duration {
		d := base * (0.7 + 0.5*random.ExpFloat64()*0.6)
		if random.IntN(60) == 0 {
			d *= 4
		}
		return time.Duration(d * float64(time.Millisecond))
	}
	good := func() (report.AttemptKind, time.Duration) {
		switch n := random.IntN(1000); {
		case n < 4:
			return report.AttemptRetry, latency(180)
		case n < 9:
			return report.AttemptFailed, latency(50)
		}
		return report.AttemptOK, latency(62)
	}
	h.Mark(now, report.MarkStart, "run started")
	send(14*time.Minute, 195, good)
	h.Mark(now, report.MarkThrottleBegin, `throttled: the service says "too often" (60007); going on at 130 requests/s, creeping back`)
	send(time.Second, 12, func() (report.AttemptKind, time.Duration) { return report.AttemptThrottled, latency(30) })
	for rate := 130.0; rate < 195; rate += 5 {
		send(time.Second, rate, good)
	}
	h.Mark(now, report.MarkThrottleEnd, "throttling is over: back at the full rate")
	send(9*time.Minute, 195, good)
	h.Mark(now.Add(3*time.Second), report.MarkOutageBegin, "no good answer for 3s (HTTP 502): new rows wait, rows under way are tried again")
	send(70*time.Second, 18, func() (report.AttemptKind, time.Duration) {
		if random.IntN(5) == 0 {
			return report.AttemptRetry, 10 * time.Second
		}
		return report.AttemptRetry, latency(900)
	})
	h.Mark(now, report.MarkOutageEnd, "the service answers again after 1m10s; going on")
	send(6*time.Minute, 195, good)
	h.Mark(now.Add(-2*time.Second), report.MarkKill, "the process ended without a word")
	now = now.Add(11 * time.Minute)
	h.Mark(now, report.MarkStart, "run started")
	send(12*time.Minute, 195, good)
	h.Mark(now, report.MarkQuota, "quota met (70398): stopping, as --on-quota says")
	h.Mark(now, report.MarkStop, "stopped: quota")
	now = now.Add(9*time.Hour + 20*time.Minute)
	h.Mark(now, report.MarkStart, "run started")
	send(7*time.Minute, 195, good)
	h.Mark(now, report.MarkStop, "stopped: interrupted "+injected)
	return demoSummary(start, now), h
}

func demoSummary(start, end time.Time) report.Summary {
	line := func(user string, n int64) report.Example {
		return report.Example{UserID: user, File: "users.csv", Line: n, Row: n - 1, Reason: "the service says: " + injected}
	}
	return report.Summary{
		State: "stopped", StopReason: "interrupted", ExitCode: 130,
		Rows:     report.Rows{Read: 601_204, Succeeded: 595_983, Failed: 4_102, QuotaExceeded: 817, NotAttempted: 302},
		Requests: 606_341, Retries: 4_530, Throttle: 180,
		ByCode: []report.CodeRows{
			{Code: 70402, Class: "row", Rows: 2_214, Meaning: "a parameter is missing or invalid", Remedy: "mend the row: the reason in failed.csv tells the field",
				Examples: []report.Example{line("u_100204", 1_042), line(injected, 20_331), line("张伟-0091", 31_007)}},
			{Code: 0, Class: "invalid", Rows: 1_180, Meaning: "refused before sending: the row breaks a rule of the service", Remedy: "mend the rows in the failed file and import that file",
				Examples: []report.Example{line("", 77), line("a-very-long-userid-that-no-one-can-have-because-it-is-over-the-limit-of-32-bytes", 912)}},
			{Code: 70398, Class: "quota", Rows: 817, Meaning: "the app is at its account limit (100 on the trial edition)", Remedy: "raise the app's account limit in the console, then: imimport resume",
				Examples: []report.Example{line("u_488120", 488_121)}},
			{Code: 70399, Class: "row", Rows: 511, Meaning: "deleted less than three months ago, may not be imported yet", Remedy: "import it again when the three months are over"},
			{Code: 502, Class: "transient", Rows: 173, Meaning: "HTTP status 502 instead of an answer", Remedy: "send them again: imimport retry", Examples: []report.Example{line("u_270001", 270_002)}},
			{Code: 40601, Class: "row", Rows: 24, Meaning: "资料字段的值超过 500 字节 " + injected, Remedy: "shorten the value"},
		},
		Rate:      report.Rate{Limit: 200, Mean: 194.3, WorstSecond: 200, AccountsPerSecond: 193.1},
		StartedAt: start, EndedAt: end, ElapsedSeconds: 3120.4, Runs: 3, Passes: 1,
		Input:  report.Input{Files: []string{"exports/2026-11/users.csv", "exports/2026-11/用户" + injected + ".csv"}, BytesTotal: 74_120_331, BytesDone: 55_903_120},
		Target: report.Target{Endpoint: "https://adminapisgp.im.qcloud.com", SDKAppID: 1400000000, Identifier: "administrator"},
		Job:    "users.csv.import", Next: "imimport resume users.csv.import", Error: "interrupted by SIGINT " + injected,
		Hint: "what was in flight has been finished",
		Settings: map[string]string{"rate": "200", "workers": "32", "max-attempts": "8", "retry-initial": "500ms", "retry-max": "30s", "on-quota": "stop",
			"duplicates": "last", "batch": "1", "timeout": "10s", "delimiter": injected},
	}
}
