// Package faulttest speaks for a program in the tests of libraries, so that hints and commands can be told from the
// libraries' own words.
package faulttest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/pkg/fault"
)

// Program is a [fault.Voice]: flags begin with two dashes, commands with imimport, and each kind has the exit code that it
// has there.
type Program struct{}

// Option is the option as a flag.
func (Program) Option(o fault.Option) string { return strings.TrimSuffix("--"+o.Key+" "+o.Value, " ") }

// Command is the command's own text, or what one would type for it, without its options.
func (Program) Command(c fault.Command) string {
	if c.Text != "" {
		return c.Text
	}
	return strings.Join(append([]string{"imimport", c.Verb}, c.Args...), " ")
}

// ExitCode is 0 for a kind that has none.
func (Program) ExitCode(k fault.Kind) int {
	return map[fault.Kind]int{fault.Partial: 1, fault.Usage: 2, fault.Errors: 3, fault.Quota: 4, fault.Refused: 5, fault.Input: 6, fault.Changed: 6,
		fault.Disk: 6, fault.Limit: 7, fault.Duration: 7, fault.Unreachable: 8, fault.Internal: 70, fault.Interrupted: 130, fault.Killed: 137}[k]
}

// Require is the fault in err, which must be there and have one of these exit codes.
func Require(t testing.TB, err error, codes ...int) *fault.Error {
	t.Helper()
	var e *fault.Error
	require.ErrorAs(t, err, &e)
	assert.Contains(t, codes, Program{}.ExitCode(e.Kind), "%v", err)
	return e
}
