package metrics

import (
	"bufio"
	"math"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"imimport/report"
)

// Last is how runs have ended. Zero times are never.
type Last struct {
	ExitCode int
	Run      time.Time // the end of the last run
	Success  time.Time // the end of the last run with exit code 0
}

// The series that a file keeps from run to run.
const (
	lastCode    = "imimport_last_run_exit_code"
	lastRun     = "imimport_last_run_timestamp_seconds"
	lastSuccess = "imimport_last_success_timestamp_seconds"
)

// ReadLast takes from a file of [Metrics.WriteFile] how earlier runs have ended. A file that is not there or not one of ours
// tells nothing.
func ReadLast(path string) Last {
	f, err := os.Open(path)
	if err != nil {
		return Last{}
	}
	defer f.Close() //nolint:errcheck // it is only read
	var l Last
	for lines := bufio.NewScanner(f); lines.Scan(); {
		name, _, _ := strings.Cut(lines.Text(), "{")
		name, _, _ = strings.Cut(name, " ")
		at := strings.LastIndexByte(lines.Text(), ' ')
		value, err := strconv.ParseFloat(lines.Text()[at+1:], 64)
		if err != nil || math.IsNaN(value) || math.Abs(value) > 1<<40 {
			continue
		}
		switch name {
		case lastCode:
			l.ExitCode = int(value)
		case lastRun:
			l.Run = moment(value)
		case lastSuccess:
			l.Success = moment(value)
		}
	}
	return l
}

func moment(seconds float64) time.Time {
	if seconds <= 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(seconds * 1000))
}

func unix(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixMilli()) / 1000
}

// End says how the run has ended. found is what a sync has found, zero for another job. It is called once, before the
// metrics are written for the last time.
func (m *Metrics) End(code int, found report.Sync) {
	first := m.last.Run.IsZero()
	m.ending.Lock()
	m.last.ExitCode, m.last.Run = code, m.now()
	if code == 0 {
		m.last.Success = m.last.Run
	}
	m.ending.Unlock()
	m.ended.Store(true)
	if first {
		m.registerLast()
	}
	if found.Rows == 0 {
		return
	}
	rows := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "imimport_sync_rows",
		Help: "Rows of the files of the last sync by what it found, and accounts that are gone or deleted."}, []string{"kind"})
	for kind, n := range map[string]int64{"new": found.New, "changed": found.Changed, "unchanged": found.Unchanged, "again": found.Again,
		"invalid": found.Invalid, "gone": found.Gone, "deleted": found.Deleted} {
		rows.WithLabelValues(kind).Set(float64(n))
	}
	m.registerer.MustRegister(rows)
}

// registerLast makes the series that there are once a run has ended.
func (m *Metrics) registerLast() {
	m.registerer.MustRegister(
		m.ofLast(lastCode, "Exit code of the last run that has ended. A file keeps it while the next one goes on.", func(l Last) float64 { return float64(l.ExitCode) }),
		m.ofLast(lastRun, "Unix time at which the last run ended.", func(l Last) float64 { return unix(l.Run) }))
}

// ofLast is a gauge of how runs have ended.
func (m *Metrics) ofLast(name, help string, value func(Last) float64) prometheus.GaugeFunc {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 {
		m.ending.Lock()
		defer m.ending.Unlock()
		return value(m.last)
	})
}

// current is what the gauges show. A run that has ended is neither throttled nor in an outage.
func (m *Metrics) current() *state {
	s := m.state.Load()
	if m.ended.Load() {
		over := *s
		over.Throttling, over.Outage, over.InFlight, over.RateNow = false, time.Time{}, 0, 0
		return &over
	}
	return s
}
