package fault_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"imimport/pkg/fault"
)

type loud struct{}

func (loud) Option(o fault.Option) string   { return "--" + o.Key + "=" + o.Value }
func (loud) Command(c fault.Command) string { return "prog " + c.Verb }
func (loud) ExitCode(fault.Kind) int        { return 1 }

func TestHintIsSpelledByTheProgramAroundIt(t *testing.T) {
	h := fault.Hintf("try %s; else %s; %d%%; %s", fault.Option{Key: "encoding", Value: "gbk"},
		fault.Do(fault.Resume, "a.import").With("rate", "5"), 3, fault.Hintf("or %s", fault.Option{Key: "rate"}))
	assert.Equal(t, "try encoding gbk; else resume a.import rate 5; 3%; or rate", h.String())
	assert.Equal(t, "try --encoding=gbk; else prog resume; 3%; or --rate=", h.Say(loud{}))
	assert.Equal(t, "100% of %s", fault.Text("100% of %s").String())
	assert.True(t, fault.Hint{}.IsZero())
	assert.Empty(t, fault.Hint{}.String())
}

func TestErrorBeginsWithItsPlace(t *testing.T) {
	err := fault.New(fault.Input, fault.Hint{}, "is damaged: %w", io.ErrUnexpectedEOF)
	for place, text := range map[fault.Place]string{
		{}:                        "is damaged: unexpected EOF",
		{File: "a.csv"}:           "a.csv: is damaged: unexpected EOF",
		{File: "a.csv", Line: 12}: "a.csv:12: is damaged: unexpected EOF",
		{Option: "rate"}:          "rate is damaged: unexpected EOF",
	} {
		err.Place = place
		assert.EqualError(t, err, text)
		assert.ErrorIs(t, err, io.ErrUnexpectedEOF)
	}
}

func TestEveryKindHasAStopReasonThatLeadsBack(t *testing.T) {
	for kind := fault.Usage; kind <= fault.Internal; kind++ {
		switch kind {
		case fault.Partial: // complete: nothing stopped
			assert.Empty(t, kind.String())
		case fault.Changed: // stops as an input does
			assert.Equal(t, fault.Input, fault.KindNamed(kind.String()))
		default:
			require.NotEmpty(t, kind.String())
			assert.Equal(t, kind, fault.KindNamed(kind.String()))
		}
	}
	assert.Equal(t, fault.None, fault.KindNamed(""))
	assert.Equal(t, fault.None, fault.KindNamed("weather"))
}

func TestAsLeavesAFaultAsItIs(t *testing.T) {
	first := fault.New(fault.Disk, fault.Text("make room"), "full")
	wrapped := fmt.Errorf("save: %w", first)
	assert.Equal(t, wrapped, fault.As(fault.Usage, wrapped))
	assert.Equal(t, fault.Disk, fault.KindOf(wrapped))
	assert.Equal(t, "make room", fault.HintOf(wrapped).String())
	assert.NoError(t, fault.As(fault.Usage, nil))
	assert.Equal(t, fault.Usage, fault.KindOf(fault.As(fault.Usage, io.EOF)))
	assert.Equal(t, fault.None, fault.KindOf(io.EOF))
	assert.True(t, fault.HintOf(io.EOF).IsZero())
}

func TestGuardMakesAFaultOfAPanic(t *testing.T) {
	err := fault.Guard(func() { panic(errors.New("no such index")) })
	assert.Equal(t, fault.Internal, fault.KindOf(err))
	assert.EqualError(t, err, "internal fault: no such index")
	assert.NoError(t, fault.Guard(func() {}))
}

// With many workers and few descriptors, a file cannot be opened though there is room on the disk.
func TestTooManyOpenFilesIsNoFullDisk(t *testing.T) {
	full := fault.Text("make room")
	for _, err := range []error{syscall.EMFILE, syscall.ENFILE} {
		hint := fault.DiskHint(fmt.Errorf("write: %w", &fs.PathError{Op: "open", Path: "x", Err: err}), full)
		assert.Contains(t, hint.String(), "open files")
		assert.Contains(t, hint.String(), "workers")
	}
	assert.Equal(t, full, fault.DiskHint(syscall.ENOSPC, full))
}

type shower struct{ fault.Voice }

func (shower) Shows() bool { return true }

func TestAValueOfARowIsForATerminalAlone(t *testing.T) {
	h := fault.Hintf("it looks like gbk%s", fault.Private(fault.Hintf(", by which it reads %q", "Ann")))
	require.Equal(t, "it looks like gbk", h.String())
	require.Equal(t, `it looks like gbk, by which it reads "Ann"`, h.Say(shower{fault.Plain}))
}
