package syncrun

import (
	"context"
	"fmt"
	"strings"
	"time"

	"imimport/pkg/fault"
	"imimport/pkg/syncstate"
	"imimport/reader"
)

// selection is what a table has that the state has not.
type selection struct {
	counts   syncstate.Counts
	rows     int64
	invalid  int64
	nameless int64  // of them, that may be about any account
	picked   bitmap // rows to be sent
	gone     []string
	known    int64 // accounts in the state
	format   string
	found    reader.Config
}

// bitmap holds row numbers: 1.2 MB for ten million.
type bitmap []uint64

func (b *bitmap) add(row int64) {
	for int64(len(*b)) <= row/64 {
		*b = append(*b, 0)
	}
	(*b)[row/64] |= 1 << (row % 64)
}

func (b bitmap) has(row int64) bool {
	return row/64 < int64(len(b)) && b[row/64]>>(row%64)&1 == 1
}

func (sel *selection) send() int64 { return sel.counts.New + sel.counts.Changed + sel.invalid }

func (sel *selection) plan(cfg *Config) Plan {
	c := sel.counts
	p := Plan{Rows: sel.rows, Same: c.Same, New: c.New, Changed: c.Changed, Invalid: sel.invalid, Repeated: c.Repeated, Gone: c.Gone, Send: c.New + c.Changed}
	if perSecond := cfg.Options.AccountsPerSecond(); perSecond > 0 {
		p.Seconds = float64(p.Send) / perSecond
		p.Takes = time.Duration(p.Seconds * float64(time.Second))
	}
	return p
}

// compare reads the table once and holds it against the state and the guards.
func (s *run) compare(ctx context.Context) (*selection, error) {
	for _, name := range s.cfg.Inputs {
		if reader.IsURL(name) || !reader.ReadableTwice(name) {
			return nil, refuse(fault.Hintf("save it to a file first"), "%s: a sync reads its files twice, and this cannot be", reader.PublicName(name))
		}
	}
	r, err := reader.Open(ctx, s.cfg.Inputs, s.readerConfig())
	if err != nil {
		return nil, fault.As(fault.Usage, err)
	}
	defer r.Close() //nolint:errcheck // it is only read
	if err := r.Scan(); err != nil {
		return nil, fault.As(fault.Usage, err)
	}
	s.cfg.Host.Announce(r)
	in := syncstate.NewInput(s.cfg.Dir, s.cfg.Options.Counts())
	defer in.Close() //nolint:errcheck // a temporary file that stays is removed by the next sync
	sel := &selection{format: r.Format(), found: r.Detected()}
	if err := sel.read(r, in); err != nil {
		return nil, err
	}
	if err := s.guard(sel.rows); err != nil {
		return nil, err
	}
	sel.counts, err = s.state.Compare(in, syncstate.Diff{New: sel.picked.add, Changed: sel.picked.add, Gone: func(userID string) error {
		sel.gone = append(sel.gone, userID)
		return nil
	}})
	if err != nil {
		return nil, stateError(err)
	}
	sel.known, _ = s.state.Records()
	return sel, s.guardGone(sel)
}

func (s *run) readerConfig() reader.Config {
	cfg := s.cfg.Options.ReaderConfig()
	cfg.Progress = s.cfg.Host.Scanning
	return cfg
}

func (sel *selection) read(r *reader.Reader, in *syncstate.Input) error {
	for row, err := range r.Rows() {
		if err != nil {
			return fault.As(fault.Disk, err)
		}
		sel.rows++
		userID, content := row.UserID, uint64(syncstate.Unknown)
		if row.Fault == nil {
			content = contentOf(row)
		} else {
			sel.invalid++
			sel.picked.add(row.Number)
			if userID = accountOf(row, len(r.Columns())); userID == "" {
				sel.nameless++
				continue
			}
		}
		if err := in.Add(userID, content, row.Number); err != nil {
			return fault.As(fault.Disk, err)
		}
	}
	return nil
}

// accountOf is the UserID of the account that an invalid row is about: space around it does not count. It is ""
// where the row may be about any: what it has is no UserID, or may have come from another column.
func accountOf(row *reader.Row, columns int) string {
	userID := strings.TrimSpace(row.UserID)
	if len(row.Fields) > columns || !reader.IsUserID(userID) {
		return ""
	}
	return userID
}

// guard refuses a table that looks like a broken export.
func (s *run) guard(rows int64) error {
	before := s.state.Note().Rows
	if rows == 0 {
		return refuse(fault.Hintf("nothing was sent; look at what makes the file"), "the input has no rows")
	}
	if lost := before - rows; lost > 0 && float64(lost) > float64(before)*s.cfg.Shrink {
		return refuse(fault.Hintf("nothing was sent; look at what makes the file; if it is right: %s", fault.Option{Key: "max-shrink", Value: fmt.Sprintf("%d%%", min(100, lost*100/before+1))}),
			"the input has %d rows and had %d at the last sync: it shrank by more than %g%%", rows, before, s.cfg.Shrink*100)
	}
	return nil
}

// deleteOption has accounts that are gone deleted.
var deleteOption = fault.Option{Key: "gone", Value: "delete"}

// guardGone refuses to delete more than was allowed, and to delete on a guess.
func (s *run) guardGone(sel *selection) error {
	gone := int64(len(sel.gone))
	switch {
	case !s.cfg.Delete || gone == 0:
		return nil
	case !s.cfg.MaxGone.Allows(gone, sel.known):
		return refuse(fault.Hintf("nothing was sent and nothing deleted; if it is right, raise %s; without %s they are only listed", fault.Option{Key: "max-gone"}, deleteOption),
			"%d accounts are gone, of %d: more than %s, the most allowed", gone, sel.known, s.cfg.MaxGone)
	case sel.nameless > 0:
		return refuse(fault.Hintf("nothing was sent and nothing deleted; mend these rows (%s tells which), or leave %s out", fault.Do(fault.Check), deleteOption),
			"%d rows have no UserID that can be read for sure: who is gone is not known", sel.nameless)
	}
	return nil
}
