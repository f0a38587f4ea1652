package syncrun

import (
	"context"
	"encoding/csv"
	"errors"
	"os"
	"path/filepath"
	"strconv"

	"imimport/limiter"
	"imimport/pkg/bulk"
	"imimport/pkg/fault"
	"imimport/pkg/im"
	"imimport/pkg/plain"
)

// bulk makes calls of a command within its documented limit. Below it, all calls of the process together keep to the
// rate that was asked for.
func (s *run) bulk(client Client, c im.Command) (bulk.Config, error) {
	cfg, rate := s.cfg.Bulk, c.PerSecond
	if s.cfg.Options.Rate < 0 {
		rate = limiter.None
	}
	var err error
	cfg.Limiter, err = limiter.New(rate)
	cfg.Shared = s.lanes[0].Limiter
	cfg.Resign, cfg.Stop, cfg.Log = client.Resign, s.cfg.Host.Stop, s.cfg.Host.Log
	return cfg, err
}

// deleteGone deletes accounts for good. What is to be deleted is on the disk before the first call, and each
// answer is before the next is counted, so that the next sync knows of every account what became of it.
func (s *run) deleteGone(ctx context.Context, dir string, gone []string) (deleted int64, err error) {
	client, err := s.cfg.Client(ctx)
	if err != nil {
		return 0, err
	}
	if err := writeIDs(filepath.Join(dir, deletingName), gone); err != nil {
		return 0, fault.As(fault.Disk, err)
	}
	out, err := openDeleted(dir)
	if err != nil {
		return 0, fault.As(fault.Disk, err)
	}
	defer func() { err = errors.Join(err, fault.As(fault.Disk, out.close())) }()
	cfg, err := s.bulk(client, im.AccountDelete)
	if err != nil {
		return 0, fault.As(fault.Usage, err)
	}
	failed := int64(0)
	_, err = bulk.Run(ctx, cfg, chunks(gone, im.AccountDelete), client.Delete, func(_ []string, results []im.Result) error {
		for _, r := range results {
			if r.ResultCode == 0 || r.ResultCode == notThere {
				deleted++
			} else {
				failed++
			}
		}
		return out.write(results)
	})
	if err != nil {
		return deleted, callError(err)
	}
	if failed > 0 {
		return deleted, fault.New(fault.Partial, fault.Hintf("71000 is a paid app for which deleting is not enabled"),
			"%d accounts that are gone were not deleted: %s says why", failed, filepath.Join(dir, deletedName))
	}
	return deleted, nil
}

// chunks gives accounts in calls of a command.
func chunks[A any](accounts []A, c im.Command) func() ([]A, bool, error) {
	return func() ([]A, bool, error) {
		n := min(len(accounts), c.PerCall)
		head := accounts[:n]
		accounts = accounts[n:]
		return head, n > 0, nil
	}
}

func callError(err error) error {
	if fault.KindOf(err) == fault.Interrupted {
		return fault.New(fault.Interrupted, fault.Hintf("the next sync goes on with it"), "interrupted")
	}
	return fault.As(fault.Disk, err)
}

// deletedFile is deleted.csv: an account a line, with what the service said.
type deletedFile struct {
	file  *os.File
	table *csv.Writer
}

func openDeleted(dir string) (*deletedFile, error) {
	f, err := plain.OpenFile(filepath.Join(dir, deletedName), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	d := &deletedFile{f, csv.NewWriter(f)}
	return d, d.table.Write([]string{"UserID", "_code", "_reason"})
}

func (d *deletedFile) write(results []im.Result) error {
	for _, r := range results {
		if err := d.table.Write([]string{r.UserID, strconv.Itoa(r.ResultCode), r.ResultInfo}); err != nil {
			return err
		}
	}
	d.table.Flush()
	return errors.Join(d.table.Error(), d.file.Sync())
}

func (d *deletedFile) close() error {
	d.table.Flush()
	return errors.Join(d.table.Error(), d.file.Close())
}
