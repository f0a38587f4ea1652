package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTable(t *testing.T) {
	turn := func(cpu, wall time.Duration, requests uint64, worst int) measurement {
		return measurement{cpu: cpu, wall: wall, requests: requests, worst: worst, peak: 20e6, refused: 1}
	}
	cases := []workload{
		{name: "floor", rows: 1000, batch: 1, floor: true, measured: []measurement{
			turn(30*time.Millisecond, time.Second, 1000, 5), turn(90*time.Millisecond, 3*time.Second, 1000, 9), turn(20*time.Millisecond, time.Second, 1000, 7)}},
		{name: "batch", rows: 1000, batch: 100, measured: []measurement{turn(3*time.Millisecond, time.Second, 10, 10)}},
		{name: "left out", rows: 1000, batch: 1},
		{name: "limited", rows: 200, batch: 1, rate: 200, measured: []measurement{turn(50*time.Millisecond, time.Second, 200, 200)}},
	}
	var out strings.Builder
	require.NoError(t, writeTable(&out, settings{workers: 8, repeat: 3}, cases))
	_, table, _ := strings.Cut(out.String(), "--:|\n")
	assert.Equal(t, `| floor | 1000 | 1000 | 30.00 | 1.00 | 30.0 | 3% | 20 | 9 | 3 |
| batch | 1000 | 1000 | 3.00 | 0.10 | 300.0 | 0% | 20 | 10 | 1 |
| limited | 200 | 200 | 250.00 |  | 250.0 | 5% | 20 | 200 | 1 |
`, table)
}
