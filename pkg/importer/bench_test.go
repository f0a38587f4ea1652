package importer_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"imimport/limiter"
	"imimport/pkg/checkpoint"
	"imimport/pkg/im"
	"imimport/pkg/importer"
	"imimport/reader"
	"imimport/report"
)

// instant answers every call at once.
type instant struct{}

func (instant) Import(context.Context, im.Account) im.Answer                    { return success() }
func (instant) ImportBatch(context.Context, []im.Account) im.Answer             { return success() }
func (instant) SetPortrait(context.Context, string, []im.ProfileItem) im.Answer { return success() }
func (instant) Resign(im.Answer) error                                          { return nil }

// repeated is a CSV of many rows that takes little memory: a block of them, which is longer than the window,
// again and again.
type repeated struct {
	block []byte
	at    int
	left  int
}

func newRepeated(rows int) *repeated {
	const block = 40_000
	var b strings.Builder
	for row := range block {
		fmt.Fprintf(&b, "u%09d,用户 %d,https://img.example.com/avatar/%09d.png\n", row, row%10, row)
	}
	return &repeated{block: []byte(b.String())[:b.Len()/block*block], left: rows * (b.Len() / block)}
}

func (r *repeated) Read(p []byte) (int, error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), r.left)], r.block[r.at:])
	r.at = (r.at + n) % len(r.block)
	r.left -= n
	return n, nil
}

// BenchmarkAccounting is all of a run but the network: reading, rules, window, outcome files, checkpoints
// with their syncs. One op is one row.
func BenchmarkAccounting(b *testing.B) {
	for _, c := range []struct {
		name  string
		batch int
		every time.Duration
	}{{"single", 1, time.Second}, {"batch", 100, time.Second}, {"batch without checkpoints", 100, time.Hour}} {
		b.Run(c.name, func(b *testing.B) {
			src, err := reader.Open(b.Context(), []string{"-"}, reader.Config{Format: "csv", NoHeader: true, Stdin: newRepeated(b.N)})
			require.NoError(b, err)
			defer src.Close()
			dir := b.TempDir()
			files, err := report.OpenFiles(func(name string) (report.File, error) {
				return os.OpenFile(filepath.Join(dir, name), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
			}, report.Layout{Columns: src.Columns()}, report.Written{})
			require.NoError(b, err)
			defer files.Close()
			single, err := limiter.New(limiter.None)
			require.NoError(b, err)
			lanes := []importer.Lane{{Command: im.AccountImport, Limiter: single}}
			if c.batch > 1 {
				lanes = []importer.Lane{{Command: im.MultiaccountImport, Limiter: single, Size: c.batch}, lanes[0]}
			}
			b.ReportAllocs()
			b.ResetTimer()
			result := importer.Run(b.Context(), importer.Config{
				Source: src, Client: instant{}, Ledger: files, Lanes: lanes, Workers: 8,
				From: checkpoint.State{Job: "b", Pass: 1, Watermark: src.Position()}, CheckpointEvery: c.every, Log: slog.New(slog.DiscardHandler),
				Save: func(s *checkpoint.State) error {
					if err := files.Sync(); err != nil {
						return err
					}
					return checkpoint.Save(checkpoint.Dir(dir), s)
				},
			})
			require.Nil(b, result.Fault)
			require.EqualValues(b, b.N, result.State.Tally.Succeeded)
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
