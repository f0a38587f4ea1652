package report

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"imimport/pkg/lang"
)

// Commands are the commands that the page offers beside [Summary.Next], as people type them. A step without its
// command is a sentence only.
type Commands struct {
	Import string // imports the file of failed rows
	Verify string // asks the service whether the job's accounts are there
}

// nextStep is something to do, and the command that does it.
type nextStep struct{ Text, Command, Blanks string }

// maxCommand is the most bytes of a command that are shown: room for a path of any length.
const maxCommand = 8192

// steps say what to do next, the most urgent first.
func (s Summary) steps() []nextStep {
	var steps []nextStep
	add := func(text, command string) {
		steps = append(steps, nextStep{text, cut(command, maxCommand), Blanks(s.Lang, command)})
	}
	switch s.State {
	case "running":
		add(say(s.Lang, stepWait), "")
		return steps
	case "stopped":
		if s.Hint != "" {
			add(sentence(cut(s.Hint, maxText)), "")
		}
		add(say(s.Lang, stepResume), s.Next)
		return steps
	}
	refused, again := s.failedRows()
	if again > 0 {
		add(counted(s.Lang, stepRetry, again), s.Next)
	}
	switch {
	case refused == 0:
	case s.Sync.Rows > 0:
		add(counted(s.Lang, stepSource, refused), s.Commands.Import)
	case refused == 1:
		add(say(s.Lang, stepFix[0], s.files()[Failed]), s.Commands.Import)
	default:
		add(say(s.Lang, stepFix[1], s.files()[Failed], Thousands(refused)), s.Commands.Import)
	}
	switch {
	case len(steps) > 0:
	case s.Rows.Read == 0 && s.Sync.Rows == 0:
		add(say(s.Lang, stepEmpty), "")
	case s.Sync.Rows > 0:
		add(say(s.Lang, stepSynced), "")
	case s.Commands.Verify == "":
		add(say(s.Lang, stepNone), "")
	default:
		add(say(s.Lang, stepVerify), s.Commands.Verify)
	}
	return steps
}

// counted is the sentence for so many: one of its own for 1, which has no number to fill in.
func counted(l lang.Lang, sentences [2]string, n int64) string {
	if n == 1 {
		return say(l, sentences[0])
	}
	return say(l, sentences[1], Thousands(n))
}

// failedRows counts the rows that would be refused again, and those worth sending again.
func (s Summary) failedRows() (refused, again int64) {
	for _, c := range s.ByCode {
		switch c.Class {
		case "transient", "quota":
			again += c.Rows
		default:
			refused += c.Rows
		}
	}
	return refused, again
}

// sentence is a text, not empty, with a capital at the start and a full stop at the end.
func sentence(s string) string {
	s = capital(s)
	if !strings.ContainsAny(s[len(s)-1:], ".!?") {
		s += "."
	}
	return s
}

func capital(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + s[size:]
}
