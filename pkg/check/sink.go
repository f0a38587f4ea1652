package check

import "imimport/pkg/output"

// sink is a file for report.Files. It begins empty, and Keep finishes it.
type sink struct{ *output.File }

func (sink) Seek(int64, int) (int64, error) { return 0, nil }
func (sink) Truncate(int64) error           { return nil }
func (sink) Sync() error                    { return nil }
func (sink) Close() error                   { return nil }

// unwritten stands for the outcome files that no row goes to.
type unwritten struct{}

func (unwritten) Write(b []byte) (int, error)    { return len(b), nil }
func (unwritten) Seek(int64, int) (int64, error) { return 0, nil }
func (unwritten) Truncate(int64) error           { return nil }
func (unwritten) Sync() error                    { return nil }
func (unwritten) Close() error                   { return nil }
