package syncrun

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"imimport/pkg/fault"
	"imimport/pkg/profile"
	"imimport/pkg/syncstate"
	"imimport/reader"
	"imimport/report"
)

// selection is what a table has that the state has not.
type selection struct {
	reader    *reader.Reader // of the table, at its end
	counts    syncstate.Counts
	rows      int64
	invalid   int64
	unsure    int64  // of them, those that may be about any account, or may have swallowed others
	picked    bitmap // rows to be sent
	gone      []string
	known     int64 // accounts in the state
	mayDelete bool  // who is gone, if the table is the same when it is read again
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

func (sel *selection) send() int64 {
	return sel.counts.New + sel.counts.Changed + sel.counts.Again + sel.invalid
}

func (sel *selection) plan(cfg *Config) Plan {
	c := sel.counts
	p := Plan{Rows: sel.rows, Same: c.Same, New: c.New, Changed: c.Changed, Again: c.Again, Invalid: sel.invalid, Repeated: c.Repeated, Gone: c.Gone, Send: c.New + c.Changed + c.Again}
	if perSecond := cfg.Options.AccountsPerSecond(); perSecond > 0 {
		p.Seconds = float64(p.Send) / perSecond
		p.Takes = time.Duration(p.Seconds * float64(time.Second))
	}
	return p
}

// openTable opens the files that a sync reads: once to compare, and once to copy what is to be sent.
func (s *run) openTable(ctx context.Context) (*reader.Reader, error) {
	for _, name := range s.cfg.Inputs {
		if reader.IsURL(name) || !reader.ReadableTwice(name) {
			return nil, refuse(fault.Hintf("save it to a file first"), "%s: a sync reads its files twice, and this cannot be", reader.PublicName(name))
		}
	}
	r, err := reader.Open(ctx, s.cfg.Inputs, s.readerConfig())
	return r, fault.As(fault.Usage, err)
}

// compare reads the table and holds it against the state and the guards.
func (s *run) compare(r *reader.Reader) (*selection, error) {
	if err := r.Scan(); err != nil {
		return nil, fault.As(fault.Usage, err)
	}
	s.cfg.Host.Announce(r)
	in := syncstate.NewInput(s.cfg.Dir, s.cfg.Options.Counts())
	defer in.Close() //nolint:errcheck // a temporary file that stays is removed by the next sync
	sel := &selection{reader: r}
	if err := sel.read(in); err != nil {
		return nil, err
	}
	if err := s.guard(sel.rows); err != nil {
		return nil, err
	}
	var err error
	sel.counts, err = s.state.Compare(in, syncstate.Diff{New: sel.picked.add, Changed: sel.picked.add, Gone: func(userID string) error {
		sel.gone = append(sel.gone, userID)
		return nil
	}})
	if err != nil {
		return nil, stateError(err)
	}
	sel.known, _ = s.state.Records()
	s.tellProfile(sel)
	return sel, s.guardGone(sel)
}

// tellProfile says which columns of the profile the state has not known, since rows are sent again for them.
func (s *run) tellProfile(sel *selection) {
	now, before := fieldNames(sel.reader.Profile()), s.state.Note().Profile
	if s.fresh || slices.Equal(now, before) || sel.counts.Changed == 0 {
		return
	}
	added := slices.DeleteFunc(slices.Clone(now), func(f string) bool { return slices.Contains(before, f) })
	gone := slices.DeleteFunc(slices.Clone(before), func(f string) bool { return slices.Contains(now, f) })
	text := ""
	if len(added) > 0 {
		text = "sent for the first time: " + strings.Join(added, ", ")
	}
	if len(gone) > 0 {
		text = strings.TrimPrefix(text+"; no longer sent: "+strings.Join(gone, ", "), "; ")
	}
	s.cfg.Host.Log.Warn(fmt.Sprintf("profile %s; every account with a value there is sent again, once: %s", text, report.Counted(sel.counts.Changed, "account", "accounts")),
		"event", "sync.profile", "added", added, "gone", gone, "changed", sel.counts.Changed)
}

// fieldNames are the names of fields, in order.
func fieldNames(fields []*profile.Field) (names []string) {
	for _, f := range fields {
		names = append(names, f.Name)
	}
	slices.Sort(names)
	return names
}

func (s *run) readerConfig() reader.Config {
	cfg := s.cfg.Options.ReaderConfig()
	cfg.Progress = s.cfg.Host.Scanning
	return cfg
}

func (sel *selection) read(in *syncstate.Input) error {
	columns := len(sel.reader.Columns())
	for row, err := range sel.reader.Rows() {
		if err != nil {
			return tableError(err)
		}
		sel.rows++
		userID, content := row.UserID, uint64(syncstate.Unknown)
		if row.Fault == nil {
			content = contentOf(row)
		} else {
			sel.invalid++
			sel.picked.add(row.Number)
			userID = accountOf(row, columns)
			if userID == "" || row.Fault.Form() {
				sel.unsure++
			}
			if userID == "" {
				continue
			}
		}
		if err := in.Add(userID, content, row.Number); err != nil {
			return fault.As(fault.Disk, err)
		}
	}
	return nil
}

// tableError is an error of the table while it is read. Nothing has been sent.
func tableError(err error) error {
	if f, ok := errors.AsType[*fault.Error](err); ok && f.Kind == fault.Changed {
		f.Hint = fault.Hintf("nothing was sent and nothing deleted; sync again when the files are whole")
	}
	return fault.As(fault.Disk, err)
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

// guardGone refuses to delete more than was allowed, and deletes nobody on a guess.
func (s *run) guardGone(sel *selection) error {
	gone := int64(len(sel.gone))
	if !s.cfg.Delete || gone == 0 {
		return nil
	}
	if !s.cfg.MaxGone.Allows(gone, sel.known) {
		return refuse(fault.Hintf("nothing was sent and nothing deleted; if it is right, raise %s; without %s they are only listed", fault.Option{Key: "max-gone"}, deleteOption),
			"%d accounts are gone, of %d: more than %s, the most allowed", gone, sel.known, s.cfg.MaxGone)
	}
	if sel.mayDelete = sel.unsure == 0; !sel.mayDelete {
		s.cfg.Host.Log.Warn(fmt.Sprintf("gone: %s, and none is deleted, since others may be hidden in %s", report.Counted(gone, "account", "accounts"), report.Counted(sel.unsure, "damaged row", "damaged rows")),
			"event", "sync.not_deleted", "gone", gone, "damaged", sel.unsure)
	}
	return nil
}
