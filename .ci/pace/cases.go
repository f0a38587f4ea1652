package main

import (
	"fmt"
	"time"
)

// Who makes the calls.
const (
	ours   = "imimport"
	base   = "before"
	vegeta = "vegeta"
	rate1  = "x/time/rate, burst 1"
	rate0  = "x/time/rate, burst 200"
)

// scenario is one line of the table.
type scenario struct {
	show      int
	name      string
	who       string
	service   service
	batch     int
	rows      int
	runs      int // processes at once; 0 is 1. They go on for a minute and more, whatever there is to send
	foreign   int // calls a second of another program
	busy      bool
	stops     int // SIGSTOP for 2 s, so often
	turns     int
	reference bool // of processor time
	bars      []bar
}

func (c scenario) title() string { return fmt.Sprintf("%d %s, %s", c.show, c.name, c.who) }

// lasting tells of runs that are stopped by time: what is looked at is a minute of them.
func (c scenario) lasting() bool { return c.runs > 1 || c.foreign > 0 }

const (
	usual     = 60 * time.Millisecond
	lasts     = 75 * time.Second
	beginning = 10 * time.Second // of runs that last
)

// lateness is how late calls arrive, and what else there is.
var lateness = []struct {
	name string
	late time.Duration
	busy bool
}{
	{"quiet", 0, false},
	{"late by 0 to 40 ms", 40 * time.Millisecond, false},
	{"late by 0 to 120 ms", 120 * time.Millisecond, false},
	{"busy in bursts", 0, true},
}

func (s settings) cases() (list []scenario) {
	add := func(c scenario) {
		c.who, c.turns = ours, max(c.turns, 1)
		list = append(list, c)
		if s.base != "" {
			c.who, c.turns, c.bars, c.reference = base, 1, nil, false
			list = append(list, c)
		}
	}
	held := []bar{{"worst second", atMost, 200}, {"refused %", atMost, 0}}
	for i, l := range lateness {
		mean := []float64{198.5, 194, 185, 190}[i]
		add(scenario{show: 1, name: l.name, service: service{limit: 200, trip: usual, late: l.late}, busy: l.busy, rows: s.rows, turns: s.turns,
			bars: append(held[:2:2], bar{"mean/s", atLeast, mean})})
	}
	add(scenario{show: 2, name: "stopped for 2 s ten times", service: service{limit: 200, trip: usual}, rows: s.rows, stops: 10, bars: held})
	for _, clock := range []bool{false, true} {
		by := map[bool]string{false: "sliding second", true: "clock's second"}[clock]
		shared := service{limit: 200, trip: usual, clock: clock}
		for _, n := range []int{2, 3, 5} {
			add(scenario{show: 3, name: fmt.Sprintf("%d runs, %s", n, by), service: shared, runs: n,
				bars: []bar{{"mean/s", atLeast, 182}, {"refused %", atMost, 4}, {"least of fair %", atLeast, 70}}})
		}
		add(scenario{show: 3, name: "100/s of another program, " + by, service: shared, foreign: 100,
			bars: []bar{{"mean/s", atLeast, 92}, {"other refused %", atMost, 2}}})
		half := service{limit: 100, trip: usual, clock: clock}
		add(scenario{show: 4, name: "100/s allowed, " + by, service: half, rows: s.rows, bars: []bar{{"of best time", atMost, 1.06}}})
	}
	for _, trip := range []time.Duration{usual, 500 * time.Millisecond, 2 * time.Second, 5 * time.Second} {
		c := scenario{show: 5, name: trip.String() + " away", service: service{limit: 200, trip: trip}, rows: s.rows, reference: trip == usual,
			bars: []bar{{"middle/s", atLeast, 190}, {"memory MB", atMost, 64}}}
		if trip != usual {
			c.bars = append(c.bars, bar{"CPU of 60 ms", atMost, 2})
		}
		add(c)
	}
	for i, l := range lateness {
		mean := []float64{9850, 9600, 9150, 9400}[i]
		add(scenario{show: 6, name: "batch, " + l.name, service: service{limit: 100, trip: usual, late: l.late}, busy: l.busy, rows: 50 * s.rows, batch: 100,
			bars: []bar{{"worst second", atMost, 100}, {"refused %", atMost, 0}, {"mean/s", atLeast, mean}}})
	}
	for _, l := range lateness {
		for _, who := range []string{vegeta, rate1, rate0} {
			list = append(list, scenario{show: 8, name: l.name, who: who, service: service{limit: 200, trip: usual, late: l.late}, busy: l.busy, rows: s.rows, turns: 1})
		}
	}
	return list
}
