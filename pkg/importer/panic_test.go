package importer_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/pkg/checkpoint"
	"imimport/pkg/fault"
	"imimport/pkg/im"
	"imimport/pkg/importer"
	"imimport/reader"
	"imimport/report"
)

// countdown panics at the n-th time.
type countdown struct{ n int }

func (c *countdown) step() {
	if c.n--; c.n == 0 {
		panic("no such index")
	}
}

// panickingClient panics when it sends the row of u700, and when it has to make a UserSig.
type panickingClient struct{ importer.Client }

func (c panickingClient) Import(ctx context.Context, a im.Account) im.Answer {
	if a.UserID == "u700" {
		panic("no such index")
	}
	return c.Client.Import(ctx, a)
}

func (c panickingClient) ImportBatch(ctx context.Context, accounts []im.Account) im.Answer {
	for _, a := range accounts {
		if a.UserID == "u700" {
			panic("no such index")
		}
	}
	return c.Client.ImportBatch(ctx, accounts)
}

func (c panickingClient) Resign(im.Answer) error { panic("no such index") }

type panickingSource struct {
	importer.Source
	*countdown
}

func (s panickingSource) Read(row *reader.Row) error {
	s.step()
	return s.Source.Read(row)
}

type panickingLedger struct {
	importer.Ledger
	*countdown
}

func (l panickingLedger) Append(s *report.Settled) error {
	l.step()
	return l.Ledger.Append(s)
}

type panickingMetrics struct{ at *countdown }

func (panickingMetrics) Request(int, string, time.Duration)        {}
func (panickingMetrics) Settled(string)                            {}
func (m panickingMetrics) Waited(time.Duration)                    { m.at.step() }
func (panickingMetrics) State(importer.Progress, int64, time.Time) {}

// Whatever panics, the run ends in order: what the checkpoint counts on is whole, and the next run ends the job.
func TestAPanicEndsTheRunInOrderAndTheJobGoesOn(t *testing.T) {
	for name, spoil := range map[string]func(*importer.Config){
		"client, one row":  func(cfg *importer.Config) { cfg.Client = panickingClient{cfg.Client} },
		"client, batch":    func(cfg *importer.Config) { batched(cfg, 10); cfg.Client = panickingClient{cfg.Client} },
		"source":           func(cfg *importer.Config) { cfg.Source = panickingSource{cfg.Source, &countdown{900}} },
		"source at once":   func(cfg *importer.Config) { cfg.Source = panickingSource{cfg.Source, &countdown{1}} },
		"ledger":           func(cfg *importer.Config) { cfg.Ledger = panickingLedger{cfg.Ledger, &countdown{900}} },
		"ledger at once":   func(cfg *importer.Config) { cfg.Ledger = panickingLedger{cfg.Ledger, &countdown{1}} },
		"metrics, waiting": func(cfg *importer.Config) { cfg.Metrics = panickingMetrics{&countdown{500}} },
		"progress":         func(cfg *importer.Config) { at := &countdown{30}; cfg.Progress = func(importer.Progress) { at.step() } },
		"a look at a row": func(cfg *importer.Config) {
			at := &countdown{900}
			cfg.Duplicate = func(*reader.Row) string { at.step(); return "" }
		},
		"relabelling":        func(cfg *importer.Config) { at := &countdown{900}; cfg.Relabel = func(*report.Settled) { at.step() } },
		"save":               func(cfg *importer.Config) { spoilSave(cfg, 3) },
		"the last save":      func(cfg *importer.Config) { cfg.CheckpointEvery = time.Hour; spoilSave(cfg, 1) },
		"the end of reading": func(cfg *importer.Config) { cfg.EndReading = func() { panic("no such index") } },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				j := newJob(1500, always(success()))
				result := j.run(t.Context(), t, spoil)
				require.Equal(t, fault.Internal, result.Kind())
				assert.EqualError(t, result.Fault, "internal fault: no such index")
				assert.False(t, result.State.Complete)
				if !result.Behind {
					assert.Equal(t, "internal", result.State.StopReason)
					assert.Equal(t, len(j.service.accounts), int(result.State.Tally.Succeeded), "what was in flight was finished")
				}
				sent := j.service.requests
				require.Equal(t, fault.None, j.run(t.Context(), t, nil).Kind())
				assert.Len(t, j.outcomes(), 1500)
				assert.Len(t, j.service.accounts, 1500)
				if !result.Behind && name != "client, batch" {
					assert.Equal(t, 1500, j.service.requests, "nothing is sent twice (%d before)", sent)
				}
			})
		})
	}
}

func spoilSave(cfg *importer.Config, nth int) {
	save, at := cfg.Save, &countdown{nth}
	cfg.Save = func(s *checkpoint.State) error {
		at.step()
		return save(s)
	}
}

func TestAPanicWhileAUserSigIsMadeEndsTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newJob(300, func(user string, nth int) im.Answer {
			if user == "u150" && nth == 1 {
				return code(70001)
			}
			return success()
		})
		result := j.run(t.Context(), t, func(cfg *importer.Config) { cfg.Client = panickingClient{cfg.Client} })
		require.Equal(t, fault.Internal, result.Kind())
		require.Equal(t, fault.None, j.run(t.Context(), t, nil).Kind())
		assert.Len(t, j.outcomes(), 300)
	})
}
