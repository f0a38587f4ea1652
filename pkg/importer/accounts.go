package importer

import (
	"time"

	"imimport/pkg/checkpoint"
	"imimport/report"
)

// accounts are the figures of a job, and of this run of it. They and the outcome files are written together, by
// record alone.
type accounts struct {
	cfg      *Config
	tally    report.Tally
	counters checkpoint.Counters
	base     checkpoint.Counters // those of the runs before

	startedAt           time.Time // of this run, as all that follows
	firstSent, lastSent time.Time
	failed, settled     int64
}

func newAccounts(cfg *Config, now time.Time) accounts {
	a := accounts{cfg: cfg, tally: cfg.From.Tally.Clone(), counters: cfg.From.Counters, base: cfg.From.Counters, startedAt: now}
	a.counters.Runs++
	if a.counters.StartedAt.IsZero() {
		a.counters.StartedAt = now
	}
	if !cfg.From.Retry {
		a.counters.Read = a.tally.Settled() // rows that were read and not settled are read again
	}
	return a
}

// read counts a row that was read. A retry reads rows that were counted before.
func (a *accounts) read() {
	if !a.cfg.From.Retry {
		a.counters.Read++
	}
}

func (a *accounts) sent(c *call) {
	a.counters.Requests++
	if c.items[0].isImported() {
		a.counters.Profiles++
	} else {
		a.counters.Accounts += int64(len(c.items))
	}
	if c.Retried() {
		a.counters.Retries++
	}
	if a.firstSent.IsZero() {
		a.firstSent = c.pass.SentAt()
	}
	a.lastSent = c.pass.SentAt()
}

// record writes an outcome and counts it.
func (a *accounts) record(s *report.Settled) error {
	if a.cfg.Relabel != nil {
		a.cfg.Relabel(s)
	}
	if err := a.cfg.Ledger.Append(s); err != nil {
		return err
	}
	a.tally.Add(s)
	a.cfg.Metrics.Settled(s.Outcome.String())
	a.settled++
	if s.Outcome == report.Failed {
		a.failed++
	}
	return nil
}

// state is the accounts' part of a checkpoint.
func (a *accounts) state(now time.Time, worst int) (*checkpoint.State, error) {
	written, err := a.cfg.Ledger.Flush()
	if err != nil {
		return nil, err
	}
	from := &a.cfg.From
	s := &checkpoint.State{Job: from.Job, Pass: from.Pass, Retry: from.Retry, Input: from.Input, QuotaMet: from.QuotaMet,
		Written: written, Tally: a.tally.Clone(), Counters: a.counters, SavedAt: now, Machine: from.Machine}
	s.Counters.Elapsed = a.base.Elapsed + now.Sub(a.startedAt)
	if !a.firstSent.IsZero() {
		s.Counters.Sending = a.base.Sending + a.lastSent.Sub(a.firstSent)
	}
	s.Counters.WorstSecond = max(a.base.WorstSecond, worst)
	return s, nil
}

// rows are the figures of which the first is always the sum of the others.
func (a *accounts) rows() report.Rows {
	return report.Rows{Read: a.counters.Read, Succeeded: a.tally.Succeeded, Failed: a.tally.Failed, QuotaExceeded: a.tally.QuotaExceeded,
		NotAttempted: a.counters.Read - a.tally.Settled()}
}
