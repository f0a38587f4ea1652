package job

import "imimport/pkg/checkpoint"

// SetFS puts a layer between a job and its disk.
func (h *Host) SetFS(fs func(dir string) checkpoint.FS) { h.fs = fs }
