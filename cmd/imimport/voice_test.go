package main

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"imimport/pkg/fault"
	"imimport/pkg/fault/faulttest"
)

// The exit codes that scripts depend on. A kind without one panics in the switch.
func TestEveryKindHasItsExitCode(t *testing.T) {
	codes := []int{fault.None: 0, fault.Usage: 2, fault.Partial: 1, fault.Errors: 3, fault.Quota: 4, fault.Refused: 5, fault.Input: 6,
		fault.Changed: 6, fault.Disk: 6, fault.Limit: 7, fault.Duration: 7, fault.Unreachable: 8, fault.Interrupted: 130, fault.Killed: 137, fault.Internal: 70}
	assert.Len(t, codes, int(fault.Internal)+1)
	for kind := fault.None; kind <= fault.Internal; kind++ {
		assert.Equal(t, codes[kind], voice{}.ExitCode(kind), kind)
		assert.Equal(t, codes[kind], faulttest.Program{}.ExitCode(kind), kind)
	}
	assert.Panics(t, func() { voice{}.ExitCode(fault.Internal + 1) })
}

func TestCommandsAndOptionsCanBePasted(t *testing.T) {
	for want, got := range map[string]string{
		"--rate 100":                            voice{}.Option(fault.Option{Key: "rate", Value: "100"}),
		"--trim":                                voice{}.Option(fault.Option{Key: "trim"}),
		"--map 'Nick=full name'":                voice{}.Option(fault.Option{Key: "map", Value: "Nick=full name"}),
		"imimport resume ./-u.csv.import":       voice{}.Command(fault.Do(fault.Resume, "-u.csv.import")),
		"imimport run - --job x":                voice{}.Command(fault.Do(fault.Run, "-").With("job", "x")),
		`imimport resume 'it'\''s' --rate none`: voice{}.Command(fault.Do(fault.Resume, "it's").With("rate", "none")),
		`imimport resume "$(printf '\316\322\047\045a.csv')"`: voice{}.Command(fault.Do(fault.Resume, "\xce\xd2'%a.csv")),
		"as it was": voice{}.Command(fault.Command{Text: "as it was"}),
	} {
		assert.Equal(t, want, got)
	}
}
