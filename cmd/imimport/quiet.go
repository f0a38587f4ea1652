package main

import (
	"bytes"
	"fmt"
	"io"
	"sync"

	"imimport/report"
)

const mostHeld = 1000 // lines

// held is standard error of a quiet run: it keeps the last lines until it is known how the run has ended.
type held struct {
	to io.Writer

	mu    sync.Mutex
	lines [][]byte
	left  int64 // that there was no room for
}

// hold has standard error wait for the exit code.
func (a *app) hold() {
	if a.held == nil {
		a.held = &held{to: a.stderr}
		a.stderr = a.held
	}
}

func (h *held) Write(b []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for line := range bytes.Lines(b) {
		if len(h.lines) >= mostHeld {
			h.lines = h.lines[1:]
			h.left++
		}
		h.lines = append(h.lines, bytes.Clone(line))
	}
	return len(b), nil
}

// tell writes what was held. Each line was whole when it came.
func (h *held) tell(asJSON bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.left > 0 {
		format := "(%s left out here)\n"
		if asJSON {
			format = `{"level":"WARN","msg":"%s left out here","event":"log.left_out"}` + "\n"
		}
		_, _ = fmt.Fprintf(h.to, format, report.Counted(h.left, "line", "lines"))
	}
	_, _ = h.to.Write(bytes.Join(h.lines, nil)) // nobody is left to tell
	h.lines = nil
}
