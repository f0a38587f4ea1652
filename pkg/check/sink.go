package check

import (
	"os"

	"imimport/pkg/output"
)

// sink is a file for report.Files: it begins empty, and ends by Keep.
type sink struct{ *output.File }

func (sink) Seek(int64, int) (int64, error) { return 0, nil }
func (sink) Truncate(int64) error           { return nil }
func (sink) Sync() error                    { return nil }
func (sink) Close() error                   { return nil }

// unwritten stands for outcome files that no row goes to.
type unwritten struct{}

func (unwritten) Write(b []byte) (int, error)    { return len(b), nil }
func (unwritten) Seek(int64, int) (int64, error) { return 0, nil }
func (unwritten) Truncate(int64) error           { return nil }
func (unwritten) Sync() error                    { return nil }
func (unwritten) Close() error                   { return nil }

// readOnce tells whether an input is standard input or a pipe.
func readOnce(name string) bool {
	info, err := os.Stat(name)
	return name == "-" || err == nil && !info.Mode().IsRegular()
}
