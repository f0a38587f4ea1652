// Package pkg_test holds the package graph to its rules.
package pkg_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// allowed is the whole graph: what each package may import of this module. A new package, or a new edge,
// is a decision to be made here.
var allowed = map[string][]string{
	"reader": {"reader/workbook", "pkg/fault", "pkg/option", "pkg/outcome", "pkg/profile"}, "limiter": {}, "retry": {}, "report": {"pkg/fault", "pkg/lang", "pkg/outcome"}, // leaves: no edge among them, none to pkg but to leaves of facts

	"reader/workbook": {"pkg/spill"}, // the sheets of a workbook as text: a stage of the reader

	"reader/readertest": {"reader"}, "pkg/sandbox/sandboxtest": {}, "pkg/fault/faulttest": {"pkg/fault"}, // imported by tests only

	"pkg/fault":      {}, // the one kind of error: a leaf that all may import
	"pkg/outcome":    {}, // the columns of outcome files: a leaf that writer and reader share
	"pkg/option":     {}, // the table of options: a leaf
	"pkg/profile":    {}, // the fields of a profile and their values: a leaf
	"pkg/lang":       {}, // a leaf: the languages, and texts in them
	"pkg/im":         {"pkg/fault", "pkg/lang", "pkg/profile"},
	"pkg/decide":     {"limiter", "retry", "pkg/im", "pkg/fault"}, // what an answer means for its call, in both loops that make calls
	"pkg/loopback":   {},                                          // a leaf: who may call what listens on this machine
	"pkg/sandbox":    {"pkg/fault", "pkg/loopback", "pkg/plain"},  // for panics, strangers and planted files; it shares no other code with the client, so that a mistake cannot cancel itself out
	"pkg/plain":      {},                                          // a leaf: files that are opened by name, in directories where others may have planted links
	"pkg/spill":      {},                                          // a leaf: lists that outgrow the memory
	"pkg/distinct":   {"pkg/spill"},
	"pkg/output":     {"report", "pkg/fault"}, // what is written by name: one rule about inputs, links and devices
	"pkg/checkpoint": {"reader", "report", "pkg/fault", "pkg/plain"},
	"pkg/importer":   {"reader", "limiter", "retry", "report", "pkg/im", "pkg/decide", "pkg/checkpoint", "pkg/fault", "pkg/option"},
	"pkg/metrics":    {"report", "pkg/importer", "pkg/output", "pkg/loopback", "pkg/fault"},
	"pkg/job":        {"pkg/lang", "pkg/profile", "reader", "limiter", "retry", "report", "pkg/im", "pkg/checkpoint", "pkg/importer", "pkg/distinct", "pkg/plain", "pkg/fault", "pkg/option"},
	"pkg/check":      {"pkg/profile", "reader", "report", "pkg/distinct", "pkg/output", "pkg/fault"},
	"pkg/bulk":       {"limiter", "retry", "pkg/im", "pkg/decide", "pkg/fault"},
	"pkg/verify":     {"pkg/profile", "reader", "limiter", "retry", "report", "pkg/im", "pkg/bulk", "pkg/output", "pkg/distinct", "pkg/fault"}, // a repeated UserID counts once
	"pkg/syncstate":  {"pkg/profile", "pkg/checkpoint", "pkg/spill", "pkg/distinct", "pkg/plain", "pkg/fault"},
	"pkg/syncrun":    {"pkg/profile", "pkg/distinct", "reader", "limiter", "report", "pkg/im", "pkg/importer", "pkg/bulk", "pkg/checkpoint", "pkg/job", "pkg/syncstate", "pkg/plain", "pkg/fault", "pkg/option"},
	"cmd/imimport":   {"*"}, // parses, wires, prints
}

func TestThePackageGraphIsTheOneThatWasDecided(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "imimport/...").Output()
	require.NoError(t, err)
	packages := 0
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		from, _ := strings.CutPrefix(fields[0], "imimport/")
		if from == "pkg" {
			continue // this test
		}
		packages++
		may, known := allowed[from]
		if !assert.True(t, known, "%s is no package of the graph", from) {
			continue
		}
		for _, imported := range fields[1:] {
			if to, ours := strings.CutPrefix(imported, "imimport/"); ours && (len(may) == 0 || may[0] != "*") {
				assert.Contains(t, may, to, "%s may not import %s", from, to)
			}
		}
	}
	require.GreaterOrEqual(t, packages, 10, "the list of packages was not read")
}
