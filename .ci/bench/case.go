package main

import "time"

// subject is who makes the requests.
type subject string

const (
	loop     subject = "loop"
	vegeta   subject = "vegeta"
	imimport subject = "imimport"
)

// workload is one line of the table.
type workload struct {
	name    string
	subject subject
	rows    int
	batch   int           // accounts a request
	rate    int           // requests a second, 0 is no limit on either side
	latency time.Duration // of the sandbox
	once    bool
	floor   bool // what the others without a limit are compared with

	measured []measurement
}

func (s settings) cases() []workload {
	const quick = 20_000
	limited := 200 * s.seconds
	list := []workload{
		{name: "bare loop of net/http", subject: loop, rows: s.rows, batch: 1, floor: true},
		{name: "vegeta", subject: vegeta, rows: s.rows, batch: 1},
		{name: "imimport", subject: imimport, rows: s.rows, batch: 1},
		{name: "imimport --batch 100", subject: imimport, rows: 5 * s.rows, batch: 100},
		{name: "vegeta, 200/s, 60 ms", subject: vegeta, rows: limited, batch: 1, rate: 200, latency: 60 * time.Millisecond},
		{name: "imimport, 200/s, 60 ms", subject: imimport, rows: limited, batch: 1, rate: 200, latency: 60 * time.Millisecond},
		{name: "imimport --batch 100, 100/s, 50 ms", subject: imimport, rows: 100_000, batch: 100, rate: 100, latency: 50 * time.Millisecond},
		{name: "imimport, short", subject: imimport, rows: quick, batch: 1, once: true},
		{name: "imimport --batch 100, short", subject: imimport, rows: quick, batch: 100, once: true},
	}
	if s.long > 0 {
		list = append(list,
			workload{name: "imimport, long", subject: imimport, rows: s.long, batch: 1, once: true},
			workload{name: "imimport --batch 100, long", subject: imimport, rows: s.long, batch: 100, once: true})
	}
	return list
}

func (w workload) command() string {
	if w.batch > 1 {
		return "multiaccount_import"
	}
	return "account_import"
}
