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
)

// Version is the format that this program writes and reads.
const Version = 1

const (
	manifestName = "state.json"
	recordsDir   = "records"
)

// Binding is the app that a state is about.
type Binding struct {
	Endpoint string `json:"endpoint"`
	SDKAppID uint64 `json:"sdkappid"`
}

// Note is what a sync wants to find again. It is replaced together with the records.
type Note struct {
	Rows  int64  `json:"rows"`            // of the last input that was compared
	Job   string `json:"night,omitempty"` // the last job directory; the key is that of the first format
	Taken string `json:"taken,omitempty"` // how far the records have taken that job up
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
	Count      int64  `json:"count"` // names in it, those that no record uses among them
}

// ErrNone tells that the directory holds no state.
var ErrNone = errors.New("there is no state")

// DamagedError is a state that cannot be relied on.
type DamagedError struct {
	Path string
	Err  error
}

func (e *DamagedError) Error() string { return fmt.Sprintf("state file %s: %v", e.Path, e.Err) }
func (e *DamagedError) Unwrap() error { return e.Err }

// ForeignError is a state that belongs to another app.
type ForeignError struct {
	Dir       string
	Has, Want Binding
}

func (e *ForeignError) Error() string {
	return fmt.Sprintf("the state in %s is about %s, app %d, and not %s, app %d", e.Dir, e.Has.Endpoint, e.Has.SDKAppID, e.Want.Endpoint, e.Want.SDKAppID)
}

// State is for one goroutine of one process: who opens it holds the directory's lock.
type State struct {
	dir string
	m   manifest
}

// New is an empty state, which replaces the one of the directory with its first Save or Update.
func New(dir string, b Binding) *State {
	s := &State{dir: dir, m: manifest{Version: Version, Binding: b}}
	var old manifest
	if content, err := os.ReadFile(filepath.Join(dir, manifestName)); err == nil && decode(content, &old) == nil {
		s.m.Generation = old.Generation // names of files in use stay theirs until they are replaced
	} else {
		s.m.Generation = highestGeneration(dir)
	}
	return s
}

// Open reads the state of a directory: [ErrNone], a [DamagedError] or a [ForeignError] if it is not one of b.
func Open(dir string, b Binding) (*State, error) {
	path := filepath.Join(dir, manifestName)
	content, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if _, err := os.Stat(filepath.Join(dir, recordsDir)); err == nil && highestGeneration(dir) > 0 {
			return nil, &DamagedError{path, errors.New("it is missing, and records are there")}
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
		return errors.New("it is damaged: its sum is not that of its content")
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

// Records is the number of accounts, and how many of them are Unknown.
func (s *State) Records() (all, unknown int64) { return s.m.Records, s.m.Unknown }

// Save replaces the note, and nothing else.
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

// highestGeneration is the last that left a file.
func highestGeneration(dir string) (highest uint64) {
	entries, _ := os.ReadDir(filepath.Join(dir, recordsDir)) // what cannot be read is in nobody's way
	for _, e := range entries {
		var i int
		var g uint64
		if n, _ := fmt.Sscanf(e.Name(), "%02x-%d", &i, &g); n == 2 {
			highest = max(highest, g)
		}
	}
	return highest
}

// What tests of logic do without: the wait for the disk.
var (
	syncFile = (*os.File).Sync
	newFS    = func(dir string) checkpoint.FS { return checkpoint.Dir(dir) }
)
