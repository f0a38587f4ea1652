package syncstate

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/cespare/xxhash/v2"

	"imimport/pkg/fault"
	"imimport/pkg/plain"
)

// Changes are collected and then become part of a state together. Of several changes of one UserID the last one
// counts. It is for one goroutine.
type Changes struct {
	sorter *sorter
	names  nameWriter // appends to those of the state; file is nil once closed
}

// Change starts an empty set of changes, one at a time. Update or Close ends it.
func (s *State) Change() (*Changes, error) {
	if err := os.MkdirAll(filepath.Join(s.dir, recordsDir), 0o700); err != nil {
		return nil, fmt.Errorf("make state: %w", err)
	}
	names, flags := s.m.Names, os.O_WRONLY
	if names.Generation == 0 {
		names.Generation, flags = s.m.Generation+1, os.O_WRONLY|os.O_CREATE|os.O_TRUNC
	}
	path := s.namesPath(names.Generation)
	f, err := plain.OpenFile(path, flags, 0o600)
	if err != nil {
		return nil, &DamagedError{path, err}
	}
	size, err := f.Seek(0, io.SeekEnd)
	if err == nil && size < names.Length {
		err = fmt.Errorf("it has %d bytes, and the state counts on %d", size, names.Length)
	}
	if err == nil {
		err = f.Truncate(names.Length) // what a crash has left
	}
	if err == nil {
		_, err = f.Seek(names.Length, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(&DamagedError{path, err}, f.Close())
	}
	return &Changes{newSorter(s.dir), newNameWriter(f, names)}, nil
}

// Set records an account with the content that the service has accepted, or with [Unknown] or [Unsure].
func (c *Changes) Set(userID string, content uint64) error {
	if userID == "" || len(userID) > 255 {
		return fmt.Errorf("record UserID %q: it must have from 1 to 255 bytes", userID)
	}
	if err := c.sorter.add(record{KeyOf(userID), content, uint64(c.names.Length)}); err != nil {
		return err
	}
	return c.names.add(userID)
}

// Remove records that the service no longer has an account.
func (c *Changes) Remove(userID string) error { return c.Set(userID, removed) }

// Keep undoes earlier changes of an account: its record stays as it is.
func (c *Changes) Keep(userID string) error { return c.Set(userID, kept) }

// Close drops the changes. After Update it does nothing.
func (c *Changes) Close() error {
	if c.names.file == nil {
		return nil
	}
	err := errors.Join(c.names.file.Close(), c.sorter.file.Close())
	c.names.file = nil
	return err
}

// Update makes the changes and the note part of the state: all of them or, with an error, none.
func (s *State) Update(c *Changes, n Note) error {
	defer c.Close() //nolint:errcheck // the names are synced below
	next := s.m
	next.Note = n
	next.Generation++
	next.Names = c.names.namesFile
	if err := c.names.sync(); err != nil {
		return err
	}
	next.Records, next.Unknown = 0, 0
	var have, merged []record
	for i := range partitions {
		changes, err := c.sorter.partition(i)
		if err != nil {
			return err
		}
		if len(changes) > 0 {
			if have, err = s.load(s.m.Parts[i], i, have[:0]); err != nil {
				return err
			}
			merged = apply(merged[:0], have, changes)
			if next.Parts[i], err = s.writePart(i, next.Generation, merged); err != nil {
				return err
			}
		}
		next.Records += int64(next.Parts[i].Count)
		next.Unknown += int64(next.Parts[i].Unknown)
	}
	if unused := next.Names.Count - next.Records; s.m.Names.Generation > 0 && unused > next.Records+unusedNames {
		if err := s.compact(&next); err != nil {
			return err
		}
	}
	err := errors.Join(s.syncParts(&next), newFS(filepath.Join(s.dir, recordsDir)).Sync(), newFS(s.dir).Sync())
	if err == nil {
		err = s.commit(next)
	}
	if err == nil {
		s.sweep()
	}
	return err
}

// apply merges changes into the records of a partition. A record keeps the place of its name.
func apply(to, have, changes []record) []record {
	for i, r := range changes {
		if i+1 < len(changes) && changes[i+1].key == r.key || r.content == kept {
			continue // a later change counts, or the record stays
		}
		for len(have) > 0 && have[0].key.compare(r.key) < 0 {
			to, have = append(to, have[0]), have[1:]
		}
		if len(have) > 0 && have[0].key == r.key {
			r.place = have[0].place
			if r.content == Unsure && have[0].content != Unsure {
				r.content = Unknown
			}
			have = have[1:]
		}
		if r.content != removed {
			to = append(to, r)
		}
	}
	return append(to, have...)
}

// load reads a partition and checks its sum.
func (s *State) load(p part, i int, to []record) ([]record, error) {
	if p.Count == 0 {
		return to, nil
	}
	path := s.partPath(i, p.Generation)
	f, err := plain.Open(path)
	if err != nil {
		return to, &DamagedError{path, err}
	}
	defer f.Close() //nolint:errcheck // only read from
	size := p.Count * recordSize
	if info, err := f.Stat(); err != nil || info.Size() != int64(size) {
		return to, &DamagedError{path, errors.Join(err, errors.New("it does not have the size that it was written with"))}
	}
	s.raw = slices.Grow(s.raw[:0], size)[:size]
	if _, err := f.ReadAt(s.raw, 0); err != nil {
		return to, &DamagedError{path, err}
	}
	if xxhash.Sum64(s.raw) != p.Sum {
		return to, &DamagedError{path, errors.New("its content is not what was written")}
	}
	return appendDecoded(to, s.raw), nil
}

func (s *State) writePart(i int, generation uint64, records []record) (part, error) {
	if len(records) == 0 {
		return part{}, nil
	}
	p := part{Generation: generation, Count: len(records)}
	s.raw = s.raw[:0]
	for _, r := range records {
		s.raw = appendRecord(s.raw, r)
		if r.content == Unknown || r.content == Unsure {
			p.Unknown++
		}
	}
	p.Sum = xxhash.Sum64(s.raw)
	f, err := plain.OpenFile(s.partPath(i, generation), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err == nil {
		_, err = f.Write(s.raw)
		err = errors.Join(err, f.Close()) // it is synced with the others
	}
	if err != nil {
		return p, fmt.Errorf("write state: %w", err)
	}
	return p, nil
}

// unusedNames is how many unused names are too few for a compaction.
const unusedNames = 10_000

// compact writes the names that records use to a new file.
func (s *State) compact(next *manifest) error {
	names := &nameReader{path: s.namesPath(next.Names.Generation)}
	defer names.close()
	f, err := plain.OpenFile(s.namesPath(next.Generation), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("write names: %w", err)
	}
	defer f.Close() //nolint:errcheck // synced below
	out := newNameWriter(f, namesFile{Generation: next.Generation})
	var records []record
	for i := range partitions {
		if records, err = s.load(next.Parts[i], i, records[:0]); err != nil {
			return err
		}
		for j := range records {
			name, err := names.read(records[j])
			if err != nil {
				return err
			}
			records[j].place = uint64(out.Length)
			if err := out.add(name); err != nil {
				return err
			}
		}
		if next.Parts[i], err = s.writePart(i, next.Generation, records); err != nil {
			return err
		}
	}
	next.Names = out.namesFile
	return out.sync()
}

// syncAtOnce is how many partitions are synced at a time: one by one, 256 of them took 6 s.
const syncAtOnce = 32

// syncParts syncs the partitions that the manifest's generation has written.
func (s *State) syncParts(m *manifest) error {
	var group sync.WaitGroup
	errs := make([]error, syncAtOnce)
	for worker := range syncAtOnce {
		group.Go(func() { // ends with its share of the partitions
			panicked := fault.Guard(func() {
				for i := worker; i < partitions; i += syncAtOnce {
					if p := m.Parts[i]; p.Generation == m.Generation && p.Count > 0 {
						errs[worker] = errors.Join(errs[worker], syncPath(s.partPath(i, p.Generation)))
					}
				}
			})
			errs[worker] = errors.Join(errs[worker], panicked)
		})
	}
	group.Wait()
	return errors.Join(errs...)
}

func syncPath(path string) error {
	f, err := plain.OpenFile(path, os.O_WRONLY, 0)
	if err == nil {
		err = errors.Join(syncFile(f), f.Close())
	}
	if err != nil {
		return fmt.Errorf("write state: %w", err)
	}
	return nil
}

// sweep removes the files of older generations. One that cannot be removed only takes room.
func (s *State) sweep() {
	dir := filepath.Join(s.dir, recordsDir)
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if i, g, ok := parsePart(e.Name()); ok && (s.m.Parts[i].Count == 0 || s.m.Parts[i].Generation != g) {
			_ = os.Remove(filepath.Join(dir, e.Name()))
		}
	}
	entries, _ = os.ReadDir(s.dir)
	for _, e := range entries {
		var g uint64
		if n, _ := fmt.Sscanf(e.Name(), "names-%d", &g); n == 1 && g != s.m.Names.Generation {
			_ = os.Remove(filepath.Join(s.dir, e.Name()))
		}
	}
}
