package main

import (
	"testing"
	"time"
)

func TestFold(t *testing.T) {
	start := time.Unix(1_700_000_000, 0)
	var seen []arrival
	for i := range 401 { // 100 a second, and every tenth refused
		seen = append(seen, arrival{start.Add(time.Duration(i) * 10 * time.Millisecond), "run0", 1, i%10 == 5})
	}
	f := scenario{service: service{limit: 100}}.fold(seen)
	if f.worst != 100 || f.refused != 100*40.0/401 || f.mean != 90 || f.middle < 89 || f.middle > 91 {
		t.Errorf("%+v", f)
	}
	text, missed := scenario{show: 1, name: "x", who: ours, bars: []bar{{"mean/s", atLeast, 90}, {"worst second", atMost, 99}}}.line(f)
	if missed != 1 {
		t.Errorf("%d bars are missed: %s", missed, text)
	}
}

func TestFoldOfRunsThatLast(t *testing.T) {
	start := time.Unix(1_700_000_000, 0)
	var seen []arrival
	for i := range 7500 { // 100 a second: three of four by one run, the fourth by the other
		who := "run0"
		if i%4 == 3 {
			who = "run1"
		}
		seen = append(seen, arrival{start.Add(time.Duration(i) * 10 * time.Millisecond), who, 1, false})
	}
	f := scenario{runs: 2, service: service{limit: 200}}.fold(seen)
	if f.mean != 100 || f.least != 50 || f.refused != 0 {
		t.Errorf("%+v", f)
	}
}
