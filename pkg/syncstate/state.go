package syncstate

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"

	"imimport/pkg/checkpoint"
	"imimport/pkg/plain"
)

// Version is the format of the files.
const Version = 1

const (
	manifestName = "state.json"
	recordsDir   = "records"
)

// Binding is the app that a state belongs to.
type Binding struct {
	Endpoint string `json:"endpoint"`
	SDKAppID uint64 `json:"sdkappid"`
}

// Note is what the next sync has to know. It is replaced together with the records.
type Note struct {
	Rows  int64  `json:"rows"`            // of the last input that was compared
	Job   string `json:"night,omitempty"` // the last job directory; the key is that of the first format
	Taken string `json:"taken,omitempty"` // how much of that job is in the records

	Profile []string `json:"profile,omitempty"` // the fields of the profile that the last sync has sent
}

type manifest struct {
	Version    int    `json:"version"`
	Generation uint64 `json:"generation"`
	Binding
	Note
	Records int64            `json:"records"`
	Unknown int64            `json:"unknown"` // of them
	Names   namesFile        `json:"names"`
	Parts   [partitions]part `json:"parts"`
}

type part struct {
	Generation uint64 `json:"g"`
	Count      int    `json:"n"`
	Unknown    int    `json:"u,omitempty"`
	Sum        uint64 `json:"s,string"`
}

type namesFile struct {
	Generation uint64 `json:"g"`
	Length     int64  `json:"length"`
	Count      int64  `json:"count"` // names in it, unused ones included
}

// ErrNone is for a directory without a state.
var ErrNone = errors.New("there is no state")

// DamagedError is for a state with a damaged file.
type DamagedError struct {
	Path string
	Err  error
}

func (e *DamagedError) Error() string { return fmt.Sprintf("state file %s: %v", e.Path, e.Err) }
func (e *DamagedError) Unwrap() error { return e.Err }

// ForeignError is for a state that belongs to another app.
type ForeignError struct {
	Dir       string
	Has, Want Binding
}

func (e *ForeignError) Error() string {
	return fmt.Sprintf("the state in %s belongs to %s, app %d, not to %s, app %d", e.Dir, e.Has.Endpoint, e.Has.SDKAppID, e.Want.Endpoint, e.Want.SDKAppID)
}

// State is the state of one app. It is for one goroutine of one process, which has locked the directory.
type State struct {
	dir string
	m   manifest
	raw []byte // of one partition; reused
}

// New makes an empty state. Its first Save or Update replaces the one in the directory.
func New(dir string, b Binding) *State {
	s := &State{dir: dir, m: manifest{Version: Version, Binding: b}}
	var old manifest
	if content, err := plain.ReadFile(filepath.Join(dir, manifestName)); err == nil && decode(content, &old) == nil {
		s.m.Generation = old.Generation // so that no file of the old state is overwritten
	} else {
		s.m.Generation = highestGeneration(dir)
	}
	return s
}

// Open reads the state in a directory. Its errors are [ErrNone], a [DamagedError], a [ForeignError] if it belongs to an
// app other than b, and those of reading.
func Open(dir string, b Binding) (*State, error) {
	path := filepath.Join(dir, manifestName)
	content, err := plain.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if _, err := os.Stat(filepath.Join(dir, recordsDir)); err == nil && highestGeneration(dir) > 0 {
			return nil, &DamagedError{path, errors.New("it is missing, and there are records")}
		}
		return nil, ErrNone
	case err != nil:
		return nil, fmt.Errorf("read state: %w", err)
	}
	s := &State{dir: dir}
	if err := decode(content, &s.m); err != nil {
		return nil, &DamagedError{path, err}
	}
	if s.m.Binding != b {
		return nil, &ForeignError{dir, s.m.Binding, b}
	}
	return s, nil
}

// decode reads a manifest: a line of JSON and a line with its CRC-32.
func decode(content []byte, m *manifest) error {
	body, sum, _ := bytes.Cut(content, []byte("\n"))
	if want := fmt.Sprintf("%08x\n", crc32.ChecksumIEEE(body)); string(sum) != want {
		return errors.New("it is damaged: its sum does not match its content")
	}
	if err := json.Unmarshal(body, m); err != nil {
		return fmt.Errorf("it is damaged: %w", err)
	}
	if m.Version != Version {
		return fmt.Errorf("it has format version %d, and this program reads %d", m.Version, Version)
	}
	return nil
}

// Note is the note of the last Save or Update.
func (s *State) Note() Note { return s.m.Note }

// Records is the number of accounts, and how many of them are [Unknown] or [Unsure].
func (s *State) Records() (all, unknown int64) { return s.m.Records, s.m.Unknown }

// Save replaces the note only.
func (s *State) Save(n Note) error {
	next := s.m
	next.Note = n
	return s.commit(next)
}

func (s *State) commit(next manifest) error {
	body, err := json.Marshal(&next)
	if err != nil {
		return err
	}
	content := fmt.Appendf(body, "\n%08x\n", crc32.ChecksumIEEE(body))
	if err := checkpoint.WriteFile(newFS(s.dir), manifestName, content); err != nil {
		return fmt.Errorf("replace state: %w", err)
	}
	s.m = next
	return nil
}

func (s *State) partPath(i int, generation uint64) string {
	return filepath.Join(s.dir, recordsDir, fmt.Sprintf("%02x-%d", i, generation))
}

func (s *State) namesPath(generation uint64) string {
	return filepath.Join(s.dir, fmt.Sprintf("names-%d", generation))
}

// highestGeneration is the highest of the files in records.
func highestGeneration(dir string) (highest uint64) {
	entries, _ := os.ReadDir(filepath.Join(dir, recordsDir)) // without the directory, no file of it can be overwritten
	for _, e := range entries {
		if _, g, ok := parsePart(e.Name()); ok {
			highest = max(highest, g)
		}
	}
	return highest
}

// parsePart reads the name of a file in records.
func parsePart(name string) (i int, generation uint64, ok bool) {
	n, _ := fmt.Sscanf(name, "%02x-%d", &i, &generation)
	return i, generation, n == 2 && i >= 0 && i < partitions
}

// Tests replace these, so as not to wait for the disk.
var (
	syncFile = (*os.File).Sync
	newFS    = func(dir string) checkpoint.FS { return checkpoint.Dir(dir) }
)
