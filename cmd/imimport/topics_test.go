package main

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func helpOf(t *testing.T, args ...string) string {
	t.Helper()
	a, stdout, stderr := testApp(t, map[string]string{"COLUMNS": "80"}, args...)
	require.Zero(t, a.run(t.Context()), stderr.String())
	return stdout.String()
}

// TestHelpFitsAScreenAndTheTopicsHaveTheRest: run --help had 115 lines.
func TestHelpFitsAScreenAndTheTopicsHaveTheRest(t *testing.T) {
	topicPages := ""
	for _, t2 := range topics {
		page := helpOf(t, "help", t2.name)
		if t2.name != exportsTopic {
			topicPages += page
		}
		assert.Contains(t, helpOf(t), "imimport help "+t2.name)
	}
	a, _, _ := testApp(t, nil)
	a.checks = map[*cobra.Command]func([]string) error{}
	root := newRoot(a)
	for _, cmd := range root.Commands() {
		if !cmd.IsAvailableCommand() {
			continue
		}
		page := helpOf(t, cmd.Name(), "--help")
		if cmd.Name() == "run" {
			assert.LessOrEqual(t, strings.Count(page, "\n"), 60)
		}
		for _, g := range flagGroups(cmd) {
			for _, f := range g.flags {
				assert.True(t, strings.Contains(page, "--"+f.Name) || strings.Contains(topicPages, "  --"+f.Name+" ") || strings.Contains(topicPages, "  --"+f.Name+"\n"),
					"%s --%s is on no page", cmd.Name(), f.Name)
			}
		}
	}
}
